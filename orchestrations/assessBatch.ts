import type { OrchestrationContext } from 'durable-functions';
import { assessAll } from './assessment';
import * as children from './contracts';
import type { Step } from './durable';

/** Assesses some VMs that are due, together. */
export function* assessBatch(context: OrchestrationContext): Step<{ assessed: number; failed: number }> {
  const { vms, pace } = children.assessBatch.input.parse(context.df.getInput());
  const results = [
    ...(yield* assessAll(
      context,
      vms.map(({ vmId }) => vmId),
      vms,
      pace,
    )).values(),
  ];
  const failed = results.filter(({ kind }) => kind === 'failed').length;
  return { assessed: results.length - failed, failed };
}
