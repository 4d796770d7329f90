import * as contracts from './contracts';
import { activity, type AnswerTo } from './world';

export const startExtension = activity(
  contracts.startExtension,
  async (world, { vmId }): Promise<AnswerTo<typeof contracts.startExtension>> => {
    const answer = await world.driver.startExtensionInstallation(vmId);
    if (answer.kind === 'refused') return { kind: 'refused', message: answer.message };
    return { kind: 'started', operationId: answer.operationId };
  },
);
