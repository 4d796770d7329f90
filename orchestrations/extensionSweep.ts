import type { OrchestrationContext } from 'durable-functions';
import { collectOutdatedExtensions } from '../activities/contracts';
import * as children from './contracts';
import { call, continueAs, type Step } from './durable';
import { enableTogether } from './enablement';

/** no person updates the extension by hand; the platform does, off-peak. */
export function* extensionSweep(context: OrchestrationContext): Step<{ updated: number }> {
  const input = children.extensionSweep.input.parse(context.df.getInput());
  const { sweepUtc, seen, call: last } = input;
  const batch =
    input.batch ?? (yield* call(context, collectOutdatedExtensions, { nowUtc: sweepUtc, seen })).batch;
  if (batch === null) return { updated: 0 };
  const ended = yield* enableTogether(context, { batch, call: last });
  if ('continuesAt' in ended) {
    continueAs(context, children.extensionSweep, { sweepUtc, batch, call: ended.continuesAt });
    return { updated: 0 }; // dropped: the next generation goes on
  }
  return { updated: ended.enabled };
}
