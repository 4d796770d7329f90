import type { RolloutControl } from '../../domain/control';
import { standingFreezes, type Freeze } from '../../domain/freezes';
import { rolloutIdOf, type VmId } from '../../domain/ids';
import { holdsOf } from '../../domain/holds';
import { outcomeOf } from '../../domain/outcome';
import { NO_PHASE } from '../../domain/phaseId';
import { monthAfter } from '../../domain/release';
import { timeZoneOf } from '../../domain/timeZone';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { heldThroughout } from '../../planning/heldVms';
import { learntRegions } from '../../domain/regions';
import { planInSteps } from '../../planning/makePlan';
import type { Plan } from '../../planning/plan';
import { allPages } from '../../store/listPage';
import { planFingerprint } from '../../store/planFingerprint';
import type { OutcomeRecord } from '../../store/outcomes';
import type { PlanSummary, WrittenPlan } from '../../store/plans';
import { lookAtBudget } from '../budgets/budgetMembers';
import { budgetsDown } from '../budgets/budgetShares';
import { keptPlans, type MadePlan } from './keptPlan';
import { saveOutcomes } from './saveOutcomes';
import type { Services } from '../services';
import { stepsInSlices } from '../slices';
import { takeListing } from '../fleet/takeListing';

/** What a step of planning comes to: the plan, once it is whole; there is more to do; or the driver lists no VM. */
export type StepEnd = PlanSummary | 'goesOn' | 'noVm';

/** Rows that one call writes: some ten seconds on a slow table, well within the two minutes that an activity has. */
const CHANGES_A_CALL_MAX = 5000;
const OUTCOMES_A_CALL_MAX = 1500;
const ROUNDS_A_CALL_MAX = 2000;

/** What is noted at once: a call that is killed repeats no more than this. */
const OUTCOMES_TOGETHER = 300;
const ROUNDS_TOGETHER = 500;

/**
 * One step of the month's plan: the listing, the outcomes of VMs that it leaves out, or its rounds, a part of them. Each part is noted, so
 * that a call which is killed goes on there. The plan itself is kept from call to call, and made again where it is not: it is pure.
 */
export async function planStep(services: Services, control: RolloutControl): Promise<StepEnd> {
  const { rolloutId } = control;
  const before = await services.plans.readWritten(rolloutId);
  if (before === null && (await takeListing(services, { changesMax: CHANGES_A_CALL_MAX })).remaining > 0)
    return 'goesOn';
  const vms = await services.inventory.list();
  if (vms.length === 0) return 'noVm';
  const facts = before ?? (await factsNow(services));
  const plan = await makePlan(services, control, vms, facts);
  const { fingerprint } = plan;
  if (before !== null && before.fingerprint !== fingerprint) {
    // The fleet or a freeze changed while the plan was being written: what stands there is no part of this one.
    await services.plans.clear(rolloutId);
    return 'goesOn';
  }
  const written = before ?? { ...facts, fingerprint, ineligible: 0, rounds: 0 };
  const end = await writePart(services, plan, written);
  if (end !== 'goesOn') keptPlans.forget(vms);
  return end;
}

/** What a plan rests on beside fleet, policy and freezes: made again with the same it is the same. */
type PlanFacts = Pick<WrittenPlan, 'nowUtc' | 'budgetsDown'>;

/** Members of budgets are looked at as a round does before its claim: a plan counts on no more than it will get. */
async function factsNow(services: Services): Promise<PlanFacts> {
  for (const budget of services.policy.budgets) await lookAtBudget(services, budget);
  return { nowUtc: services.nowUtc(), budgetsDown: await budgetsDown(services) };
}

async function writePart(
  services: Services,
  { made, leftOut }: MadePlan,
  before: WrittenPlan,
): Promise<StepEnd> {
  const { plans } = services;
  const { rolloutId } = made;
  let written = before;
  const outcomesMax = before.ineligible + OUTCOMES_A_CALL_MAX;
  while (written.ineligible < leftOut.length) {
    if (written.ineligible >= outcomesMax) return 'goesOn';
    const end = written.ineligible + OUTCOMES_TOGETHER;
    await saveOutcomes(services, rolloutId, leftOut.slice(written.ineligible, end));
    written = { ...written, ineligible: end };
    await plans.saveWritten(rolloutId, written);
  }
  const roundsMax = before.rounds + ROUNDS_A_CALL_MAX;
  for (;;) {
    const summary = await plans.savePart(made, written.rounds, ROUNDS_TOGETHER);
    if (summary !== null) return summary;
    written = { ...written, rounds: written.rounds + ROUNDS_TOGETHER };
    await plans.saveWritten(rolloutId, written);
    if (written.rounds >= roundsMax) return 'goesOn';
  }
}

/** In slices, between which other requests are answered: a plan of 100,000 VMs takes half a second. */
async function makePlan(
  services: Services,
  control: RolloutControl,
  vms: readonly VirtualMachine[],
  { nowUtc, budgetsDown: down }: PlanFacts,
): Promise<MadePlan> {
  const { month, seed, endsUtc, emergency, rolloutId, releasedUtc } = control;
  const { policy } = services;
  const carriedOver = await leftOver(services, control);
  const freezes = await services.freezes.list();
  const ofMonth = { month, seed, endsUtc, emergency, rolloutId, releasedUtc, nowUtc };
  const asked = JSON.stringify([ofMonth, policy, learntRegions(), down, carriedOver, freezes]);
  const known = keptPlans.of(vms, asked);
  if (known !== undefined) return known;
  const held = heldThroughout(vms, freezes, policy, { nowUtc, endsUtc });
  const made = await stepsInSlices(
    planInSteps({
      vms,
      month,
      policy,
      seed,
      nowUtc,
      carriedOver,
      held,
      budgetsDown: down,
      ...(emergency !== undefined && {
        emergency: { rolloutId, releasedUtc, endsUtc, selector: emergency.selector },
      }),
    }),
  );
  const leftOut = await stepsInSlices(outcomesOfLeftOut(services, made, vms, { freezes, nowUtc }));
  const fingerprint = await stepsInSlices(planFingerprint(made));
  const plan: MadePlan = { made, leftOut, fingerprint };
  keptPlans.keep(vms, asked, plan);
  return plan;
}

/** VMs that the monthly rollout before this one did not reach, or could not, go first. */
export async function leftOver(
  services: Services,
  { month, emergency }: RolloutControl,
): Promise<readonly VmId[]> {
  if (emergency !== undefined) return [];
  const before = rolloutIdOf(monthAfter(month, -1));
  if (!(await services.rollouts.read(before))) return [];
  const found: VmId[] = [];
  for await (const vmId of allPages((after) => services.outcomes.carriedOver(before, after)))
    found.push(vmId);
  return found;
}

/** VMs that the plan left out end at once, each with everything that keeps it out. Yields after each VM. */
function* outcomesOfLeftOut(
  { policy }: Services,
  { ineligible }: Plan,
  vms: readonly VirtualMachine[],
  { freezes, nowUtc }: { readonly freezes: readonly Freeze[]; readonly nowUtc: string },
): Generator<number, readonly OutcomeRecord[]> {
  const leftOut = new Set(ineligible.map(({ vmId }) => vmId));
  const outcomes: OutcomeRecord[] = [];
  for (const vm of vms) {
    if (!leftOut.delete(vm.id)) continue;
    const standing = standingFreezes(freezes, vm, timeZoneOf(vm, policy).zone, nowUtc);
    const [first, ...others] = holdsOf({ nowUtc, policy, vm, freezes: standing });
    yield 1;
    if (first === undefined) continue;
    const outcome = outcomeOf(vm.id, nowUtc, first, others);
    outcomes.push({ ...outcome, phase: NO_PHASE, region: vm.region, installation: null });
  }
  return outcomes;
}
