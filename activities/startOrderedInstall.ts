import type { z } from 'zod';
import * as contracts from './contracts';
import { installOnce, type InstallJob } from './installOnce';
import type { Ending } from './lookAtVm';
import { activity, type AnswerTo, type Services } from './services';

type Input = z.infer<typeof contracts.startOrderedInstall.input>;

/** Starts what a person asked for. Windows do not bind it; the claim, and one installation at a time on a VM, do (INV-1 to INV-3, INV-7). */
export const startOrderedInstall = activity(
  contracts.startOrderedInstall,
  async (services, input): Promise<AnswerTo<typeof contracts.startOrderedInstall>> => {
    const answer = await installOnce(services, jobOf(services, input));
    return answer.kind === 'end' ? { kind: 'refused', error: errorOf(answer.ending) } : answer;
  },
);

function jobOf(services: Services, { vmId, region, claim, sinceUtc, order, by }: Input): InstallJob {
  const { maximumDurationMinutes, ...request } = order;
  return {
    vmId,
    region,
    sinceUtc,
    claimId: claim.claimId,
    rolloutId: null,
    maximumSeconds: maximumDurationMinutes * 60,
    minutesMin: 1,
    minutesNow: () => (services.nowUtc() > claim.startByUtc ? 0 : maximumDurationMinutes),
    tooLate: ['deferred', 'throttled', 'The platform did not let it start while the VM was reserved for it.'],
    request: () => Promise.resolve(request),
    forbidden: () => Promise.resolve(null),
    audit: {
      partition: 'onDemand',
      who: by,
      why: `A person asked for it, under claim ${claim.claimId}.`,
    },
  };
}

function errorOf([, reason, message]: Ending): { code: string; message: string } {
  return { code: reason === 'vmDeleted' ? 'ResourceNotFound' : 'OperationNotAllowed', message };
}
