import type { RolloutId } from '../../domain/ids';
import { earlier } from '../../domain/instants';
import type { OutcomeRecord } from '../../store/outcomes';
import type { Services } from '../services';

/** Records outcomes, and puts the VMs that wait for a second chance on the agenda of the sweep that looks for them. */
export async function saveOutcomes(
  services: Services,
  rolloutId: RolloutId,
  records: readonly OutcomeRecord[],
  areJoining = false,
): Promise<void> {
  if (records.length === 0) return;
  const waiting = (await services.outcomes.save(rolloutId, records, areJoining)).filter(({ waits }) => waits);
  if (waiting.length > 0) await addSecondChances(services, rolloutId, waiting);
}

export async function addSecondChances(
  services: Services,
  rolloutId: RolloutId,
  waiting: readonly OutcomeRecord[],
): Promise<void> {
  await services.secondChances.add(
    waiting.map(({ vmId, region, atUtc, reason, phase }) => ({
      chance: { rolloutId, vmId, region, atUtc, reason, phase, misses: 0 },
      dueUtc: atUtc,
    })),
  );
  const dueUtc = waiting.map(({ atUtc }) => atUtc).reduce(earlier);
  await services.agenda.soonest('secondChances', dueUtc, services.nowUtc());
}
