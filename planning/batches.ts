import type { Policy } from '../domain/policy';
import type { Candidate } from './cohorts';

/**
 * cuts the standalone VMs of a stage into growing batches, so that no subscription of `spread` has all of these VMs in one.
 * The VMs keep their order as far as that allows; where it does not, VMs change places, and as a last resort the sizes give way.
 */
export function cutIntoBatches(
  candidates: readonly Candidate[],
  policy: Pick<Policy, 'batchSharePercents'>,
  spread: ReadonlySet<string>,
): Candidate[][] {
  const sizes = batchSizes(candidates.length, policy.batchSharePercents);
  let from = 0;
  const batches = sizes.map((size) => candidates.slice(from, (from += size)));
  if (batches.length > 1 && spread.size > 0) spreadSubscriptions(batches, spread);
  return batches;
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
  inBatch(subscription: string, batch: number): number;
  total(subscription: string): number;
  move(subscription: string, from: number, to: number): void;
}

function spreadSubscriptions(batches: Candidate[][], spread: ReadonlySet<string>): void {
  const tally = tallyOf(batches);
  const partnerOf = partners(batches, tally, spread);
  for (const [home, batch] of batches.entries()) {
    // From the back, so that VMs that come first in their place (carried over) stay there. Partners join at known positions only.
    for (let index = batch.length - 1; index >= 0; index -= 1) {
      const candidate = batch[index];
      if (candidate === undefined) continue;
      const subscription = candidate.vm.subscriptionId;
      if (!spread.has(subscription) || tally.total(subscription) < 2) continue;
      if (tally.inBatch(subscription, home) < tally.total(subscription)) continue;
      const partner = partnerOf(home, subscription);
      const away = partner?.batch ?? neighbour(home, batches.length);
      tally.move(subscription, home, away);
      if (partner === null) {
        batch.splice(index, 1);
        batches[away]?.push(candidate);
      } else {
        tally.move(partner.candidate.vm.subscriptionId, away, home);
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
  readonly candidate: Candidate;
  replaceBy(other: Candidate): void;
}

/**
 * Finds a VM of another batch whose move to `home` gathers no subscription's VMs there. Each pair of batches has a place up to which the one
 * has been searched for the other, so that all searches together are linear in the VMs.
 */
function partners(
  batches: readonly Candidate[][],
  tally: Tally,
  spread: ReadonlySet<string>,
): (home: number, leaving: string) => Partner | null {
  const searched = batches.map((batch) => batches.map(() => batch.length));
  const mayMove = (subscription: string, home: number): boolean =>
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
        if (candidate === undefined || candidate.vm.subscriptionId === leaving) continue;
        if (!mayMove(candidate.vm.subscriptionId, home)) continue;
        return { batch: other, candidate, replaceBy: (newcomer) => (batch[index] = newcomer) };
      }
    }
    return null;
  };
}

function tallyOf(batches: readonly (readonly Candidate[])[]): Tally {
  const counts = new Map<string, number[]>();
  const of = (subscription: string): number[] => {
    const known = counts.get(subscription);
    if (known !== undefined) return known;
    const fresh = batches.map(() => 0);
    counts.set(subscription, fresh);
    return fresh;
  };
  const add = (subscription: string, batch: number, by: number): void => {
    const count = of(subscription);
    count[batch] = (count[batch] ?? 0) + by;
  };
  for (const [index, batch] of batches.entries())
    for (const { vm } of batch) add(vm.subscriptionId, index, 1);
  return {
    inBatch: (subscription, batch) => of(subscription)[batch] ?? 0,
    total: (subscription) => of(subscription).reduce((sum, count) => sum + count, 0),
    move(subscription, from, to) {
      add(subscription, from, -1);
      add(subscription, to, 1);
    },
  };
}
