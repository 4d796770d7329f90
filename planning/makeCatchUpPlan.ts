import type { AvailabilitySetId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import type { VirtualMachine } from '../domain/virtualMachine';
import { budgetColumnsOf, type BudgetsKnown } from './budgets';
import { candidatesOf, factsOf, type InventoryFacts } from './candidates';
import { columnsOf } from './columns';
import type { PlannedRegion } from './plan';
import { workOfRegions } from './regionWork';
import { writeRegionNow } from './writePlan';

export interface CatchUpRequest {
  /** Can all be reached now, in their off-peak hours; in any order. */
  readonly vms: readonly VirtualMachine[];
  readonly policy: Policy;
  readonly nowUtc: string;
  /** Members of each set, as the inventory has them. */
  readonly setSizes: ReadonlyMap<AvailabilitySetId, number>;
  readonly budgets?: BudgetsKnown;
  readonly standaloneCount: InventoryFacts['standaloneCount'];
}

/**
 * The small plan of a catch-up: the same stages, sets, update domains and shares as the rollout, in one batch, so that all VMs that wait in a
 * region have their turn in the same window as far as shares allow.
 */
export function makeCatchUpPlan(request: CatchUpRequest): PlannedRegion[] {
  const { setSizes, standaloneCount, nowUtc } = request;
  const policy: Policy = { ...request.policy, batchSharePercents: [100] };
  const vms = [...request.vms].sort((a, b) => (a.id < b.id ? -1 : 1));
  const candidates = candidatesOf(
    columnsOf(vms, policy),
    budgetColumnsOf(vms, policy.budgets, request.budgets),
    Int32Array.from(vms.keys()),
    new Set(),
  );
  const facts = factsOf(policy, setSizes, standaloneCount);
  const nowMs = Date.parse(nowUtc);
  const from = { atMs: nowMs, opensAfterMs: -Infinity };
  return workOfRegions(candidates, facts, from)
    .toSorted((a, b) => (a.region < b.region ? -1 : 1))
    .map((work) => writeRegionNow(work, { candidates, facts }, nowMs));
}
