import * as contracts from './contracts';
import { ASSESSED_TOGETHER_MAX, openNow } from './dueAssessments';
import { activity } from './world';

export const readDueAssessments = activity(
  contracts.readDueAssessments,
  async (world, { nowUtc, from, before }) => {
    const rows = openNow(await world.assessments.range({ from, before }), nowUtc, world.policy);
    return { vmIds: rows.slice(0, ASSESSED_TOGETHER_MAX).map(({ vmId }) => vmId) };
  },
);
