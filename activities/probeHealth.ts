import type { VmId } from '../domain/ids';
import * as contracts from './contracts';
import { probeVm } from './fleet/probeVm';
import { activity, type AnswerTo, type Services } from './services';

export const probeHealth = activity(
  contracts.probeHealth,
  async (services, { vmId }): Promise<AnswerTo<typeof contracts.probeHealth>> => {
    const probe = await probeVm(services, vmId);
    const atUtc = services.nowUtc();
    if (probe === null) return gone(services, vmId, atUtc);
    return { answer: probe.answer, because: probe.because, atUtc };
  },
);

type Answer = AnswerTo<typeof contracts.probeHealth>;

/** Not there under this id: it was deleted, or moved, and which of them the next listing may have to tell. */
async function gone(services: Services, vmId: VmId, atUtc: string): Promise<Answer> {
  const stopped = {
    answer: 'stopped',
    because: 'the VM no longer exists',
    atUtc,
    gone: true,
  } as const;
  const { inventory } = services;
  const now = await inventory.movedTo(vmId);
  if (now === null) return { ...stopped, listed: (await inventory.read(vmId)) !== null };
  const [vm, probe] = [await inventory.read(now), await probeVm(services, now)];
  if (vm === null || probe === null) return { ...stopped, listed: vm !== null };
  const { id, availabilitySetId, region } = vm;
  const { answer, because } = probe;
  return { answer, because, atUtc, movedTo: { vmId: id, availabilitySetId, region } };
}
