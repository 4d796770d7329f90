import { roomInSet, setShare } from '../domain/disruption';
import { keyOf } from '../domain/ids';
import type { Policy } from '../domain/policy';
import { cutIntoBatches } from './batches';
import { withinBudgets } from './budgets';
import type { Candidates, InventoryFacts } from './candidates';
import { cohortsOf } from './cohorts';
import { NONE } from './columns';
import { expectedDown, roundMs, type Cursor } from './estimate';
import { ROUND_SIZE_MAX } from './plan';
import { roundsOfBatch } from './roundsOfBatch';
import { madeAtOnce } from './steps';
import { COHORTS_MAX } from './widths';
import type { BatchWork, RegionWork, RoundWork, SetWork, StageWork } from './work';

/** What is to be done in each region, in the order in which the regions first appear. */
export function workOfRegions(candidates: Candidates, facts: InventoryFacts, from: Cursor): RegionWork[] {
  return madeAtOnce(regionsInSteps(candidates, facts, from));
}

/** The same region by region; yields how many VMs each has. */
export function* regionsInSteps(
  candidates: Candidates,
  facts: InventoryFacts,
  from: Cursor,
): Generator<number, RegionWork[]> {
  const works: RegionWork[] = [];
  for (const [number, members] of groupBy(candidates.order, candidates.region)) {
    works.push(workOfRegion(candidates.names.regions[number] ?? '', members, candidates, facts, from));
    yield members.length;
  }
  return works;
}

/** Divides a region's VMs, in the order of the month, into stages, batches, update domains and rounds. */
function workOfRegion(
  region: string,
  members: readonly number[],
  candidates: Candidates,
  facts: InventoryFacts,
  from: Cursor,
): RegionWork {
  const { set, subscription, names } = candidates;
  const ofSubscription = countBy(
    members.filter((n) => set[n] === NONE),
    subscription,
  );
  const stages = [...groupBy(members, candidates.zone)]
    .map(([number, own]) => ({ zone: names.zones[number] ?? null, own }))
    .sort((a, b) => byZone(a.zone, b.zone))
    .map(({ zone, own }): StageWork => {
      const standalone = own.filter((n) => set[n] === NONE);
      const inSets = own.length === standalone.length ? [] : own.filter((n) => set[n] !== NONE);
      return {
        stage: stageName(zone),
        zone,
        tracks: tracksOf({ region, standalone, ofSubscription }, candidates, facts, from),
        sets: setsOf(inSets, candidates, facts, from),
      };
    });
  return { region, vmCount: members.length, stages };
}

export function stageName(zone: string | null): string {
  return zone === null ? 'regional' : `zone-${zone}`;
}

/** The standalone VMs of a stage that take part, and how many of each subscription take part in the whole region. */
interface Standalone {
  readonly region: string;
  readonly standalone: readonly number[];
  readonly ofSubscription: ReadonlyMap<number, number>;
}

function tracksOf(
  { region, standalone, ofSubscription }: Standalone,
  candidates: Candidates,
  facts: InventoryFacts,
  from: Cursor,
): BatchWork[][] {
  if (standalone.length === 0) return [];
  const { subscription, timeZone } = candidates;
  // A subscription whose VMs of the region are all here must not have them in one batch.
  const spread = new Set<number>();
  for (const [number, own] of countBy(standalone, subscription))
    if (own > 1 && own === ofSubscription.get(number)) spread.add(number);
  const batches = cutIntoBatches(standalone, candidates, facts.policy, spread);
  const cohorts = cohortsOf(standalone, candidates, facts.policy, from, COHORTS_MAX);
  return cohorts.map((cohort, place) =>
    batches.flatMap((batch, index): BatchWork[] => {
      const own = cohorts.length === 1 ? batch : batch.filter((n) => cohort.numbers.has(timeZone[n] ?? 0));
      if (own.length === 0) return [];
      const suffix = place === 0 ? '' : `-cohort-${place + 1}`;
      return [
        { group: `batch-${index + 1}${suffix}`, ...roundsOfBatch(region, own, cohort, candidates, facts) },
      ];
    }),
  );
}

/**
 * update domain after update domain. Which comes first differs by month, and one with VMs left over goes before others. The
 * sets that are expected to take longest first: they take several windows, and where there are more sets than run at once they must not come last.
 */
function setsOf(
  members: readonly number[],
  candidates: Candidates,
  facts: InventoryFacts,
  from: Cursor,
): SetWork[] {
  return [...groupBy(members, candidates.set)]
    .flatMap(([number, inSet]): { readonly takesMs: number; readonly work: SetWork }[] => {
      const set = candidates.names.sets[number];
      if (set === undefined) return [];
      const setSize = facts.setSizes.get(set) ?? inSet.length;
      const group = keyOf(set);
      const inOrder = carriedFirst(inSet, candidates);
      const rounds = roundsOfSet(inOrder, { group, setSize }, candidates, facts, from);
      const takesMs = rounds.reduce((sum, round) => sum + roundMsOf(round, facts.policy), 0);
      return [{ takesMs, work: { group, availabilitySetId: set, setSize, rounds } }];
    })
    .sort((a, b) => b.takesMs - a.takesMs || (a.work.group < b.work.group ? -1 : 1))
    .map(({ work }) => work);
}

const roundMsOf = ({ members, inTurns }: RoundWork, policy: Policy): number =>
  roundMs(policy, members.length, inTurns);

function roundsOfSet(
  inSet: readonly number[],
  { group, setSize }: Pick<SetWork, 'group' | 'setSize'>,
  candidates: Candidates,
  { policy }: InventoryFacts,
  from: Cursor,
): readonly RoundWork[] {
  const { updateDomain: domains, timeZone } = candidates;
  const sizeMax = Math.min(ROUND_SIZE_MAX, setShare(setSize, policy));
  const room = roomInSet(setSize, expectedDown(setSize, group), policy);
  const cohorts = cohortsOf(inSet, candidates, policy, from, COHORTS_MAX);
  const rounds: RoundWork[] = [];
  for (const [number, domain] of groupBy(inSet, domains)) {
    const size = number === NONE ? 1 : sizeMax; // what is not known is not guessed: one at a time
    for (const cohort of cohorts) {
      const own = cohorts.length === 1 ? domain : domain.filter((n) => cohort.numbers.has(timeZone[n] ?? 0));
      for (let start = 0; start < own.length; start += size) {
        const members = own.slice(start, start + size);
        const inTurns = Math.ceil(members.length / room);
        const updateDomain = number === NONE ? null : number;
        rounds.push({ members, cohort, isOfSet: true, updateDomain, delaySeconds: 0, inTurns });
      }
    }
  }
  return withinBudgets(rounds, candidates.budgets);
}

function carriedFirst(members: readonly number[], { carried }: Candidates): readonly number[] {
  if (!members.some((n) => carried[n] === 1)) return members;
  return [...members.filter((n) => carried[n] === 1), ...members.filter((n) => carried[n] !== 1)];
}

/** Zones by name, numbers as numbers; the VMs without a zone last. */
function byZone(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return Number(a) - Number(b) || (a < b ? -1 : 1);
}

/** The members by their value in the column, in the order in which the values first appear. */
function groupBy<T>(members: Int32Array | readonly number[], column: ArrayLike<T>): Map<T, number[]> {
  const groups = new Map<T, number[]>();
  for (const n of members) {
    const value = column[n] as T;
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [n]);
    else group.push(n);
  }
  return groups;
}

export function countBy(members: readonly number[], column: Int32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const n of members) {
    const value = column[n] ?? 0;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}
