import * as contracts from './contracts';
import { activity } from './services';

export const startAssessments = activity(contracts.startAssessments, async (services, { vmIds, due }) => {
  const started: { vmId: (typeof vmIds)[number]; operationId: string }[] = [];
  const refused: { vmId: (typeof vmIds)[number]; code: string; message: string }[] = [];
  let retryAfterSeconds: number | null = null;
  for (const vmId of vmIds) {
    const answer = await services.driver.startAssessment(vmId);
    if (answer.kind === 'started') started.push({ vmId, operationId: answer.operationId });
    else refused.push({ vmId, code: answer.code, message: answer.message });
    if (answer.retryAfterSeconds !== null)
      retryAfterSeconds = Math.max(retryAfterSeconds ?? 0, answer.retryAfterSeconds);
  }
  const gone = new Set(refused.filter(({ code }) => code === 'notFound').map(({ vmId }) => vmId));
  if (due && gone.size > 0) {
    const rows = (await services.assessments.range(due)).filter(({ vmId }) => gone.has(vmId));
    await services.assessments.forget(rows.map(({ key }) => key));
  }
  return { started, refused, retryAfterSeconds };
});
