import type { OrchestrationContext } from 'durable-functions';
import { assess } from './assessment';
import * as children from './contracts';
import type { Step } from './durable';

/** Assesses one VM at any time, because a person asked. Nothing is installed in consequence. */
export function* assessVm(context: OrchestrationContext): Step<{ assessed: boolean; message: string }> {
  const { vmId, pace } = children.assessVm.input.parse(context.df.getInput());
  const result = yield* assess(context, vmId, pace);
  return { assessed: result.kind === 'assessed', message: result.kind === 'failed' ? result.message : '' };
}
