import { isAssessed } from '../domain/eligibility';
import type { VmId } from '../domain/ids';
import type { StartAnswer } from '../drivers/driver';
import * as contracts from './contracts';
import { activity, type AnswerTo, type Services } from './services';
import { sideBySide } from './sideBySide';
import { turnFor } from './slices';

export const startAssessments = activity(
  contracts.startAssessments,
  async (services, { vmIds, due, activityId }): Promise<AnswerTo<typeof contracts.startAssessments>> => {
    await turnFor(vmIds.length);
    const answers = await sideBySide(vmIds, async (vmId) => ({
      vmId,
      answer:
        due === null
          ? await services.driver.startAssessment(vmId, activityId)
          : await startDue(services, vmId),
    }));
    const started: { vmId: VmId; operationId: string }[] = [];
    const refused: { vmId: VmId; code: string; message: string }[] = [];
    let retryAfterSeconds: number | null = null;
    for (const { vmId, answer } of answers) {
      if (answer.kind === 'started') started.push({ vmId, operationId: answer.operationId });
      else refused.push({ vmId, code: answer.code, message: answer.message });
      if (answer.retryAfterSeconds !== null)
        retryAfterSeconds = Math.max(retryAfterSeconds ?? 0, answer.retryAfterSeconds);
    }
    return { started, refused, retryAfterSeconds };
  },
);

type Answer = StartAnswer | { kind: 'refused'; code: string; message: string; retryAfterSeconds: null };

/**
 * Such a VM is asked for again in its next window, to which it was put off when it was taken. Only a listing takes it off the schedule: one answer may be
 * of the moment, and a VM that is off the schedule and listed as before would never be assessed again (INV-16).
 */
const LEFT_ALONE = 'leftAlone';

/** INV-17: whether a VM takes part may have changed since it was listed, so it is looked at before it is touched. */
async function startDue({ driver, policy }: Services, vmId: VmId): Promise<Answer> {
  const reading = await driver.readVirtualMachine(vmId);
  if (reading !== null && !isAssessed(reading.vm, policy))
    return {
      kind: 'refused',
      code: LEFT_ALONE,
      message: 'It takes no part, and asks for no assessment.',
      retryAfterSeconds: null,
    };
  return driver.startAssessment(vmId);
}
