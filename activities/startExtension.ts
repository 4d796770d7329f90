import { addSeconds } from '../domain/instants';
import { passesByItself, pauseAfter } from '../domain/refusals';
import * as contracts from './contracts';
import { activity, type AnswerTo } from './services';

export const startExtension = activity(
  contracts.startExtension,
  async (services, { vmId, closesUtc }): Promise<AnswerTo<typeof contracts.startExtension>> => {
    const answer = await services.driver.startExtensionInstallation(vmId, closesUtc);
    if (answer.kind === 'started') return { kind: 'started', operationId: answer.operationId };
    const { code, message } = answer;
    if (!passesByItself(code)) return { kind: 'refused', message };
    const retryUtc = addSeconds(services.nowUtc(), pauseAfter(answer));
    return { kind: 'refused', message, retryUtc };
  },
);
