import * as contracts from './contracts';
import { ASSESSED_TOGETHER_MAX, openNow } from './dueAssessments';
import { activity } from './services';

export const readDueAssessments = activity(
  contracts.readDueAssessments,
  async (services, { nowUtc, from, before }) => {
    const rows = openNow(await services.assessments.range({ from, before }), nowUtc, services.policy);
    return { vmIds: rows.slice(0, ASSESSED_TOGETHER_MAX).map(({ vmId }) => vmId) };
  },
);
