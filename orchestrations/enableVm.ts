import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import * as children from './contracts';
import { continueAs, nowUtc, type Step } from './durable';
import { enableTogether } from './enablement';

/** Enables a VM in its off-peak hours, because its owner gave it another patch mode: a batch of one. */
export function* enableVm(context: OrchestrationContext): Step<z.output<typeof children.enableVm.output>> {
  const input = children.enableVm.input.parse(context.df.getInput());
  const { vmId, endsUtc, call } = input;
  // An instance that ran under this id before has a batch of its own.
  const batch = input.batch ?? `${nowUtc(context)}~${context.df.instanceId}`;
  const ended = yield* enableTogether(context, { batch, call, begins: { vmId, endsUtc } });
  if ('continuesAt' in ended) {
    continueAs(context, children.enableVm, { vmId, endsUtc, batch, call: ended.continuesAt });
    return { enabled: false, detail: '' }; // dropped: the next generation goes on
  }
  return { enabled: ended.enabled > 0, detail: ended.detail };
}
