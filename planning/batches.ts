import type { Policy } from '../domain/policy';
import type { Candidates } from './candidates';

/**
 * cuts the standalone VMs of a stage into growing batches, so that no subscription of `spread` has all of these VMs in one.
 * The VMs keep their order as far as that allows; where it does not, VMs change places, and as a last resort the sizes give way. What the
 * month before left over comes first, but makes up at most a third of the first batch: such VMs may be always off, and prove nothing.
 */
export function cutIntoBatches(
  members: readonly number[],
  candidates: Candidates,
  policy: Pick<Policy, 'batchSharePercents'>,
  spread: ReadonlySet<number>,
): number[][] {
  const left = members.filter((n) => candidates.carried[n] === 1);
  const sizes = sizesBeside(left.length, batchSizes(members.length, policy.batchSharePercents));
  const ordered = withCarried(members, left, candidates.carried, sizes);
  let from = 0;
  const batches = sizes.map((size) => ordered.slice(from, (from += size)));
  if (batches.length > 1 && spread.size > 0) spreadSubscriptions(batches, candidates.subscription, spread);
  return batches;
}

const CARRIED_PART_MAX = 3;

/** The first batch is smaller where there are too few others beside the VMs that were left over. */
function sizesBeside(leftCount: number, sizes: readonly number[]): readonly number[] {
  const [first = 0, second, ...rest] = sizes;
  const others = sizes.reduce((sum, size) => sum + size, 0) - leftCount;
  const smaller = Math.floor((others * CARRIED_PART_MAX) / (CARRIED_PART_MAX - 1));
  if (leftCount === 0 || second === undefined || others === 0 || smaller >= first) return sizes;
  return [smaller, second + first - smaller, ...rest];
}

/** In a first batch of one or two VMs there is no third: none of them is left over, as long as there are others. */
function withCarried(
  members: readonly number[],
  left: readonly number[],
  carried: Uint8Array,
  sizes: readonly number[],
): readonly number[] {
  if (left.length === 0) return members;
  const fresh = members.filter((n) => carried[n] !== 1);
  const [first = 0] = sizes;
  const ahead =
    sizes.length === 1 ? left.length : Math.min(left.length, Math.floor(first / CARRIED_PART_MAX));
  const others = first - ahead;
  return [...left.slice(0, ahead), ...fresh.slice(0, others), ...left.slice(ahead), ...fresh.slice(others)];
}

/** Sizes in the given proportions, rounded down but at least one; the last batch takes what is left. */
export function batchSizes(count: number, sharePercents: readonly number[]): number[] {
  const total = sharePercents.reduce((sum, share) => sum + share, 0);
  const sizes: number[] = [];
  let left = count;
  for (const [index, share] of sharePercents.entries()) {
    if (left === 0) break;
    const isLast = index === sharePercents.length - 1;
    const size = isLast ? left : Math.min(left, Math.max(1, Math.floor((count * share) / total)));
    sizes.push(size);
    left -= size;
  }
  if (sizes.length === 0 && count > 0) return [count];
  return sizes;
}

/** How many VMs of each subscription are in each batch, and in all. */
interface Tally {
  inBatch(subscription: number, batch: number): number;
  total(subscription: number): number;
  move(subscription: number, from: number, to: number): void;
}

function spreadSubscriptions(
  batches: number[][],
  subscriptionOf: Int32Array,
  spread: ReadonlySet<number>,
): void {
  const tally = tallyOf(batches, subscriptionOf);
  const partnerOf = partners(batches, subscriptionOf, tally, spread);
  for (const [home, batch] of batches.entries()) {
    // From the back, so that VMs that come first in their place (carried over) stay there. Partners join at known positions only.
    for (let index = batch.length - 1; index >= 0; index -= 1) {
      const candidate = batch[index];
      if (candidate === undefined) continue;
      const subscription = subscriptionOf[candidate] ?? 0;
      if (!spread.has(subscription) || tally.total(subscription) < 2) continue;
      if (tally.inBatch(subscription, home) < tally.total(subscription)) continue;
      const partner = partnerOf(home, subscription);
      const away = partner?.batch ?? neighbour(home, batches.length);
      tally.move(subscription, home, away);
      if (partner === null) {
        batch.splice(index, 1);
        batches[away]?.push(candidate);
      } else {
        tally.move(subscriptionOf[partner.candidate] ?? 0, away, home);
        batch[index] = partner.candidate;
        partner.replaceBy(candidate);
      }
    }
  }
}

/** Where a VM goes when no other can change places with it: later, where batches are larger; from the last, one earlier. */
function neighbour(home: number, count: number): number {
  return home === count - 1 ? home - 1 : home + 1;
}

interface Partner {
  readonly batch: number;
  readonly candidate: number;
  replaceBy(other: number): void;
}

/**
 * Finds a VM of another batch whose move to `home` gathers no subscription's VMs there. Each pair of batches has a place up to which the one
 * has been searched for the other, so that all searches together are linear in the VMs.
 */
function partners(
  batches: readonly number[][],
  subscriptionOf: Int32Array,
  tally: Tally,
  spread: ReadonlySet<number>,
): (home: number, leaving: number) => Partner | null {
  const searched = batches.map((batch) => batches.map(() => batch.length));
  const mayMove = (subscription: number, home: number): boolean =>
    !spread.has(subscription) ||
    tally.total(subscription) === 1 ||
    tally.inBatch(subscription, home) < tally.total(subscription) - 1;
  return (home, leaving) => {
    // The nearest batch first: swapping with a neighbour changes the order least.
    const others = [...batches.keys()]
      .filter((batch) => batch !== home)
      .sort((a, b) => Math.abs(a - home) - Math.abs(b - home) || a - b);
    for (const other of others) {
      const batch = batches[other] ?? [];
      const places = searched[other] ?? [];
      for (let index = (places[home] ?? 0) - 1; index >= 0; index -= 1) {
        places[home] = index;
        const candidate = batch[index];
        if (candidate === undefined || subscriptionOf[candidate] === leaving) continue;
        if (!mayMove(subscriptionOf[candidate] ?? 0, home)) continue;
        return { batch: other, candidate, replaceBy: (newcomer) => (batch[index] = newcomer) };
      }
    }
    return null;
  };
}

function tallyOf(batches: readonly (readonly number[])[], subscriptionOf: Int32Array): Tally {
  const counts = new Map<number, number[]>();
  const of = (subscription: number): number[] => {
    const known = counts.get(subscription);
    if (known !== undefined) return known;
    const fresh = batches.map(() => 0);
    counts.set(subscription, fresh);
    return fresh;
  };
  const add = (subscription: number, batch: number, by: number): void => {
    const count = of(subscription);
    count[batch] = (count[batch] ?? 0) + by;
  };
  for (const [index, batch] of batches.entries())
    for (const n of batch) add(subscriptionOf[n] ?? 0, index, 1);
  return {
    inBatch: (subscription, batch) => of(subscription)[batch] ?? 0,
    total: (subscription) => of(subscription).reduce((sum, count) => sum + count, 0),
    move(subscription, from, to) {
      add(subscription, from, -1);
      add(subscription, to, 1);
    },
  };
}
