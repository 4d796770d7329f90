import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { assessTogether } from './assessment';
import * as children from './contracts';
import type { Step } from './durable';

/** Assesses some VMs that are due, together. */
export function* assessBatch(
  context: OrchestrationContext,
): Step<z.output<typeof children.assessBatch.output>> {
  const { batch } = children.assessBatch.input.parse(context.df.getInput());
  return yield* assessTogether(context, batch);
}
