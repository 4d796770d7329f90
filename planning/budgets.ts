import { budgetMax, budgetRoom, budgetSizes, type Budget } from '../domain/budgets';
import { selects } from '../domain/selector';
import type { VmList } from '../domain/vmList';

/** Budgets of the policy as columns: of each VM the budgets it is of, a bit each. */
export interface BudgetColumns {
  readonly bits: Int32Array;
  /** How many VMs of each may be down at once, beside those that are down by themselves. */
  readonly max: readonly number[];
}

/** What is known of budgets beside the VMs of a plan. */
export interface BudgetsKnown {
  /** VMs that each budget is of; those of the plan, where it is of the whole inventory. */
  readonly sizes?: ReadonlyMap<string, number>;
  /** Members of each that are down by themselves. */
  readonly downCounts?: BudgetsDown;
}

/** By the name of the budget; plain data, for a thread. */
export type BudgetsDown = Readonly<Record<string, number>>;

/**
 * Null where the policy has none. What members that are down leave of a budget is what its rounds get; one that they use up is planned for one VM at a
 * time, as when they are back.
 */
export function budgetColumnsOf(
  vms: VmList,
  budgets: readonly Budget[],
  { sizes = budgetSizes(vms, budgets), downCounts = {} }: BudgetsKnown = {},
): BudgetColumns | null {
  if (budgets.length === 0) return null;
  const bits = new Int32Array(vms.length);
  let n = 0;
  for (const vm of vms) {
    for (const [bit, { selector }] of budgets.entries())
      if (selects(selector, vm)) bits[n] = (bits[n] ?? 0) | (1 << bit);
    n += 1;
  }
  const max = budgets.map((budget) =>
    Math.max(1, budgetRoom(budgetMax(budget, sizes.get(budget.name) ?? null), downCounts[budget.name] ?? 0)),
  );
  return { bits, max };
}

/** A round with more VMs of a budget than may be down at once becomes several. */
export function withinBudgets<R extends { readonly members: readonly number[] }>(
  rounds: readonly R[],
  budgets: BudgetColumns | null,
): readonly R[] {
  if (budgets === null) return rounds;
  return rounds.flatMap((round) => partsOf(round.members, budgets).map((members) => ({ ...round, members })));
}

function partsOf(members: readonly number[], { bits, max }: BudgetColumns): readonly number[][] {
  const parts: number[][] = [[]];
  let counts = max.map(() => 0);
  for (const n of members) {
    const own = bits[n] ?? 0;
    if (max.some((limit, bit) => (own & (1 << bit)) !== 0 && (counts[bit] ?? 0) >= limit)) {
      parts.push([]);
      counts = max.map(() => 0);
    }
    parts.at(-1)?.push(n);
    counts = counts.map((count, bit) => count + ((own >> bit) & 1));
  }
  return parts;
}

/** What is down of each budget, over all regions; the forecast keeps it as the ledgers do. */
export class BudgetsInUse {
  readonly #columns: BudgetColumns | null;
  readonly #down: number[];
  #waiting: { readonly turn: number; readonly again: () => void }[] = [];

  constructor(columns: BudgetColumns | null) {
    this.#columns = columns;
    this.#down = columns?.max.map(() => 0) ?? [];
  }

  fit(members: readonly number[]): boolean {
    const max = this.#columns?.max ?? [];
    return this.#countsOf(members).every(
      (count, bit) => count === 0 || (this.#down[bit] ?? 0) + count <= (max[bit] ?? 0),
    );
  }

  take(members: readonly number[]): void {
    for (const [bit, count] of this.#countsOf(members).entries())
      this.#down[bit] = (this.#down[bit] ?? 0) + count;
  }

  /** Those of an earlier turn go first, then those that asked earlier. */
  wait(turn: number, again: () => void): void {
    this.#waiting.push({ turn, again });
  }

  release(members: readonly number[]): void {
    if (this.#columns === null) return;
    for (const [bit, count] of this.#countsOf(members).entries())
      this.#down[bit] = (this.#down[bit] ?? 0) - count;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { again } of waiting.sort((a, b) => a.turn - b.turn)) again();
  }

  #countsOf(members: readonly number[]): number[] {
    const columns = this.#columns;
    if (columns === null) return [];
    return columns.max.map((_, bit) => members.filter((n) => ((columns.bits[n] ?? 0) >> bit) & 1).length);
  }
}
