import { rolloutIdOf, type Month, type RolloutId, type VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import type { Because } from '../domain/reasons';
import { endsUtcOf, releaseOf, targetUtcOf } from '../domain/release';
import type { Selector } from '../domain/selector';
import type { VmList } from '../domain/vmList';
import { budgetColumnsOf, type BudgetsDown } from './budgets';
import { inventoryFacts, sortOut } from './candidates';
import { fleetColumns } from './fleetColumns';
import { orderOfTheMonth } from './monthOrder';
import type { Plan } from './plan';
import { phasesOf } from './phaseWork';
import { schedulePhases } from './schedule';
import { madeAtOnce } from './steps';
import { writePlan } from './writePlan';

export interface PlanRequest {
  /** The whole inventory, in any order: also VMs that are not eligible count in the size of their set. */
  readonly vms: VmList;
  readonly month: Month;
  readonly policy: Policy;
  readonly seed: string | number;
  /** The forecast starts now, or at the release if that is still to come. */
  readonly nowUtc: string;
  /** VMs that the superseded rollout did not start: they come first in their place, but are at most a third of a first batch. */
  readonly carriedOver?: readonly VmId[];
  /** An emergency rollout, beside that of the month: `policy` is its own. */
  readonly emergency?: PlannedEmergency;
  /** VMs that are held until the rollout ends, and by what: they have no turn. */
  readonly held?: ReadonlyMap<VmId, Because>;
  /** Members of budgets that are down by themselves. */
  readonly budgetsDown?: BudgetsDown;
}

/** What a plan must know of an emergency. */
export interface PlannedEmergency {
  readonly rolloutId: RolloutId;
  readonly releasedUtc: string;
  readonly endsUtc: string;
  /** VMs that it means; all others only count in their sets and subscriptions. */
  readonly selector: Selector;
}

/** Which VMs are patched after which, and when that is expected to be. Pure: the same request, its VMs in any order, gives the same plan. */
export function makePlan(request: PlanRequest): Plan {
  return madeAtOnce(planInSteps(request));
}

/** The same plan, made in steps of a few milliseconds, between which others may work. Yields how many VMs it has dealt with since. */
export function* planInSteps(request: PlanRequest): Generator<number, Plan> {
  const { vms, month, policy, nowUtc, emergency } = request;
  const columns = yield* fleetColumns(vms, policy);
  const order = yield* orderOfTheMonth(vms, columns.hashedIds, `${request.seed}:${month}`);
  const { candidates, ineligible } = sortOut(vms, columns, order, {
    carriedOver: new Set(request.carriedOver),
    held: request.held ?? new Map(),
    budgets: budgetColumnsOf(vms, policy.budgets, { downCounts: request.budgetsDown ?? {} }),
    ...(emergency !== undefined && { selector: emergency.selector }),
  });
  yield vms.length;
  const facts = inventoryFacts(columns, order, policy);
  const releasedUtc = emergency?.releasedUtc ?? releaseOf(month);
  const fromMs = Math.max(Date.parse(releasedUtc), Date.parse(nowUtc));
  const phases = yield* phasesOf(vms, candidates, facts, { atMs: fromMs, opensAfterMs: -Infinity });
  const schedule = yield* schedulePhases(phases, candidates, facts, fromMs);
  return yield* writePlan({
    rolloutId: emergency?.rolloutId ?? rolloutIdOf(month),
    month,
    releasedUtc,
    endsUtc: emergency?.endsUtc ?? endsUtcOf(month, policy),
    targetMs: Date.parse(targetUtcOf(releasedUtc, policy)),
    candidates,
    facts,
    schedule,
    ineligible,
  });
}
