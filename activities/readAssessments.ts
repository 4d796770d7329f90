import { timeZoneOf } from '../domain/timeZone';
import type { VmId } from '../domain/ids';
import type { AvailablePatchSummary } from '../domain/patches';
import * as contracts from './contracts';
import { activity, type World } from './world';

export const readAssessments = activity(contracts.readAssessments, async (world, { operations, due }) => {
  const running: { vmId: VmId; operationId: string }[] = [];
  const assessed: { vmId: VmId; summary: AvailablePatchSummary }[] = [];
  const failed: { vmId: VmId; message: string }[] = [];
  for (const operation of operations) {
    const { vmId, operationId } = operation;
    const answer = await world.driver.readOperation(operationId);
    if (answer.kind === 'running') running.push(operation);
    else if (answer.kind === 'assessed' && answer.summary.status === 'Failed')
      // the request was served, the assessment was not: its counts prove nothing
      failed.push({ vmId, message: answer.summary.error?.message ?? 'The assessment failed.' });
    else if (answer.kind === 'assessed') assessed.push({ vmId, summary: answer.summary });
    else if (answer.kind === 'failed') failed.push({ vmId, message: answer.error.message });
    else failed.push({ vmId, message: `The assessment ended as '${answer.kind}'.` });
  }
  if (due) await dueAgain(world, due, new Set(assessed.map(({ vmId }) => vmId)));
  return { running, assessed, failed };
});

/** a VM that was assessed is due again in a few days. One that could not be stays due, and is tried within the hour. */
async function dueAgain(world: World, range: contracts.KeyRange, assessed: ReadonlySet<VmId>): Promise<void> {
  const rows = (await world.assessments.range(range)).filter(({ vmId }) => assessed.has(vmId));
  if (rows.length === 0) return;
  const dueMs = Date.parse(world.nowUtc()) + world.policy.assessmentEverySeconds * 1000;
  await noteExtensions(world, [...assessed]);
  await world.assessments.reschedule(rows, new Date(dueMs).toISOString());
}

/** nobody updates the extension by hand, so somebody has to notice that it is behind. */
async function noteExtensions(world: World, vmIds: readonly VmId[]): Promise<void> {
  const outdated = [];
  for (const vmId of vmIds) {
    const reading = await world.driver.readVirtualMachine(vmId);
    if (reading?.extension && reading.extension.version !== reading.extension.latestVersion)
      outdated.push({ vmId, timeZone: timeZoneOf(reading.vm, world.policy).zone });
  }
  if (outdated.length > 0) await world.assessments.markExtension(outdated, 'outdated');
}
