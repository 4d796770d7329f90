import type { RolloutControl } from '../domain/control';
import { outcomeOf } from '../domain/outcome';
import { countsOf } from '../domain/outcomeTotals';
import { because } from '../domain/reasons';
import * as contracts from './contracts';
import { auditCancel, auditPartsGivenUp } from './rollout/cancelled';
import { rolloutOf } from './rollout/control';
import { noOutcomes } from '../domain/outcomeCounts';
import { saveOutcomes } from './rollout/saveOutcomes';
import { sideBySide } from './sideBySide';
import { wakeWaits } from './rollout/wake';
import { type Services, wakingActivity } from './services';
import { rolloutSpan } from './traces';

export const closeRollout = wakingActivity(contracts.closeRollout, async (services, { rolloutId, from }) => {
  const control = await rolloutOf(services, rolloutId);
  const next = await endUnreached(services, control, from);
  if (next !== null) return { counts: noOutcomes, next };
  const counts = countsOf(await services.outcomes.totals(rolloutId));
  const endedUtc = services.nowUtc();
  const closed = await services.rollouts.update(rolloutId, (row) =>
    row.endedUtc === null
      ? { ...row, endedUtc, mode: row.mode === 'cancelled' ? 'cancelled' : 'ended' }
      : null,
  );
  if (closed !== null) {
    await auditCancel(services, closed);
    await auditPartsGivenUp(services, closed);
  }
  await services.audit.append(rolloutId, 'rolloutEnded', {
    atUtc: endedUtc,
    who: 'lowtide',
    what: 'rolloutEnded',
    subject: rolloutId,
    vmId: null,
    why:
      control.plannedUtc === null
        ? 'Nothing was planned: no VM was listed while there was time.'
        : 'Every VM has its outcome.',
    evidence: { ...counts },
  });
  await wakeWaits(services, rolloutId, null);
  services.trace?.(rolloutSpan({ ...control, endedUtc: control.endedUtc ?? endedUtc }, counts));
  return { counts };
});

/** Rounds that one call looks through: some 8,000 VMs. */
const ROUNDS_A_CALL_MAX = 100;

/**
 * INV-8: a VM that was planned and not reached ends `skipped`, with the reason that ended the rollout. Returns the row of the plan at which the next
 * call goes on; null when all have been looked at.
 */
async function endUnreached(
  services: Services,
  control: RolloutControl,
  from: string | null,
): Promise<string | null> {
  const { rolloutId } = control;
  const why = because(control.mode === 'cancelled' ? 'rolloutCancelled' : control.endsBecause);
  const atUtc = services.nowUtc();
  const rows = await services.plans.roundsFrom(rolloutId, null, from, ROUNDS_A_CALL_MAX + 1);
  const part = rows.slice(0, ROUNDS_A_CALL_MAX).map(({ round }) => round);
  const ran = await sideBySide(part, (round) => services.rollouts.hasRound(rolloutId, round));
  for (const [n, { vmIds, phase, region }] of part.entries()) {
    // A round is written down once every VM of it has its outcome.
    if (ran[n] === true) continue;
    const known = await sideBySide(vmIds, (vmId) => services.outcomes.read(rolloutId, vmId));
    await saveOutcomes(
      services,
      rolloutId,
      vmIds
        .filter((_, place) => known[place] === null)
        .map((vmId) => ({ ...outcomeOf(vmId, atUtc, why), phase, region, installation: null })),
    );
  }
  return rows[ROUNDS_A_CALL_MAX]?.row ?? null;
}
