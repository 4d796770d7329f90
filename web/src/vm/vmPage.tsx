import type { JSX } from 'preact';
import { useConnection } from '../connection';
import { hours, span } from '../format';
import { useLive } from '../live';
import type { PageProps } from '../page';
import { Empty } from '../parts/empty';
import { Icon } from '../parts/icon';
import { LongText } from '../parts/longText';
import { Name } from '../parts/name';
import { addressOf, Link } from '../router';
import { outcomeLook } from '../states';
import { Explained } from './explained';
import { Patches } from './patches';
import { Platform } from './platform';
import { Section } from './section';
import { MonthOfVm } from './monthOfVm';
import type { Explanation, VmView } from './vmView';
import '../styles/vm.css';

const EVERY_MS = 4_000;

/** One VM: how it stands, what holds it and until when, its hours, and everything that happened to it. */
export function VmPage({ rollout, place }: PageProps): JSX.Element {
  const id = place.query.get('id');
  const path = id === null ? null : `/api/virtual-machines?id=${encodeURIComponent(id)}`;
  const { data, problem } = useLive<VmView>(path, EVERY_MS);
  const explained = useLive<Explanation>(
    id === null ? null : `/api/explain?id=${encodeURIComponent(id)}&rollout=${rollout.id}`,
    EVERY_MS,
  );
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
  const { vm, eligibility, timeZone, windows, state } = data;
  return (
    <>
      <Heading view={data} rolloutId={rollout.id} />
      <div class="two">
        <div class="stack">
          <Explained explained={explained} eligibility={eligibility} />
          <Section id="hours" title="Off-peak hours, in its own time">
            <Hours windows={windows} zone={timeZone.zone} nowUtc={nowUtc} />
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
          <Platform vmId={vm.id} rolloutId={rollout.id} last={state.health} />
          <Patches state={state} listed={explained.data?.patches ?? null} />
        </div>
        <div class="stack">
          <MonthOfVm view={data} explanation={explained.data} rollout={rollout} nowUtc={nowUtc} />
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
        <Link to={addressOf('/fleet')}>Fleet</Link> / {vm.region} / <Name text={vm.resourceGroup} />
      </p>
      <h1>
        <Name text={vm.name} />
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
  readonly windows: VmView['windows'];
  readonly zone: string;
  readonly nowUtc: string | null;
}

function Hours({ windows, zone, nowUtc }: HoursProps): JSX.Element {
  const [first] = windows;
  return (
    <>
      {first !== undefined && nowUtc !== null && <p>{untilOpen(first.opensUtc, first.closesUtc, nowUtc)}</p>}
      <ol class="windows">
        {windows.map(({ opensUtc, closesUtc }) => (
          <li key={opensUtc}>
            <strong>{hours(opensUtc, closesUtc, zone)}</strong>
            <span class="quiet">{hours(opensUtc, closesUtc, 'UTC')}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function untilOpen(opensUtc: string, closesUtc: string, nowUtc: string): string {
  if (opensUtc <= nowUtc && nowUtc < closesUtc) return `Open now, for ${span(nowUtc, closesUtc)} more.`;
  return `Closed; the next opens in ${span(nowUtc, opensUtc)}.`;
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
