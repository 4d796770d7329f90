import { endsUtcOf, releaseOf } from '../../domain/release';
import type { Month, RolloutId, VmId } from '../../domain/ids';
import type { Policy } from '../../domain/policy';
import { outcomeStore, type KeptOutcome } from '../../store/outcomes';
import { planStore, type RoundPlan } from '../../store/plans';
import { rolloutStore, type RoundRecord } from '../../store/rollouts';
import type { Store } from '../../store/store';

/** How far the end of a phase was from its forecast. */
export interface PhaseEnd {
  readonly phase: string;
  readonly forecastUtc: string;
  readonly endedUtc: string;
  /** Within 10 % of the time since the release, or within a window: the next one comes a day later. */
  readonly isMet: boolean;
  /** The set or batch that ended last. */
  readonly last: string;
  /** What no forecast knows: sets in which a round waited while a VM of their own was unhealthy after its update. */
  readonly held: readonly HeldSet[];
  /** The same without those sets. */
  readonly othersEndedUtc: string;
  readonly isMetByOthers: boolean;
}

export interface HeldSet {
  readonly group: string;
  readonly endedUtc: string;
  /** Each with its outcome. */
  readonly waitedFor: readonly string[];
}

const SHARE = 0.1;
const WINDOW_MS = 24 * 3_600_000;
const TAKE_ALL = 1e9;

/** Each phase of a rollout that has run, as its plan foresaw it and as its last round ended. */
export async function phaseEnds(
  store: Store,
  rolloutId: RolloutId,
  month: Month,
  policy: Policy,
): Promise<readonly PhaseEnd[]> {
  const plans = planStore(store);
  const summary = await plans.readSummary(rolloutId);
  const planned = await plans.allRounds(rolloutId);
  const range = { after: '', beforeUtc: endsUtcOf(month, policy), take: TAKE_ALL };
  const outcomes = (await outcomeStore(store).inOrderOfTime(rolloutId, range)).map(({ outcome }) => outcome);
  const ends: PhaseEnd[] = [];
  for (const { phase, expectedEndUtc: forecastUtc } of summary?.phases ?? []) {
    const rounds = await rolloutStore(store).rounds(rolloutId, phase);
    const endOf = endsOfGroups(rounds);
    const last = lastOf(endOf);
    if (last === null) continue;
    const held = heldSets(
      planned.filter((round) => round.phase === phase),
      outcomes,
      endOf,
    );
    const others = lastOf(new Map([...endOf].filter(([group]) => held.every((one) => one.group !== group))));
    const isWithin = (endedUtc: string): boolean => isNear(endedUtc, forecastUtc, releaseOf(month));
    ends.push({
      phase,
      forecastUtc,
      endedUtc: last.endedUtc,
      isMet: isWithin(last.endedUtc),
      last: last.group,
      held,
      othersEndedUtc: (others ?? last).endedUtc,
      isMetByOthers: isWithin((others ?? last).endedUtc),
    });
  }
  return ends;
}

/** A line for each phase, one for each set that a VM of its own held, and how many phases ended as forecast. */
export function describeEnds(phases: readonly PhaseEnd[]): readonly string[] {
  const lines = phases.flatMap(({ phase, forecastUtc, endedUtc, isMet, last, ...others }) => [
    `${phase}: forecast ${forecastUtc}, ended ${endedUtc}${isMet ? '' : ` (off): ${last}`}`,
    ...others.held.map(
      (one) => `${phase}: ${one.group} waited for ${one.waitedFor.join(', ')}; ended ${one.endedUtc}`,
    ),
    ...(isMet
      ? []
      : [`${phase}: all others ended ${others.othersEndedUtc}${others.isMetByOthers ? '' : ' (off)'}`]),
  ]);
  const met = phases.filter(({ isMet }) => isMet).length;
  const metByOthers = phases.filter(({ isMetByOthers }) => isMetByOthers).length;
  return [
    ...lines,
    `${met} of ${phases.length} phases within 10 % or a window of their forecast; ${metByOthers} without sets that waited for an unhealthy VM of their own`,
  ];
}

function isNear(endedUtc: string, forecastUtc: string, releasedUtc: string): boolean {
  const offMs = Math.abs(Date.parse(endedUtc) - Date.parse(forecastUtc));
  return offMs <= Math.max(SHARE * (Date.parse(forecastUtc) - Date.parse(releasedUtc)), WINDOW_MS);
}

type Group = Pick<RoundRecord, 'region' | 'stage' | 'group'>;

const nameOf = ({ region, stage, group }: Group): string => `${group} in ${region}, ${stage}`;

function endsOfGroups(rounds: readonly RoundRecord[]): ReadonlyMap<string, string> {
  const endOf = new Map<string, string>();
  for (const round of rounds) {
    const name = nameOf(round);
    if (round.atUtc > (endOf.get(name) ?? '')) endOf.set(name, round.atUtc);
  }
  return endOf;
}

function lastOf(endOf: ReadonlyMap<string, string>): { group: string; endedUtc: string } | null {
  let last: { group: string; endedUtc: string } | null = null;
  for (const [group, endedUtc] of endOf)
    if (last === null || endedUtc > last.endedUtc) last = { group, endedUtc };
  return last;
}

/** Both are asked for, so that no set is left out because it was slow: a round of it gave up waiting, and a VM of it was not healthy. */
function heldSets(
  planned: readonly RoundPlan[],
  outcomes: readonly KeptOutcome[],
  endOf: ReadonlyMap<string, string>,
): readonly HeldSet[] {
  const groupOf = new Map<VmId, string>();
  for (const round of planned) for (const vmId of round.vmIds) groupOf.set(vmId, nameOf(round));
  const waited = new Set<string>();
  const unhealthy = new Map<string, Set<string>>();
  for (const { vmId, kind, reason, detail, atUtc } of outcomes) {
    const group = groupOf.get(vmId);
    if (group === undefined || atUtc > (endOf.get(group) ?? '')) continue;
    if (reason === 'waitingForSet') waited.add(group);
    if (kind !== 'unhealthy') continue;
    const name = `${vmId.split('/').at(-1) ?? ''} (${reason}: ${detail})`;
    unhealthy.set(group, (unhealthy.get(group) ?? new Set()).add(name));
  }
  return [...waited].flatMap((group): HeldSet[] => {
    const waitedFor = unhealthy.get(group);
    return waitedFor === undefined
      ? []
      : [{ group, endedUtc: endOf.get(group) ?? '', waitedFor: [...waitedFor] }];
  });
}
