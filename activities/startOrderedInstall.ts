import type { z } from 'zod';
import { assertNever } from '../domain/assertNever';
import { addSeconds } from '../domain/instants';
import { passesByItself, pauseAfter } from '../domain/refusals';
import * as contracts from './contracts';
import { expectClaim } from './round/expectClaim';
import { installOnce, type InstallJob, type InstallStop, type LastingRefusal } from './round/installOnce';
import { activity, type AnswerTo, type Services } from './services';

type Input = z.infer<typeof contracts.startOrderedInstall.input>;

/** Starts what a person asked for. Windows do not bind it; the claim, and one installation at a time on a VM, do (INV-1 to INV-3, INV-7). */
export const startOrderedInstall = activity(
  contracts.startOrderedInstall,
  async (services, input): Promise<AnswerTo<typeof contracts.startOrderedInstall>> => {
    await expectClaim(services, input, longestUtc(input));
    const answer = await installOnce(services, jobOf(services, input));
    if (answer.kind !== 'end') return answer;
    if (answer.stop.kind === 'refused' && answer.stop.code === 'extensionMissing')
      return bringExtension(services, input.vmId);
    const isSilent = answer.stop.kind === 'refused' && answer.stop.code === 'agentNotReady';
    const nowUtc = services.nowUtc();
    if (isSilent && nowUtc < addSeconds(input.sinceUtc, AGENT_MAY_BE_SILENT_SECONDS))
      return { kind: 'wait', untilUtc: addSeconds(nowUtc, AGENT_POLL_SECONDS) };
    return { kind: 'refused', error: errorOf(answer.stop) };
  },
);

/** In whatever patch mode a VM is: the extension comes with the first operation on it (recordings 05 and 06). */
async function bringExtension(
  { driver, nowUtc }: Services,
  vmId: Input['vmId'],
): Promise<AnswerTo<typeof contracts.startOrderedInstall>> {
  const brought = await driver.startExtensionInstallation(vmId);
  if (brought.kind === 'started' || passesByItself(brought.code))
    return { kind: 'wait', untilUtc: addSeconds(nowUtc(), pauseAfter(brought)) };
  return { kind: 'refused', error: { code: 'OperationNotAllowed', message: brought.message } };
}

/** So long Azure waits for an agent that is silent, before the operation fails. Shorter than the claim is held for the start. */
const AGENT_MAY_BE_SILENT_SECONDS = 25 * 60;
const AGENT_POLL_SECONDS = 60;

/** What may pass while the claim is held: the extension comes, the agent answers again. */
const WAITED_FOR: ReadonlySet<LastingRefusal> = new Set<LastingRefusal>([
  'extensionMissing',
  'agentNotReady',
]);

/** When its claim is over at the latest, reboot and soak apart, for which there is a grace. */
const longestUtc = ({ claim, order }: Input): string =>
  addSeconds(claim.startByUtc, order.maximumDurationMinutes * 60);

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
    minutesNow: () => Promise.resolve(services.nowUtc() > claim.startByUtc ? 0 : maximumDurationMinutes),
    request: () => Promise.resolve(request),
    forbidden: () => Promise.resolve([]),
    isFinal: (stop) => stop.kind !== 'refused' || !WAITED_FOR.has(stop.code),
    audit: {
      partition: 'onDemand',
      who: by,
      why: `A person asked for it, under claim ${claim.claimId}.`,
    },
  };
}

/** Why nothing was started, in the words of the ARM API. */
function errorOf(stop: InstallStop): { code: string; message: string } {
  const notAllowed = (message: string): { code: string; message: string } => ({
    code: 'OperationNotAllowed',
    message,
  });
  switch (stop.kind) {
    case 'vmDeleted':
      return { code: 'ResourceNotFound', message: 'The VM no longer exists.' };
    case 'installInFlight':
      return notAllowed('Another installation is running on the VM.');
    case 'tooLate':
      return notAllowed('The platform did not let it start while the VM was reserved for it.');
    case 'forbidden':
      return notAllowed(stop.holds.map(({ detail }) => detail).join(' '));
    case 'refused':
      if (stop.code === 'notFound') return { code: 'ResourceNotFound', message: stop.message };
      if (stop.code === 'agentNotReady')
        return { code: 'VMAgentStatusCommunicationError', message: stop.message };
      return notAllowed(stop.message);
    default:
      return assertNever(stop);
  }
}
