import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { assessAll } from './assessment';
import * as children from './contracts';
import type { Step } from './durable';

/** Nothing waits for these assessments: after so many polls most have ended, and the batch is read once. */
const POLLS_AT_ONCE = 3;

/** Assesses some VMs that are due, together. */
export function* assessBatch(context: OrchestrationContext): Step<BatchResult> {
  return yield* assessDue(context, children.assessBatch.input.parse(context.df.getInput()));
}

type BatchResult = z.output<typeof children.assessBatch.output>;

export function* assessDue(
  context: OrchestrationContext,
  { vms, pace }: z.output<typeof children.assessBatch.input>,
): Step<BatchResult> {
  const vmIds = vms.map(({ vmId }) => vmId);
  const readSeconds = pace.assessmentPollSeconds * POLLS_AT_ONCE;
  const results = [...(yield* assessAll(context, vmIds, vms, pace, readSeconds)).values()];
  const failed = results.filter(({ kind }) => kind === 'failed').length;
  return { assessed: results.length - failed, failed };
}
