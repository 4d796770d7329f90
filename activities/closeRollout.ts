import type { RolloutControl } from '../domain/control';
import { outcomeOf } from '../domain/outcome';
import type { RolloutId, VmId } from '../domain/ids';
import { countsOf } from '../domain/outcomeTotals';
import { because } from '../domain/reasons';
import { allPages } from '../store/listPage';
import * as contracts from './contracts';
import { rolloutOf } from './control';
import { noOutcomes } from '../domain/gates';
import { saveOutcomes } from './saveOutcomes';
import { wakeWaits } from './wake';
import { type Services, wakingActivity } from './services';
import { rolloutSpan } from './traces';

export const closeRollout = wakingActivity(contracts.closeRollout, async (services, { rolloutId, from }) => {
  const control = await rolloutOf(services, rolloutId);
  const next = await endUnreached(services, control, from);
  if (next !== null) return { counts: noOutcomes, next };
  const counts = countsOf(await services.outcomes.totals(rolloutId));
  const endedUtc = services.nowUtc();
  await services.rollouts.update(rolloutId, (row) =>
    row.endedUtc === null
      ? { ...row, endedUtc, mode: row.mode === 'cancelled' ? 'cancelled' : 'ended' }
      : null,
  );
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
  const reached = await reachedBy(services, rolloutId);
  for (const { round } of rows.slice(0, ROUNDS_A_CALL_MAX)) {
    const { vmIds, phase, region } = round;
    const unreached = vmIds.filter((vmId) => !reached.has(vmId));
    await saveOutcomes(
      services,
      rolloutId,
      unreached.map((vmId) => ({ ...outcomeOf(vmId, atUtc, why), phase, region, installation: null })),
    );
  }
  return rows[ROUNDS_A_CALL_MAX]?.row ?? null;
}

/** The VMs that have an outcome, by pages: a read for each would be thousands of requests, nearly all of them to learn that it has one. */
async function reachedBy({ outcomes }: Services, rolloutId: RolloutId): Promise<ReadonlySet<VmId>> {
  const reached = new Set<VmId>();
  for await (const { vmId } of allPages((after) => outcomes.page(rolloutId, after))) reached.add(vmId);
  return reached;
}
