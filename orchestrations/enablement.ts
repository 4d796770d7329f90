import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { advanceEnablements } from '../activities/contracts';
import { keyOf } from '../domain/ids';
import { virtualMachine } from '../entities/contracts';
import { call, signalEntity, waitUntil, type Step } from './durable';

/** One look costs about 8 history rows; after so many the instance continues as new. */
const CALLS_PER_GENERATION = 60;

type Ended = Pick<z.output<typeof advanceEnablements.output>, 'enabled' | 'detail'>;

/** One timer and one activity, again and again, until every VM of the batch has ended; or until the next generation goes on from a call. */
export function* enableTogether(
  context: OrchestrationContext,
  {
    call: last,
    ...given
  }: Omit<z.input<typeof advanceEnablements.input>, 'call'> & { readonly call: number },
): Step<Ended | { readonly continuesAt: number }> {
  for (let n = last + 1; ; n += 1) {
    const { dueUtc, events, ...ended } = yield* call(context, advanceEnablements, { ...given, call: n });
    for (const { vmId, event } of events)
      signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', event);
    if (dueUtc === null) return ended;
    yield* waitUntil(context, dueUtc);
    if (n - last >= CALLS_PER_GENERATION) return { continuesAt: n };
  }
}
