import { assessmentOf } from './fleet/assessmentAnswer';
import * as contracts from './contracts';
import { keepAssessed } from './fleet/keepPatches';
import { activity, type AnswerTo } from './services';

export const collectAssessment = activity(
  contracts.collectAssessment,
  async (services, { vmId, operationId }): Promise<AnswerTo<typeof contracts.collectAssessment>> => {
    const answer = await services.driver.readOperation(operationId);
    if (answer.kind === 'assessed') await keepAssessed(services, [{ vmId, answer }]);
    return assessmentOf(answer);
  },
);
