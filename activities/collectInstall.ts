import { addSeconds } from '../domain/instants';
import * as contracts from './contracts';
import { settle } from './installOperation';
import { activity, type AnswerTo, type Services } from './services';

/** The instance view lags behind: what it does not show yet may run for as long as any installation may. */
const mayRun = ({ policy, nowUtc }: Services, sinceUtc: string): boolean =>
  nowUtc() < addSeconds(sinceUtc, policy.installMaximumSeconds);

export const collectInstall = activity(
  contracts.collectInstall,
  async (
    services,
    { region, vmId, claimId, sinceUtc },
  ): Promise<AnswerTo<typeof contracts.collectInstall>> => {
    const found = await services.operations.read(region, vmId);
    if (found?.operation.claimId === claimId) return settle(services, found.operation);
    // The table lost the row, or another claim came after ours ended: the VM itself still knows.
    const reading = await services.driver.readVirtualMachine(vmId);
    const last = reading?.lastInstallation ?? null;
    if (last === null || last.startTime < sinceUtc)
      return { kind: found === null && reading !== null && mayRun(services, sinceUtc) ? 'running' : 'lost' };
    return last.status === 'InProgress' ? { kind: 'running' } : { kind: 'ended', summary: last };
  },
);
