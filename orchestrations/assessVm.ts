import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { assess } from './assessment';
import * as children from './contracts';
import type { Step } from './durable';

/** Assesses one VM at any time, because a person asked. Nothing is installed in consequence. */
export function* assessVm(context: OrchestrationContext): Step<z.output<typeof children.assessVm.output>> {
  const { vmId, pace } = children.assessVm.input.parse(context.df.getInput());
  const result = yield* assess(context, vmId, pace);
  return result.kind === 'assessed'
    ? { assessed: true, message: '', summary: result.summary }
    : { assessed: false, message: result.message, summary: null };
}
