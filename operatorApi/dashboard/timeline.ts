import { servicesOf, type Services } from '../../activities/services';
import { groupedBy } from '../../domain/groupedBy';
import type { RolloutId } from '../../domain/ids';
import { addSeconds, earlier, inOrderOfTime, later } from '../../domain/instants';
import { windowAtOrAfter } from '../../domain/offPeak';
import { pairsOf, regionTimeZone } from '../../domain/regions';
import type { RoundPlan } from '../../store/plans';
import type { Timeline } from '../shapes/dashboard';
import { fleetView, vmIn, type FleetView, type FleetVm } from '../fleetView';

type Region = Timeline['phases'][number]['regions'][number];
type Stage = Region['stages'][number];
type Interval = Region['worked'][number];

/** The plan of a rollout beside what has happened: phases, regions and stages, with the off-peak windows of each region. */
export async function readTimeline(
  given: Services,
  id: RolloutId,
  until: { readonly releasedUtc: string; readonly endsUtc: string },
): Promise<Timeline> {
  const services = await servicesOf(given, id);
  const view = await fleetView(services, id);
  const nowUtc = services.nowUtc();
  const windows = (region: string): Interval[] =>
    offPeakBetween(regionTimeZone(region), services.policy, until.releasedUtc, until.endsUtc);
  const nextOf = (region: string): Next =>
    view.control?.endedUtc !== null
      ? null
      : { nowUtc, window: windowAtOrAfter(regionTimeZone(region), services.policy, nowUtc) };
  return {
    phases: [...groupedBy(view.rounds, ({ phase }) => phase)].map(([phase, ofPhase]) => ({
      phase,
      regions: [...groupedBy(ofPhase, ({ region }) => region)].map(([region, rounds]) => ({
        region,
        timeZone: regionTimeZone(region),
        pairs: [...pairsOf(region)],
        offPeak: windows(region),
        ...summaryOf(view, rounds),
        forecast: forecastOf(view, rounds, nextOf(region)),
        stages: [...groupedBy(rounds, ({ stage }) => stage)].map(([stage, ofStage]) =>
          stageOf(view, stage, ofStage, nextOf(region)),
        ),
      })),
    })),
  };
}

/** Now, and the off-peak hours that are open or come next; null when the rollout is over. */
type Next = { readonly nowUtc: string; readonly window: { opensUtc: string; closesUtc: string } } | null;

function stageOf(view: FleetView, stage: string, rounds: readonly RoundPlan[], next: Next): Stage {
  return {
    stage,
    zone: rounds[0]?.zone ?? null,
    ...summaryOf(view, rounds),
    forecast: forecastOf(view, rounds, next),
    groups: [...groupedBy(rounds, ({ group }) => group)].map(([group, ofGroup]) => {
      const { vmCount, outcomes } = summaryOf(view, ofGroup);
      const [first] = ofGroup;
      return {
        group,
        availabilitySetId: first?.availabilitySetId ?? null,
        setSize: first?.setSize ?? 0,
        vmCount,
        outcomes,
        updateDomains: [...groupedBy(ofGroup, ({ updateDomain }) => String(updateDomain))].map(
          ([, ofDomain]) => {
            const domain = summaryOf(view, ofDomain);
            return {
              updateDomain: ofDomain[0]?.updateDomain ?? null,
              vmCount: domain.vmCount,
              outcomes: domain.outcomes,
            };
          },
        ),
      };
    }),
  };
}

type Summary = Pick<Region, 'vmCount' | 'outcomes' | 'expectedStartUtc' | 'expectedEndUtc' | 'worked'>;

function summaryOf(view: FleetView, rounds: readonly RoundPlan[]): Summary {
  const outcomes: Record<string, number> = {};
  const intervals: Interval[] = [];
  let vmCount = 0;
  for (const { vmIds } of rounds)
    for (const vmId of vmIds) {
      vmCount += 1;
      const row = vmIn(view, vmId);
      if (row === undefined || row.outcome === null) continue;
      outcomes[row.outcome.kind] = (outcomes[row.outcome.kind] ?? 0) + 1;
      intervals.push(...intervalsOf(row));
    }
  return {
    vmCount,
    outcomes,
    expectedStartUtc: earliest(rounds.map(({ expectedStartUtc }) => expectedStartUtc)),
    expectedEndUtc: latest(rounds.map(({ expectedEndUtc }) => expectedEndUtc)),
    worked: joined(intervals),
  };
}

/** From the first to the last turn of the VMs that are left. */
function forecastOf(view: FleetView, rounds: readonly RoundPlan[], next: Next): Interval | null {
  if (next === null) return null;
  const { nowUtc, window } = next;
  const turns = rounds
    .filter(({ vmIds }) =>
      vmIds.some((id) => {
        const kind = vmIn(view, id)?.outcome?.kind;
        return kind === undefined || kind === 'deferred';
      }),
    )
    .map(({ expectedStartUtc, expectedEndUtc }): Interval => {
      if (expectedEndUtc <= nowUtc) return [window.opensUtc, window.closesUtc];
      return [expectedStartUtc, expectedEndUtc];
    });
  if (turns.length === 0) return null;
  const first = earliest(turns.map(([start]) => start));
  return [first < nowUtc ? nowUtc : first, latest(turns.map(([, end]) => end))];
}

/** When something was done to the VM, each time. */
export function intervalsOf({ outcome }: Pick<FleetVm, 'outcome'>): Interval[] {
  if (outcome === null) return [];
  const { kind, installation, atUtc, installedBefore = [] } = outcome;
  const intervals = installedBefore.map(([startUtc, endUtc]): Interval => inOrder(startUtc, endUtc));
  if (installation !== null) intervals.push(inOrder(installation.startTime, atUtc));
  else if (kind === 'upToDate') intervals.push([atUtc, atUtc]);
  return intervals;
}

const inOrder = (startUtc: string, endUtc: string): Interval => [earlier(startUtc, endUtc), endUtc];

/** Work that is an hour apart is shown as one. */
const JOINED_WITHIN_SECONDS = 3_600;

/** In order of time, without overlaps. */
export function joined(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].sort(([a], [b]) => inOrderOfTime(a, b));
  const found: Interval[] = [];
  for (const [startUtc, endUtc] of sorted) {
    const last = found.at(-1);
    if (last !== undefined && startUtc <= addSeconds(last[1], JOINED_WITHIN_SECONDS)) {
      if (endUtc > last[1]) last[1] = endUtc;
    } else found.push([startUtc, endUtc]);
  }
  return found;
}

/** A rollout lasts 30 days at most, and a zone has one window a day. */
const WINDOWS_MAX = 70;

function offPeakBetween(
  zone: string,
  policy: Services['policy'],
  fromUtc: string,
  untilUtc: string,
): Interval[] {
  const windows: Interval[] = [];
  let at = fromUtc;
  while (at < untilUtc && windows.length < WINDOWS_MAX) {
    const { opensUtc, closesUtc } = windowAtOrAfter(zone, policy, at);
    if (opensUtc >= untilUtc) break;
    windows.push([opensUtc, closesUtc]);
    at = closesUtc;
  }
  return windows;
}

const earliest = (utcs: readonly string[]): string => utcs.reduce(earlier, utcs[0] ?? '');
const latest = (utcs: readonly string[]): string => utcs.reduce(later, utcs[0] ?? '');
