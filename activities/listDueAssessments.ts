import * as contracts from './contracts';
import { ASSESSED_TOGETHER_MAX, openNow } from './dueAssessments';
import { activity } from './services';

export const listDueAssessments = activity(contracts.listDueAssessments, async (services, { nowUtc }) => {
  const rows = openNow(await services.assessments.dueBefore(nowUtc), nowUtc, services.policy);
  const chunks: contracts.KeyRange[] = [];
  for (let start = 0; start < rows.length; start += ASSESSED_TOGETHER_MAX) {
    const from = rows[start]?.key ?? '';
    chunks.push({ from, before: rows[start + ASSESSED_TOGETHER_MAX]?.key ?? nowUtc });
  }
  return { chunks };
});
