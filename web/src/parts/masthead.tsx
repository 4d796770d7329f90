import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RolloutSummary } from '../api';
import { useConnection } from '../connection';
import { rolloutName, shortTime, time } from '../format';
import { addressOf, go, Link, type Place } from '../router';
import { rolloutLook } from '../states';
import { chooseTheme, storedTheme, type Theme } from '../theme';
import { Icon, type IconName } from './icon';
import { SelectField } from './selectField';

interface MastheadProps {
  readonly place: Place;
  readonly pages: readonly { readonly path: string; readonly title: string }[];
  readonly rollouts: readonly RolloutSummary[];
  readonly rollout: RolloutSummary | undefined;
}

/** Name, navigation, which rollout is shown, the clock of the app, and the theme. */
export function Masthead({ place, pages, rollouts, rollout }: MastheadProps): JSX.Element {
  const kept = { rollout: place.query.get('rollout') };
  return (
    <header class="masthead">
      <Link to={addressOf('/', kept)} class="brand">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" focusable="false">
          <rect width="32" height="32" rx="8" class="brand-tile" />
          <path
            class="brand-wave"
            d="M5 13c3.5 0 3.5 2.6 7.3 2.6S16 13 19.6 13s3.6 2.6 7.4 2.6M5 20.5c3.5 0 3.5 2.6 7.3 2.6s3.7-2.6 7.3-2.6 3.6 2.6 7.4 2.6"
          />
        </svg>
        <span>Lowtide</span>
      </Link>
      <nav aria-label="Pages">
        {pages.map(({ path, title }) => (
          <Link key={path} to={addressOf(path, kept)} current={place.path === path}>
            {title}
          </Link>
        ))}
      </nav>
      <div class="masthead-end">
        {rollouts.length > 1 && rollout !== undefined && (
          <RolloutChoice place={place} rollouts={rollouts} rollout={rollout} />
        )}
        <AppClock />
        <ThemeButton />
      </div>
    </header>
  );
}

interface RolloutChoiceProps {
  readonly place: Place;
  readonly rollouts: readonly RolloutSummary[];
  readonly rollout: RolloutSummary;
}

function RolloutChoice({ place, rollouts, rollout }: RolloutChoiceProps): JSX.Element {
  return (
    <SelectField
      class="rollout-choice"
      label={<span class="visually-hidden">Rollout</span>}
      options={rollouts.map(({ id, month: of, state }) => [
        id,
        `${rolloutName({ id, month: of })} – ${rolloutLook(state).label.toLowerCase()}`,
      ])}
      value={rollout.id}
      set={(id) => {
        go(addressOf(place.path, { ...Object.fromEntries(place.query), rollout: id }));
      }}
    />
  );
}

/** The clock of the app: on a virtual clock a month passes in minutes. */
function AppClock(): JSX.Element {
  const { kind, nowUtc } = useConnection();
  const label = { opening: 'Connecting', live: 'Live', lost: 'Not connected', refused: 'Not admitted' }[kind];
  return (
    <p class={`app-clock ${kind}`}>
      <span class="live-dot" aria-hidden="true" />
      <span class="live-word">{label}</span>
      {nowUtc !== null && (
        <time dateTime={nowUtc} title="The clock of the app">
          <span class="weekday-of">{time(nowUtc).slice(0, 4)}</span>
          {shortTime(nowUtc)}
        </time>
      )}
    </p>
  );
}

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const THEMES: Readonly<Record<Theme, { readonly icon: IconName; readonly label: string }>> = {
  system: { icon: 'screen', label: 'Colours: as the system' },
  light: { icon: 'sun', label: 'Colours: light' },
  dark: { icon: 'moon', label: 'Colours: dark' },
};

function ThemeButton(): JSX.Element {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const { icon, label } = THEMES[theme];
  return (
    <button
      type="button"
      class="icon-button"
      title={label}
      aria-label={label}
      onClick={() => {
        const next = NEXT[theme];
        chooseTheme(next);
        setTheme(next);
      }}
    >
      <Icon name={icon} />
    </button>
  );
}
