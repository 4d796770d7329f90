import * as contracts from './contracts';
import { settle } from './installOperation';
import { activity, type AnswerTo } from './world';

export const readInstall = activity(
  contracts.readInstall,
  async (world, { region, vmId, claimId, sinceUtc }): Promise<AnswerTo<typeof contracts.readInstall>> => {
    const found = await world.operations.read(region, vmId);
    if (found?.operation.claimId === claimId) return settle(world, found.operation);
    // The table lost the row, or another claim came after ours ended: the VM itself still knows.
    const last = (await world.driver.readVirtualMachine(vmId))?.lastInstallation ?? null;
    if (last === null || last.startTime < sinceUtc) return { kind: 'lost' };
    return last.status === 'InProgress' ? { kind: 'running' } : { kind: 'ended', summary: last };
  },
);
