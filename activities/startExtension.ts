import { addSeconds } from '../domain/instants';
import * as contracts from './contracts';
import { activity, type AnswerTo } from './services';

export const startExtension = activity(
  contracts.startExtension,
  async (services, { vmId, closesUtc }): Promise<AnswerTo<typeof contracts.startExtension>> => {
    const answer = await services.driver.startExtensionInstallation(vmId, closesUtc);
    if (answer.kind === 'started') return { kind: 'started', operationId: answer.operationId };
    const { code, message } = answer;
    if (code !== 'throttled' && code !== 'conflict') return { kind: 'refused', message };
    const seconds = Math.max(5, answer.retryAfterSeconds ?? 60);
    const retryUtc = addSeconds(services.nowUtc(), seconds);
    return { kind: 'refused', message, retryUtc };
  },
);
