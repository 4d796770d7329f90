import { addSeconds } from '../domain/instants';
import * as contracts from './contracts';
import type { z } from 'zod';
import type { InstallProgress } from '../domain/vmUpdate';
import { settle } from './round/installOperation';
import { activity, type AnswerTo, type Services } from './services';

/** The instance view lags behind: what it does not show yet may run for as long as any installation may. */
const mayRun = ({ policy, nowUtc }: Services, sinceUtc: string): boolean =>
  nowUtc() < addSeconds(sinceUtc, policy.installMaximumSeconds);

export const collectInstall = activity(
  contracts.collectInstall,
  (services, input): Promise<AnswerTo<typeof contracts.collectInstall>> => followInstall(services, input),
);

/** How the installation stands that was started under a claim; writes its end down. */
export async function followInstall(
  services: Services,
  { region, vmId, claimId, sinceUtc }: z.output<typeof contracts.collectInstall.input>,
): Promise<InstallProgress> {
  const found = await services.operations.read(region, vmId);
  if (found?.operation.claimId === claimId) return settle(services, found.operation, found.etag);
  // The table lost the row, or another claim came after ours ended: the VM itself still knows.
  const reading = await services.driver.readVirtualMachine(vmId);
  const last = reading?.lastInstallation ?? null;
  if (last === null || last.startTime < sinceUtc)
    return { kind: found === null && reading !== null && mayRun(services, sinceUtc) ? 'running' : 'lost' };
  return last.status === 'InProgress' ? { kind: 'running' } : { kind: 'ended', summary: last };
}
