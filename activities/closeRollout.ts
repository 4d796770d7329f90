import type { RolloutControl } from '../domain/control';
import { outcomeOf } from '../domain/outcome';
import { countsOf } from '../domain/outcomeTotals';
import { because } from '../domain/reasons';
import * as contracts from './contracts';
import { rolloutOf } from './control';
import { allPages } from '../store/listPage';
import type { VmId } from '../domain/ids';
import { saveOutcomes } from './saveOutcomes';
import { wakeWaits } from './wake';
import { type Services, wakingActivity } from './services';
import { rolloutSpan } from './traces';

export const closeRollout = wakingActivity(contracts.closeRollout, async (services, { rolloutId }) => {
  const control = await rolloutOf(services, rolloutId);
  await endUnreached(services, control);
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

/** INV-8: a VM that was planned and not reached ends `skipped`, with the reason that ended the rollout. */
async function endUnreached(services: Services, control: RolloutControl): Promise<void> {
  const { rolloutId } = control;
  const why = because(control.mode === 'cancelled' ? 'rolloutCancelled' : control.endsBecause);
  const atUtc = services.nowUtc();
  const known = new Set<VmId>();
  for await (const { vmId } of allPages((after) => services.outcomes.page(rolloutId, after))) known.add(vmId);
  for (const { vmIds, phase, region } of await services.plans.allRounds(rolloutId)) {
    const unreached = vmIds.filter((vmId) => !known.has(vmId));
    await saveOutcomes(
      services,
      rolloutId,
      unreached.map((vmId) => ({ ...outcomeOf(vmId, atUtc, why), phase, region, installation: null })),
    );
  }
}
