import type { RolloutControl } from '../domain/control';
import { countOutcomes } from '../domain/gates';
import type { VmId } from '../domain/ids';
import { outcomeOf } from '../domain/outcome';
import { because } from '../domain/reasons';
import type { OutcomeRecord } from '../store/outcomes';
import * as contracts from './contracts';
import { rolloutOf } from './control';
import { wakeWaits } from './wake';
import { type Services, wakingActivity } from './services';

export const closeRollout = wakingActivity(contracts.closeRollout, async (services, { rolloutId }) => {
  const control = await rolloutOf(services, rolloutId);
  await endUnreached(services, control);
  const counts = countOutcomes(await services.outcomes.list(rolloutId));
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
  return { counts };
});

/** INV-8: a VM that was planned and not reached ends `skipped`, with the reason that ended the rollout. */
async function endUnreached(services: Services, control: RolloutControl): Promise<void> {
  const { rolloutId } = control;
  const known = new Set<VmId>((await services.outcomes.list(rolloutId)).map(({ vmId }) => vmId));
  const why = because(control.mode === 'cancelled' ? 'rolloutCancelled' : control.endsBecause);
  const atUtc = services.nowUtc();
  const unreached: OutcomeRecord[] = (await services.plans.allRounds(rolloutId)).flatMap(
    ({ vmIds, phase, region }) =>
      vmIds
        .filter((vmId) => !known.has(vmId))
        .map((vmId): OutcomeRecord => ({
          ...outcomeOf(vmId, atUtc, why),
          phase,
          region,
          installation: null,
        })),
  );
  await services.outcomes.save(rolloutId, unreached);
}
