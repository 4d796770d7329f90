import type { RolloutControl } from '../domain/control';
import { messageOf } from '../domain/messageOf';
import { phaseIdOf } from '../domain/phaseId';
import { bakesAsCanary } from '../domain/rings';
import type { PlanSummary } from '../store/plans';
import * as contracts from './contracts';
import { rolloutOf } from './rollout/control';
import { leftOver, planStep, type StepEnd } from './rollout/planStep';
import { recordApprovalNeed } from './rollout/recordApprovalNeed';
import { activity, type AnswerTo, type Services } from './services';

export const planRollout = activity(contracts.planRollout, async (services, { rolloutId }) => {
  const control = await rolloutOf(services, rolloutId);
  const summary =
    (await services.plans.readSummary(rolloutId)) ?? (await sayingWhy(services, control, planStep));
  if (summary === 'noVm') return withoutPlan(services, control);
  if (summary === 'goesOn')
    return {
      phases: [],
      endsUtc: control.endsUtc,
      pace: contracts.Pace.parse(services.policy),
      goesOn: true,
    };
  if (control.plannedUtc === null) await publish(services, control, summary);
  return {
    phases: summary.phases.map(({ phase, regions }, index) => ({
      phase,
      regions,
      canary: bakesAsCanary(summary.phases, index),
    })),
    endsUtc: summary.endsUtc,
    pace: contracts.Pace.parse(services.policy),
  };
});

/** A plan that cannot be made is tried again, as any activity; until then the rollout's row says why, for nothing is as silent as a month that never begins. */
async function sayingWhy(
  services: Services,
  control: RolloutControl,
  make: (services: Services, control: RolloutControl) => Promise<StepEnd>,
): Promise<StepEnd> {
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

/** Makes the plan known: its phases, the audit, and last the rollout's row, so that a crash after the plan was kept repeats this. */
async function publish(services: Services, control: RolloutControl, summary: PlanSummary): Promise<void> {
  const { rolloutId, seed } = control;
  const { vmCount: eligible, ineligibleCount, lateCount, phases } = summary;
  for (const { phase, ring, regions, vmCount } of phases)
    if ((await services.rollouts.readPhase(rolloutId, phase)) === null)
      await services.rollouts.savePhase(rolloutId, {
        phase,
        regions,
        vmCount,
        startedUtc: null,
        gate: null,
        ...(ring !== undefined && { ring }),
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
