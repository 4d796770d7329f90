import { setShare } from '../domain/disruption';
import { keyOf, type AvailabilitySetId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import { seededShuffle } from '../domain/seed';
import { cutIntoBatches } from './batches';
import { scheduleTrack, type Candidate, type TrackStep, type ScheduledRound } from './cohorts';
import type { Cursor } from './estimate';
import { ROUND_SIZE_MAX } from './plan';

/** What is to be done in a region, without any time in it. The same whatever phase the region falls into. */
export interface RegionWork {
  readonly region: string;
  readonly vmCount: number;
  readonly stages: readonly StageWork[];
}

interface StageWork {
  readonly stage: string;
  readonly zone: string | null;
  /** Growing batches of standalone VMs, one after another. */
  readonly batches: readonly TrackStep[];
  readonly sets: readonly SetWork[];
}

interface SetWork {
  readonly group: string;
  readonly availabilitySetId: AvailabilitySetId;
  readonly setSize: number;
  /** One a (update domain), in the order in which they are taken. */
  readonly updateDomains: readonly TrackStep[];
}

/** The same work with the time at which each round is expected. */
export interface ScheduledRegion {
  readonly region: string;
  readonly stages: readonly ScheduledStage[];
  readonly endMs: number;
}

export interface ScheduledStage {
  readonly stage: string;
  readonly zone: string | null;
  readonly groups: readonly ScheduledGroup[];
}

export interface ScheduledGroup {
  readonly group: string;
  readonly availabilitySetId: AvailabilitySetId | null;
  readonly setSize: number;
  readonly rounds: readonly ScheduledRound[];
}

export interface RegionFacts {
  readonly policy: Policy;
  /** Members of each set in the inventory, eligible or not. */
  readonly setSizes: ReadonlyMap<AvailabilitySetId, number>;
}

/** Divides a region's VMs, already in the order of the month's shuffle, into stages, batches and update domains. */
export function planRegion(region: string, candidates: readonly Candidate[], facts: RegionFacts): RegionWork {
  const standalone = candidates.filter(({ vm }) => vm.availabilitySetId === null);
  const zonesOfSubscription = groupBy(standalone, ({ vm }) => vm.subscriptionId);
  const stages = [...groupBy(candidates, ({ vm }) => vm.zone)]
    .sort(([a], [b]) => byZone(a, b))
    .map(([zone, members]): StageWork => {
      const own = members.filter(({ vm }) => vm.availabilitySetId === null);
      const gathered = [...groupBy(own, ({ vm }) => vm.subscriptionId)].filter(
        ([subscription, here]) =>
          here.length > 1 && here.length === zonesOfSubscription.get(subscription)?.length,
      );
      const spread = new Set(gathered.map(([subscription]) => subscription));
      return {
        stage: stageName(zone),
        zone,
        batches: cutIntoBatches(own, facts.policy, spread).map((batch) => ({
          updateDomain: null,
          candidates: batch,
          roundSizeMax: ROUND_SIZE_MAX,
        })),
        sets: planSets(members, facts),
      };
    });
  return { region, vmCount: candidates.length, stages };
}

export function stageName(zone: string | null): string {
  return zone === null ? 'regional' : `zone-${zone}`;
}

/** Stages one after another; in a stage the sets beside the batches, and beside each other. */
export function scheduleRegion(work: RegionWork, policy: Policy, from: Cursor): ScheduledRegion {
  let cursor = from;
  const stages = work.stages.map((stage): ScheduledStage => {
    const batches = batchGroups(scheduleTrack(stage.batches, policy, cursor));
    const sets = stage.sets.map((set): ScheduledGroup => ({
      group: keyOf(set.availabilitySetId),
      availabilitySetId: set.availabilitySetId,
      setSize: set.setSize,
      rounds: scheduleTrack(set.updateDomains, policy, cursor),
    }));
    const groups = [...batches, ...sets];
    const endMs = groups.reduce((end, { rounds }) => Math.max(end, rounds.at(-1)?.endMs ?? end), cursor.atMs);
    cursor = { ...cursor, atMs: endMs };
    return { stage: stage.stage, zone: stage.zone, groups };
  });
  return { region: work.region, stages, endMs: cursor.atMs };
}

/** one step for each update domain, those with VMs carried over first. The order of the others differs by month. */
function planSets(members: readonly Candidate[], facts: RegionFacts): SetWork[] {
  const sets = groupBy(
    members.filter(({ vm }) => vm.availabilitySetId !== null),
    ({ vm }) => vm.availabilitySetId,
  );
  return [...sets]
    .flatMap(([set, inSet]): SetWork[] => {
      if (set === null) return [];
      const setSize = facts.setSizes.get(set) ?? inSet.length;
      const roundSizeMax = Math.min(ROUND_SIZE_MAX, setShare(setSize, facts.policy));
      // Their order is that of each domain's first VM in the month's shuffle, and there the carried over come first.
      const domains = [...groupBy(inSet, ({ vm }) => vm.updateDomain)];
      const updateDomains = domains.map(([updateDomain, candidates]) => ({
        updateDomain,
        candidates,
        roundSizeMax,
      }));
      return [{ group: keyOf(set), availabilitySetId: set, setSize, updateDomains }];
    })
    .sort((a, b) => (a.availabilitySetId < b.availabilitySetId ? -1 : 1));
}

/** A group is a run of rounds of one batch and one cohort; a batch whose cohorts take turns becomes several groups. */
function batchGroups(rounds: readonly ScheduledRound[]): ScheduledGroup[] {
  const groups: { group: string; availabilitySetId: null; setSize: 0; rounds: ScheduledRound[] }[] = [];
  for (const round of rounds) {
    const last = groups.at(-1);
    const previous = last?.rounds.at(-1);
    if (last !== undefined && previous?.step === round.step && previous.cohort === round.cohort)
      last.rounds.push(round);
    else
      groups.push({
        group: `batch-${groups.length + 1}`,
        availabilitySetId: null,
        setSize: 0,
        rounds: [round],
      });
  }
  return groups;
}

/** Zones by name, numbers as numbers; the VMs without a zone last. */
function byZone(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return Number(a) - Number(b) || (a < b ? -1 : 1);
}

/** A map in the order in which the keys first appear. */
export function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** the order of the month: a seeded shuffle, in which the VMs carried over from the month before come first. */
export function orderOfTheMonth(
  candidates: readonly Candidate[],
  seed: string,
  carriedOver: ReadonlySet<string>,
): Candidate[] {
  const shuffled = seededShuffle(candidates, seed, ({ vm }) => vm.id);
  if (carriedOver.size === 0) return shuffled;
  const first = shuffled.filter(({ vm }) => carriedOver.has(vm.id));
  return [...first, ...shuffled.filter(({ vm }) => !carriedOver.has(vm.id))];
}
