import { addSeconds } from '../domain/instants';
import { isAssessed } from '../domain/eligibility';
import type { VmId } from '../domain/ids';
import type { StartAnswer } from '../drivers/driver';
import * as contracts from './contracts';
import { activity, type AnswerTo, type Services } from './services';
import { sideBySide } from './sideBySide';

export const startAssessments = activity(
  contracts.startAssessments,
  async (services, { vmIds, due }): Promise<AnswerTo<typeof contracts.startAssessments>> => {
    const answers = await sideBySide(vmIds, async (vmId) => ({
      vmId,
      answer: due === null ? await services.driver.startAssessment(vmId) : await startDue(services, vmId),
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
    const left = new Set(refused.filter(({ code }) => LASTING.has(code)).map(({ vmId }) => vmId));
    const dueUtc = addSeconds(services.nowUtc(), ASKED_AGAIN_SECONDS);
    const moves = (due ?? [])
      .filter(({ vmId }) => left.has(vmId))
      .map((from) => ({ from, to: { ...from, dueUtc } }));
    if (moves.length > 0) await services.assessments.move(moves);
    return { started, refused, retryAfterSeconds };
  },
);

type Answer = StartAnswer | { kind: 'refused'; code: string; message: string; retryAfterSeconds: null };

/**
 * A VM that is gone, or that is left alone, is asked for again in a day. Only a listing takes it off the schedule: one answer may be of the
 * moment, and a VM that is off the schedule and listed as before would never be assessed again (INV-16).
 */
const ASKED_AGAIN_SECONDS = 86_400;
const LEFT_ALONE = 'leftAlone';
const LASTING: ReadonlySet<string> = new Set(['notFound', LEFT_ALONE]);

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
