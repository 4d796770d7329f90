import type { JSX } from 'preact';
import { useConnection } from '../connection';
import { span, time, words } from '../format';
import { useLive } from '../live';
import type { PageProps } from '../page';
import { Empty } from '../parts/empty';
import { Icon } from '../parts/icon';
import { LongText } from '../parts/longText';
import { addressOf, Link } from '../router';
import { outcomeLook } from '../states';
import { Explained } from './explained';
import { History } from './history';
import { Section } from './section';
import type { VmView } from './vmView';
import '../styles/vm.css';

const EVERY_MS = 4_000;

/** One VM: how it stands, what holds it and until when, its hours, and everything that happened to it. */
export function VmPage({ rollout, place }: PageProps): JSX.Element {
  const id = place.query.get('id');
  const path = id === null ? null : `/api/virtual-machines?id=${encodeURIComponent(id)}`;
  const { data, problem } = useLive<VmView>(path, EVERY_MS);
  const { nowUtc } = useConnection();
  if (id === null)
    return (
      <Empty title="Which VM?">
        <Link to={addressOf('/fleet')}>Choose it in the fleet</Link>
      </Empty>
    );
  if (data === null)
    return problem === null ? (
      <p class="quiet">Reading the VM …</p>
    ) : (
      <Empty title={problem.title}>{problem.detail}</Empty>
    );
  const { vm, eligibility, timeZone, offPeak, state, history } = data;
  return (
    <>
      <Heading view={data} rolloutId={rollout.id} />
      <div class="two">
        <div class="stack">
          <Explained vmId={vm.id} rolloutId={rollout.id} eligibility={eligibility} />
          <Section id="hours" title="Off-peak hours, in its own time">
            <Hours offPeak={offPeak} zone={timeZone.zone} nowUtc={nowUtc} />
            <p class="quiet">
              {timeZone.zone}, as its {SOURCES[timeZone.source] ?? timeZone.source} says.
              {timeZone.invalid.map(({ source, value }) => (
                <span key={source} class="note value">
                  The {SOURCES[source] ?? source} says «<LongText text={value} />
                  », which is no time zone that is known.
                </span>
              ))}
            </p>
          </Section>
          <Section id="patches" title="Patches">
            <Patches state={state} />
          </Section>
          <Section id="health" title="Health">
            {state.health === null ? (
              <p class="quiet">It was not asked about yet.</p>
            ) : (
              <p>
                <strong class={state.health.answer === 'unhealthy' ? 'bad' : ''}>
                  {state.health.answer}
                </strong>
                {state.health.because === '' ? '' : `: ${state.health.because}`}{' '}
                <span class="quiet">{time(state.health.atUtc)}</span>
              </p>
            )}
          </Section>
        </div>
        <div class="stack">
          <Section id="history" title="What happened to it">
            <History rows={history} zone={timeZone.zone} />
          </Section>
          <Section id="place" title="What it is">
            <Facts view={data} />
          </Section>
        </div>
      </div>
    </>
  );
}

interface HeadingProps {
  readonly view: VmView;
  readonly rolloutId: string;
}

function Heading({ view, rolloutId }: HeadingProps): JSX.Element {
  const { vm } = view;
  return (
    <div class="heading">
      <p class="quiet">
        <Link to={addressOf('/fleet')}>Fleet</Link> / {vm.region} /{' '}
        <span class="value">{vm.resourceGroup}</span>
      </p>
      <h1>
        <span class="value vm-name">{vm.name}</span>
        <StateBadge view={view} rolloutId={rolloutId} />
      </h1>
      <p class="quiet vm-id">
        <LongText text={vm.armId} />
      </p>
    </div>
  );
}

const SOURCES: Readonly<Record<string, string>> = {
  tag: 'tag',
  windows: 'Windows configuration',
  region: 'region',
  utc: 'lack of any other',
};

function StateBadge({
  view: { state, eligibility, history },
  rolloutId,
}: {
  readonly view: VmView;
  readonly rolloutId: string;
}): JSX.Element {
  const before = history.filter((row) => row.rolloutId === rolloutId).at(-1) ?? null;
  const own = state.outcome?.rolloutId === rolloutId ? state.outcome : before;
  const key = own?.kind ?? (eligibility.kind === 'ineligible' ? 'skipped' : 'waiting');
  const { label, icon } = outcomeLook(key);
  return (
    <span class="badge">
      <span class={`swatch small s-${key}`}>
        <Icon name={icon} />
      </span>
      {label}
    </span>
  );
}

interface HoursProps {
  readonly offPeak: VmView['offPeak'];
  readonly zone: string;
  readonly nowUtc: string | null;
}

function Hours({ offPeak: { opensUtc, closesUtc }, zone, nowUtc }: HoursProps): JSX.Element {
  const isOpen = nowUtc !== null && opensUtc <= nowUtc && nowUtc < closesUtc;
  const when =
    nowUtc === null
      ? ''
      : isOpen
        ? `open for ${span(nowUtc, closesUtc)} more`
        : `opens in ${span(nowUtc, opensUtc)}`;
  return (
    <p>
      <strong>
        {time(opensUtc, zone)} to {time(closesUtc, zone)}
      </strong>
      , {when}{' '}
      <span class="quiet">
        ({time(opensUtc)} to {time(closesUtc)})
      </span>
    </p>
  );
}

function Patches({
  state: { lastAssessment: assessed, lastInstallation: installed, installSlot },
}: {
  readonly state: VmView['state'];
}): JSX.Element {
  return (
    <>
      {installSlot !== null && (
        <p class="note">
          <Icon name="play" /> An installation is under way.
        </p>
      )}
      <p>
        {assessed === null
          ? 'Not assessed yet.'
          : `${assessed.criticalAndSecurityPatchCount} Critical and Security patches were missing, and ${assessed.otherPatchCount} others, when it was assessed on ${time(assessed.startTime)}.`}
      </p>
      <p>
        {installed === null
          ? 'Nothing was installed yet.'
          : `Last installation: ${words(installed.status)}, ${installed.installedPatchCount} installed, ${installed.failedPatchCount} failed, ${installed.pendingPatchCount} pending, ended ${time(installed.lastModifiedTime)}. Reboot: ${words(installed.rebootStatus)}.`}
      </p>
      {typeof installed?.error?.message === 'string' && (
        <p class="note">
          <LongText text={installed.error.message} />
        </p>
      )}
    </>
  );
}

function Facts({ view: { vm } }: { readonly view: VmView }): JSX.Element {
  const image = vm.image === null ? 'not known' : `${vm.image.publisher}:${vm.image.offer}:${vm.image.sku}`;
  const facts: readonly (readonly [string, string])[] = [
    ['Region', vm.zone === null ? vm.region : `${vm.region}, zone ${vm.zone}`],
    ['Availability set', vm.availabilitySetId ?? 'none'],
    ['Update domain', vm.updateDomain === null ? 'none' : String(vm.updateDomain)],
    ['Image', image],
    ['Operating system', vm.osType ?? 'not known'],
    ['Size', vm.vmSize ?? 'not known'],
    ['Patch mode', vm.patchMode ?? 'not set'],
    ['Reboot', vm.rebootSetting ?? 'IfRequired'],
    ['Subscription', vm.subscriptionId],
    ...Object.entries(vm.tags).map(([name, value]) => [`Tag ${name}`, value] as const),
  ];
  return (
    <dl class="vm-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>
            <LongText text={name} />
          </dt>
          <dd>
            <LongText text={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
