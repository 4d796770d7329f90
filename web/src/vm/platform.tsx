import type { JSX } from 'preact';
import { time, words } from '../format';
import { useLive } from '../live';
import { Icon, type IconName } from '../parts/icon';
import { Section } from './section';
import type { Explanation, PlatformView, VmView } from './vmView';

/** Each asks the platform, which counts requests. */
const EVERY_MS = 30_000;

interface PlatformProps {
  readonly vmId: string;
  readonly rolloutId: string;
  /** What the last probe after an update said. */
  readonly last: VmView['state']['health'];
}

/** Its health, signal by signal, as the platform has it now; and the verdict of the last probe. */
export function Platform({ vmId, rolloutId, last }: PlatformProps): JSX.Element {
  const path = `/api/explain?id=${encodeURIComponent(vmId)}&rollout=${rolloutId}&live=true`;
  const { data, problem } = useLive<Explanation>(path, EVERY_MS);
  const platform = data?.platform;
  return (
    <Section id="health" title="Health">
      {platform === undefined && (
        <p class="quiet">
          {problem === null ? 'Asking the platform …' : `${problem.title} ${problem.detail}`}
        </p>
      )}
      {platform === null && <p class="quiet">The platform does not know this VM.</p>}
      {data !== null && platform !== undefined && platform !== null && (
        <Now platform={platform} asOfUtc={data.asOfUtc} />
      )}
      <p class="quiet">
        {last === null ? (
          'No probe after an update yet.'
        ) : (
          <>
            Last probe after an update, {time(last.atUtc)}:{' '}
            <strong class={last.answer === 'unhealthy' ? 'bad' : ''}>{last.answer}</strong>
            {last.because === '' ? '' : `, ${last.because}`}.
          </>
        )}
      </p>
    </Section>
  );
}

function Now({
  platform: { answer, because, signals, agentVersion },
  asOfUtc,
}: {
  readonly platform: PlatformView;
  readonly asOfUtc: string;
}): JSX.Element {
  return (
    <>
      <p>
        <strong class={answer === 'unhealthy' ? 'bad' : ''}>{words(answer)}</strong>
        {because === '' ? '' : `: ${because}`}{' '}
        <span class="quiet">as the platform says, {time(asOfUtc)}</span>
      </p>
      <table class="signals">
        <thead class="visually-hidden">
          <tr>
            <th scope="col">Signal</th>
            <th scope="col">What it says</th>
          </tr>
        </thead>
        <tbody>
          {SIGNALS.map(([key, name]) => {
            const value = signals[key];
            if (value === undefined) return null;
            const { icon, tone } = lookOf(value);
            return (
              <tr key={key} class={`signal ${tone}`}>
                <th scope="row">{name}</th>
                <td>
                  <Icon name={icon} /> {value === 'notDeclared' ? 'no such signal here' : words(value)}
                  {key === 'vmAgent' && agentVersion !== null && (
                    <span class="quiet"> version {agentVersion}</span>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}

const SIGNALS: readonly (readonly [key: keyof PlatformView['signals'], name: string])[] = [
  ['powerState', 'Power state'],
  ['vmAgent', 'VM agent'],
  ['resourceHealth', 'Resource health'],
  ['reboot', 'Reboot'],
  ['heartbeat', 'Heartbeat'],
  ['applicationHealth', 'Application'],
];

const GOOD: ReadonlySet<string> = new Set([
  'running',
  'ready',
  'available',
  'none',
  'completed',
  'fresh',
  'healthy',
]);
const BAD: ReadonlySet<string> = new Set(['unavailable', 'degraded', 'unhealthy']);

function lookOf(value: string): { readonly icon: IconName; readonly tone: 'good' | 'bad' | 'open' | 'none' } {
  if (GOOD.has(value)) return { icon: 'check', tone: 'good' };
  if (BAD.has(value)) return { icon: 'warning', tone: 'bad' };
  if (value === 'notDeclared') return { icon: 'skip', tone: 'none' };
  return { icon: 'clock', tone: 'open' };
}
