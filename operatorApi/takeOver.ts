import type { DurableClient } from 'durable-functions';
import type { WakingServices } from '../activities/services';
import { wakeWaits } from '../activities/rollout/wake';
import type { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { notFound } from './openRollout';
import { startOnce } from './startRollout';

/**
 * Hands a rollout to the host that is asked, because a person says that the one that ran it is stopped for good. The epoch is raised first: what
 * was granted in the other task hub starts nothing from then on. Asking twice takes over once.
 */
export async function takeOver(
  services: WakingServices,
  client: DurableClient,
  id: RolloutId,
  who: { readonly by: string; readonly reason: string },
): Promise<void> {
  const hub = client.taskHubName;
  const before = (await services.rollouts.read(id))?.hub ?? null;
  const control = await services.rollouts.update(id, (row) => {
    if (row.hub === hub || row.endedUtc !== null) return null;
    return { ...row, hub, epoch: row.epoch + 1, generation: row.generation + 1 };
  });
  if (control === null) throw notFound(id);
  if (control.endedUtc !== null)
    throw new LowtideError('ROLLOUT_ENDED', {
      what: `${id} is over.`,
      why: 'Every VM of it has its outcome.',
      fix: 'Nothing is left to take over.',
    });
  const { epoch } = control;
  // Also when it was taken over before and its host died on the way here: the audit has each epoch once.
  if (before !== hub || epoch > 1)
    await services.audit.append(id, `takenOver~${epoch}`, {
      atUtc: services.nowUtc(),
      who: who.by,
      what: 'takenOver',
      subject: id,
      vmId: null,
      why: who.reason,
      evidence: { from: before === hub ? null : before, hub, epoch },
    });
  await startOnce(services, client, control);
  await wakeWaits(services, id, null);
}
