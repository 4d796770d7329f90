import type { RolloutControl } from '../domain/control';
import { standingFreezes, type Freeze } from '../domain/freezes';
import { rolloutIdOf, type VmId } from '../domain/ids';
import { holdsOf } from '../domain/holds';
import { messageOf } from '../domain/messageOf';
import { outcomeOf, type Outcome } from '../domain/outcome';
import { NO_PHASE, phaseIdOf } from '../domain/phaseId';
import { monthAfter } from '../domain/release';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import { heldThroughout } from '../planning/heldVms';
import { planRollout as plan } from '../planning/planRollout';
import type { Plan } from '../planning/plan';
import { allPages } from '../store/listPage';
import type { PlanSummary } from '../store/plans';
import * as contracts from './contracts';
import { rolloutOf } from './control';
import { saveOutcomes } from './saveOutcomes';
import { takeListing } from './takeListing';
import { recordApprovalNeed } from './recordApprovalNeed';
import { activity, type AnswerTo, type Services } from './services';

export const planRollout = activity(contracts.planRollout, async (services, { rolloutId }) => {
  const control = await rolloutOf(services, rolloutId);
  const summary =
    (await services.plans.readSummary(rolloutId)) ?? (await sayingWhy(services, control, makePlan));
  if (summary === null) return withoutPlan(services, control);
  if (control.plannedUtc === null) await publish(services, control, summary);
  return {
    phases: summary.phases.map(({ phase, regions }) => ({ phase, regions })),
    endsUtc: summary.endsUtc,
    pace: contracts.Pace.parse(services.policy),
  };
});

/** A plan that cannot be made is tried again, as any activity; until then the rollout's row says why, for nothing is as silent as a month that never begins. */
async function sayingWhy(
  services: Services,
  control: RolloutControl,
  make: (services: Services, control: RolloutControl) => Promise<PlanSummary | null>,
): Promise<PlanSummary | null> {
  const { rolloutId } = control;
  try {
    return await make(services, control);
  } catch (error) {
    const atUtc = services.nowUtc();
    const why = messageOf(error);
    await services.rollouts.update(rolloutId, (row) => ({ ...row, planFailed: { atUtc, why } }));
    await services.audit.append(rolloutId, `planFailed~${atUtc.slice(0, 13)}`, {
      atUtc,
      who: 'lowtide',
      what: 'planFailed',
      subject: rolloutId,
      vmId: null,
      why,
      evidence: {},
    });
    throw error;
  }
}

/** A rollout that is over, or that a person has cancelled, waits for nothing; its plan has no phases. */
async function withoutPlan(
  services: Services,
  control: RolloutControl,
): Promise<AnswerTo<typeof contracts.planRollout>> {
  const { rolloutId, endsUtc, mode } = control;
  const nowUtc = services.nowUtc();
  const waitsForInventory = mode !== 'cancelled' && nowUtc < endsUtc;
  const why =
    'The driver lists no VM. The rollout is planned when it lists some; it looks again at least every LOWTIDE_WAKE_FALLBACK.';
  if (waitsForInventory)
    await services.rollouts.update(rolloutId, (row) =>
      row.waitsForInventory ? null : { ...row, waitsForInventory: { sinceUtc: nowUtc, why } },
    );
  return { phases: [], endsUtc, pace: contracts.Pace.parse(services.policy), waitsForInventory };
}

/**
 * Every write is an upsert by a key of the plan, and the summary comes last: a crash in between only repeats them. Null when the driver lists
 * no VM.
 */
async function makePlan(services: Services, control: RolloutControl): Promise<PlanSummary | null> {
  const { month, seed, endsUtc } = control;
  const { policy } = services;
  const { present: vms } = await takeListing(services);
  if (vms.length === 0) return null;
  const nowUtc = services.nowUtc();
  const carriedOver = await leftOver(services, control);
  const freezes = await services.freezes.list();
  const held = heldThroughout(vms, freezes, policy, { nowUtc, endsUtc });
  const made = plan({ vms, month, policy, seed, nowUtc, carriedOver, held });
  await recordIneligible(services, made, vms, { freezes, nowUtc });
  return services.plans.save(made);
}

/** Makes the plan known: its phases, the audit, and last the rollout's row, so that a crash after the plan was kept repeats this. */
async function publish(services: Services, control: RolloutControl, summary: PlanSummary): Promise<void> {
  const { rolloutId, seed } = control;
  const { vmCount: eligible, ineligibleCount, lateCount, phases } = summary;
  for (const { phase, regions, vmCount } of phases)
    if ((await services.rollouts.readPhase(rolloutId, phase)) === null)
      await services.rollouts.savePhase(rolloutId, {
        phase,
        regions,
        vmCount,
        startedUtc: null,
        gate: null,
      });
  const nowUtc = services.nowUtc();
  await services.audit.append(rolloutId, 'rolloutPlanned', {
    atUtc: nowUtc,
    who: 'lowtide',
    what: 'rolloutPlanned',
    subject: rolloutId,
    vmId: null,
    why: `${eligible} eligible VMs in ${phases.length} phases; ${ineligibleCount} VMs are not eligible.`,
    evidence: { late: lateCount, seed, carriedOver: (await leftOver(services, control)).length },
  });
  await recordApprovalNeed(services, rolloutId, phaseIdOf(1));
  await services.rollouts.update(rolloutId, (row) => ({
    ...row,
    plannedUtc: row.plannedUtc ?? nowUtc,
    waitsForInventory: null,
    planFailed: null,
    vmCount: eligible + ineligibleCount,
  }));
}

/** VMs that the rollout before this one did not reach, or could not, go first. */
async function leftOver(services: Services, { month }: RolloutControl): Promise<readonly VmId[]> {
  const before = rolloutIdOf(monthAfter(month, -1));
  if (!(await services.rollouts.read(before))) return [];
  const found: VmId[] = [];
  for await (const outcome of allPages((after) => services.outcomes.page(before, after)))
    if (goesFirst(outcome)) found.push(outcome.vmId);
  return found;
}

const goesFirst = ({ kind, reason }: Outcome): boolean =>
  kind === 'deferred' || reason === 'superseded' || reason === 'deadlinePassed';

/** VMs that the plan left out end at once, each with everything that keeps it out. */
async function recordIneligible(
  services: Services,
  { rolloutId, ineligible }: Plan,
  vms: readonly VirtualMachine[],
  { freezes, nowUtc }: { readonly freezes: readonly Freeze[]; readonly nowUtc: string },
): Promise<void> {
  const { policy } = services;
  const leftOut = new Set(ineligible.map(({ vmId }) => vmId));
  await saveOutcomes(
    services,
    rolloutId,
    vms
      .filter(({ id }) => leftOut.delete(id))
      .flatMap((vm) => {
        const standing = standingFreezes(freezes, vm, timeZoneOf(vm, policy).zone, nowUtc);
        const [first, ...others] = holdsOf({ nowUtc, policy, vm, freezes: standing });
        if (first === undefined) return [];
        const outcome = outcomeOf(vm.id, nowUtc, first, others);
        return [{ ...outcome, phase: NO_PHASE, region: vm.region, installation: null }];
      }),
  );
}
