import { timeZoneOf } from '../domain/timeZone';
import type { VmId } from '../domain/ids';
import { addSeconds } from '../domain/instants';
import type { AvailablePatchSummary } from '../domain/patches';
import * as contracts from './contracts';
import { activity, type Services } from './services';

export const collectAssessments = activity(
  contracts.collectAssessments,
  async (services, { operations, due }) => {
    const running: { vmId: VmId; operationId: string }[] = [];
    const assessed: { vmId: VmId; summary: AvailablePatchSummary }[] = [];
    const failed: { vmId: VmId; message: string }[] = [];
    for (const operation of operations) {
      const { vmId, operationId } = operation;
      const answer = await services.driver.readOperation(operationId);
      if (answer.kind === 'running') running.push(operation);
      else if (answer.kind === 'assessed' && answer.summary.status === 'Failed')
        // the request was served, the assessment was not: its counts prove nothing
        failed.push({ vmId, message: answer.summary.error?.message ?? 'The assessment failed.' });
      else if (answer.kind === 'assessed') assessed.push({ vmId, summary: answer.summary });
      else if (answer.kind === 'failed') failed.push({ vmId, message: answer.error.message });
      else failed.push({ vmId, message: `The assessment ended as '${answer.kind}'.` });
    }
    if (due) await dueAgain(services, due, new Set(assessed.map(({ vmId }) => vmId)));
    return { running, assessed, failed };
  },
);

/** a VM that was assessed is due again in a few days. One that could not be stays due, and is tried within the hour. */
async function dueAgain(
  services: Services,
  range: contracts.KeyRange,
  assessed: ReadonlySet<VmId>,
): Promise<void> {
  if (assessed.size === 0) return;
  const rows = (await services.assessments.range(range)).filter(({ vmId }) => assessed.has(vmId));
  if (rows.length === 0) return;
  await noteExtensions(services, [...assessed]);
  await services.assessments.reschedule(
    rows,
    addSeconds(services.nowUtc(), services.policy.assessmentEverySeconds),
  );
}

/** the extension is not updated by hand, so Lowtide has to notice that it is behind. */
async function noteExtensions(services: Services, vmIds: readonly VmId[]): Promise<void> {
  const outdated = [];
  for (const vmId of vmIds) {
    const reading = await services.driver.readVirtualMachine(vmId);
    if (reading?.extension && reading.extension.version !== reading.extension.latestVersion)
      outdated.push({ vmId, timeZone: timeZoneOf(reading.vm, services.policy).zone });
  }
  if (outdated.length > 0) await services.assessments.markExtension(outdated, 'outdated');
}
