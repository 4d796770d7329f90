import { rolloutIdOf, type Month, type RolloutId, type VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import type { Because } from '../domain/reasons';
import { endsUtcOf, releaseOf } from '../domain/release';
import type { Selector } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { BudgetsDown } from './budgets';
import { absenceIn, assignMissingDomains, inventoryFacts, sortOut, type Absence } from './candidates';
import { columnsOf } from './columns';
import { orderOfTheMonth } from './monthOrder';
import type { Plan } from './plan';
import { phasesOf } from './phaseWork';
import { schedulePhases } from './schedule';
import { writePlan } from './writePlan';

export interface PlanRequest {
  /** The whole inventory, in any order: also VMs that are not eligible count in the size of their set. */
  readonly vms: readonly VirtualMachine[];
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
export function planRollout(request: PlanRequest): Plan {
  const { month, policy, nowUtc, emergency } = request;
  const absences: (Absence | null)[] = [];
  const absenceOf = absenceIn(policy, request.held ?? new Map());
  // Each VM is looked at once: what takes longest with a large fleet is to get at it in memory.
  const budgets = { downCounts: request.budgetsDown ?? {} };
  const columns = columnsOf(request.vms, policy, budgets, (vm) => absences.push(absenceOf(vm)));
  const order = orderOfTheMonth(request.vms, columns.ids, `${request.seed}:${month}`);
  assignMissingDomains(request.vms, columns, order);
  const { candidates, ineligible } = sortOut(request.vms, columns, order, {
    absences,
    carriedOver: new Set(request.carriedOver),
    ...(emergency !== undefined && { selector: emergency.selector }),
  });
  const facts = inventoryFacts(columns, order, policy);
  const releasedUtc = emergency?.releasedUtc ?? releaseOf(month);
  const fromMs = Math.max(Date.parse(releasedUtc), Date.parse(nowUtc));
  const phases = phasesOf(request.vms, candidates, facts, { atMs: fromMs, opensAfterMs: -Infinity });
  return writePlan({
    rolloutId: emergency?.rolloutId ?? rolloutIdOf(month),
    month,
    releasedUtc,
    endsUtc: emergency?.endsUtc ?? endsUtcOf(month, policy),
    targetMs: Date.parse(releasedUtc) + policy.forecastTargetDays * DAY_MS,
    candidates,
    facts,
    schedule: schedulePhases(phases, candidates, facts, fromMs),
    ineligible,
  });
}

const DAY_MS = 86_400_000;
