import type { AssessmentResult, InstallationResult, Operation, Step } from './machine';

/** What the operation logs itself. */
export function stepsOf(operation: Operation): readonly Step[] {
  if (operation.kind !== 'assessment') return operation.steps;
  const started: Step = { atMs: operation.startMs, action: 'assessmentStarted' };
  return operation.endLoggedElsewhere
    ? [started]
    : [started, assessmentCompleted(operation.endMs, operation.result)];
}

export function assessmentCompleted(atMs: number, result: AssessmentResult): Step {
  return { atMs, action: 'assessmentCompleted', detail: { ...result } };
}

/** The event that ends every installation, with the counts named as in Azure's patch summaries. */
export function installCompleted(atMs: number, result: InstallationResult): Step {
  return { atMs, action: 'installCompleted', detail: { ...result } };
}
