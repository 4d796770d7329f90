import type { OrchestrationContext } from 'durable-functions';
import { readDueAssessments } from '../activities/contracts';
import { assessAll } from './assessment';
import * as children from './contracts';
import { call, type Step } from './durable';

/** Assesses the VMs of one key range of those that are due. */
export function* assessBatch(context: OrchestrationContext): Step<{ assessed: number; failed: number }> {
  const { pace, ...range } = children.assessBatch.input.parse(context.df.getInput());
  const { vmIds } = yield* call(context, readDueAssessments, range);
  if (vmIds.length === 0) return { assessed: 0, failed: 0 };
  const results = [
    ...(yield* assessAll(context, vmIds, { from: range.from, before: range.before }, pace)).values(),
  ];
  const failed = results.filter(({ kind }) => kind === 'failed').length;
  return { assessed: results.length - failed, failed };
}
