import type { AssessmentResult, InstallationResult, Operation, Step } from './machine';

/** What the operation logs itself, counted from 0; undefined after the last. */
export function stepAt(operation: Operation, at: number): Step | undefined {
  if (operation.kind !== 'assessment') return operation.steps[at];
  if (at === 0) return { atMs: operation.startMs, action: 'assessmentStarted' };
  const isLast = at === 1 && !operation.endLoggedElsewhere;
  return isLast ? assessmentCompleted(operation.endMs, operation.result) : undefined;
}

export function assessmentCompleted(atMs: number, result: AssessmentResult): Step {
  return { atMs, action: 'assessmentCompleted', detail: { ...result } };
}

/** The event that ends every installation, with the counts named as in Azure's patch summaries. */
export function installCompleted(atMs: number, result: InstallationResult): Step {
  return { atMs, action: 'installCompleted', detail: { ...result } };
}
