import { patchCallDelaySeconds } from '../domain/patchCalls';
import { withinBudgets } from './budgets';
import type { Candidates, InventoryFacts } from './candidates';
import type { Cohort } from './cohorts';
import { ROUND_SIZE_MAX } from './plan';
import type { BatchWork, RoundWork } from './work';
import { ROUND_SUBSCRIPTIONS_MAX, ROUNDS_AT_ONCE_MAX } from './widths';

/**
 * Cuts a batch into rounds that may run side by side: no round has more VMs of a subscription than may be down at once in the region, and
 * rounds that follow each other have different subscriptions as far as possible. First a share of each subscription, then the next share.
 */
export function roundsOfBatch(
  region: string,
  batch: readonly number[],
  cohort: Cohort,
  candidates: Candidates,
  facts: InventoryFacts,
): Pick<BatchWork, 'rounds' | 'atOnce'> {
  const { subscription, names } = candidates;
  const shares = new Map<number, number>();
  for (const n of batch) {
    const number = subscription[n] ?? 0;
    if (!shares.has(number)) shares.set(number, facts.shareOf(region, names.subscriptions[number] ?? ''));
  }
  const cut: Cut[] = cutByShares(shareByShare(batch, subscription, shares), subscription, shares);
  const atOnce = roundsThatFit(cut, shares);
  const delays = delaysOf(cut, atOnce);
  const rounds = cut.map(({ members }, index): RoundWork => ({
    members,
    cohort,
    isOfSet: false,
    updateDomain: null,
    delaySeconds: delays[index] ?? 0,
  }));
  return { rounds: withinBudgets(rounds, candidates.budgets), atOnce };
}

/** A round in the making. */
interface Cut {
  readonly members: number[];
  /** VMs by subscription. */
  readonly counts: Map<number, number>;
}

/** The VMs of a batch so that a share of each subscription comes first, then the second share of each, and so on. */
function shareByShare(
  batch: readonly number[],
  subscription: Int32Array,
  shares: ReadonlyMap<number, number>,
): number[] {
  const seen = new Map<number, number>();
  // Within a turn the VMs of a subscription stay together, so that a round has few of them.
  const ofTurn: Map<number, number[]>[] = [];
  for (const n of batch) {
    const number = subscription[n] ?? 0;
    const before = seen.get(number) ?? 0;
    seen.set(number, before + 1);
    const turn = Math.floor(before / (shares.get(number) ?? 1));
    const here = (ofTurn[turn] ??= new Map<number, number[]>());
    const own = here.get(number);
    if (own === undefined) here.set(number, [n]);
    else own.push(n);
  }
  const inOrder: number[] = [];
  for (const here of ofTurn) for (const own of here.values()) for (const n of own) inOrder.push(n);
  return inOrder;
}

function cutByShares(
  inOrder: readonly number[],
  subscription: Int32Array,
  shares: ReadonlyMap<number, number>,
): Cut[] {
  const cuts: Cut[] = [];
  let last: Cut | null = null;
  for (const n of inOrder) {
    const number = subscription[n] ?? 0;
    const count: number = last?.counts.get(number) ?? 0;
    const full =
      last === null ||
      last.members.length >= ROUND_SIZE_MAX ||
      count >= (shares.get(number) ?? 1) ||
      (count === 0 && last.counts.size >= ROUND_SUBSCRIPTIONS_MAX);
    if (full) cuts.push((last = { members: [], counts: new Map<number, number>() }));
    if (last === null) continue;
    last.members.push(n);
    last.counts.set(number, full ? 1 : count + 1);
  }
  return cuts;
}

/** How many rounds from the first one on keep all shares together. */
function roundsThatFit(cuts: readonly Cut[], shares: ReadonlyMap<number, number>): number {
  const down = new Map<number, number>();
  for (const [index, { counts }] of cuts.slice(0, ROUNDS_AT_ONCE_MAX).entries())
    for (const [number, count] of counts) {
      const together = (down.get(number) ?? 0) + count;
      if (together > (shares.get(number) ?? 1)) return Math.max(1, index);
      down.set(number, together);
    }
  return Math.min(cuts.length, ROUNDS_AT_ONCE_MAX);
}

/** The first rounds would all begin when the window opens; those that would exceed the patch-call budget of a subscription wait for it. */
function delaysOf(cuts: readonly Cut[], atOnce: number): number[] {
  const begun = new Map<number, number>();
  return cuts.slice(0, atOnce).map(({ counts }) => {
    let delay = 0;
    for (const [number, count] of counts) {
      const vmCount = (begun.get(number) ?? 0) + count;
      begun.set(number, vmCount);
      delay = Math.max(delay, patchCallDelaySeconds(vmCount));
    }
    return delay;
  });
}
