import { timeZoneOf } from '../domain/timeZone';
import type { VmId } from '../domain/ids';
import { nextAssessmentUtc } from '../domain/assessmentTimes';
import { addSeconds, earlier } from '../domain/instants';
import type { AvailablePatchSummary } from '../domain/patches';
import type { OperationAnswer } from '../drivers/driver';
import * as contracts from './contracts';
import { keepAssessed } from './keepPatches';
import { activity, type Services } from './services';
import { sideBySide } from './sideBySide';
import { turnFor } from './slices';

export const collectAssessments = activity(
  contracts.collectAssessments,
  async (services, { operations, due }) => {
    await turnFor(operations.length);
    const running: { vmId: VmId; operationId: string }[] = [];
    const assessed: { vmId: VmId; summary: AvailablePatchSummary }[] = [];
    const failed: { vmId: VmId; message: string }[] = [];
    const found: { vmId: VmId; answer: Extract<OperationAnswer, { kind: 'assessed' }> }[] = [];
    const answers = await sideBySide(operations, async (operation) => ({
      operation,
      answer: await services.driver.readOperation(operation.operationId),
    }));
    for (const { operation, answer } of answers) {
      const { vmId } = operation;
      if (answer.kind === 'running') running.push(operation);
      else if (answer.kind === 'assessed' && answer.summary.status === 'Failed')
        // the request was served, the assessment was not: its counts prove nothing
        failed.push({ vmId, message: answer.summary.error?.message ?? 'The assessment failed.' });
      else if (answer.kind === 'assessed') {
        found.push({ vmId, answer });
        assessed.push({ vmId, summary: answer.summary });
      } else if (answer.kind === 'failed') failed.push({ vmId, message: answer.error.message });
      else failed.push({ vmId, message: `The assessment ended as '${answer.kind}'.` });
    }
    await keepAssessed(services, found);
    if (due)
      await dueAgain(services, due, new Map(assessed.map(({ vmId, summary }) => [vmId, summary.startTime])));
    return { running, assessed, failed };
  },
);

/**
 * a VM that was assessed is due again in a few days. One that could not be was put off to its next window when it was taken. The days count from
 * the assessment, so that a repeat moves a VM to the same row and not to a second one.
 */
async function dueAgain(
  services: Services,
  due: readonly contracts.DueVm[],
  assessedUtc: ReadonlyMap<VmId, string>,
): Promise<void> {
  const { policy } = services;
  const nowUtc = services.nowUtc();
  const moves = due.flatMap((from) => {
    const startedUtc = assessedUtc.get(from.vmId);
    if (startedUtc === undefined) return [];
    const sinceUtc = earlier(addSeconds(startedUtc, 0), nowUtc);
    return [{ from, to: { ...from, dueUtc: nextAssessmentUtc(from.timeZone, policy, sinceUtc) } }];
  });
  if (moves.length === 0) return;
  await noteExtensions(services, [...assessedUtc.keys()]);
  await services.assessments.move(moves);
  // Later than they were put off to, the agenda needs no word of it.
  const sooner = moves.filter(({ from, to }) => to.dueUtc < from.dueUtc).map(({ to }) => to.dueUtc);
  if (sooner.length > 0) await services.agenda.soonest('assessments', sooner.reduce(earlier), nowUtc);
}

/** the extension is not updated by hand, so Lowtide has to notice that it is behind. */
async function noteExtensions(services: Services, vmIds: readonly VmId[]): Promise<void> {
  const outdated = [];
  for (const [n, reading] of (
    await sideBySide(vmIds, (id) => services.driver.readVirtualMachine(id))
  ).entries()) {
    const vmId = vmIds[n];
    if (
      vmId !== undefined &&
      reading?.extension &&
      reading.extension.version !== reading.extension.latestVersion
    )
      outdated.push({ vmId, timeZone: timeZoneOf(reading.vm, services.policy).zone });
  }
  if (outdated.length === 0) return;
  await services.assessments.markExtension(outdated, 'outdated');
  await services.agenda.soonest('extensions', services.nowUtc(), services.nowUtc());
}
