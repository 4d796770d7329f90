import type { AssessmentAnswer } from '../../domain/vmUpdate';
import type { OperationAnswer } from '../../drivers/driver';

/** What the platform's answer says of an assessment. */
export function assessmentOf(answer: OperationAnswer): AssessmentAnswer {
  switch (answer.kind) {
    case 'running':
      return { kind: 'running', retryAfterSeconds: answer.retryAfterSeconds };
    case 'assessed':
      // the request was served, the assessment was not: its counts prove nothing
      if (answer.summary.status === 'Failed')
        return { kind: 'failed', message: answer.summary.error?.message ?? 'The assessment failed.' };
      return { kind: 'assessed', summary: answer.summary };
    case 'failed':
      return { kind: 'failed', message: answer.error.message };
    case 'installed':
    case 'extensionInstalled':
    case 'lost':
      return { kind: 'failed', message: `The assessment ended as '${answer.kind}'.` };
  }
}
