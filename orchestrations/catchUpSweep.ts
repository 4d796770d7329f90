import type { OrchestrationContext } from 'durable-functions';
import { collectSecondChances } from '../activities/contracts';
import { childId } from '../domain/ids';
import { catchUpIdOf } from '../domain/phaseId';
import * as children from './contracts';
import { allEnded, call, continueAs, SIDE_BY_SIDE_MAX, startChild, type Step } from './durable';

/** A look at waiting VMs costs some history rows; after so many the sweep continues as new. */
const LOOKS_PER_GENERATION = 100;

/** gives the VMs that wait for a second chance and can be reached now to catch-ups, one for each region, side by side. */
export function* catchUpSweep(context: OrchestrationContext): Step<{ regions: number }> {
  const input = children.catchUpSweep.input.parse(context.df.getInput());
  const { sweepUtc: nowUtc, seen } = input;
  const phase = catchUpIdOf(nowUtc);
  let last = yield* call(context, collectSecondChances, { nowUtc, phase, seen });
  for (let looks = 1; last.more; looks += 1) {
    if (looks === LOOKS_PER_GENERATION) {
      continueAs(context, children.catchUpSweep, input);
      return { regions: 0 }; // dropped: the next generation goes on
    }
    last = yield* call(context, collectSecondChances, { nowUtc, phase, seen });
  }
  const { catchUps, pace } = last;
  for (let start = 0; start < catchUps.length; start += SIDE_BY_SIDE_MAX)
    yield* allEnded(
      context,
      catchUps.slice(start, start + SIDE_BY_SIDE_MAX).map(({ rolloutId, region, endsUtc, epoch }) =>
        startChild(context, children.catchUp, childId(context.df.instanceId, `${rolloutId}:${region}`), {
          rolloutId,
          region,
          phase,
          kind: 'catchUp',
          endsUtc,
          epoch,
          freshAfterUtc: null,
          pace,
        }),
      ),
    );
  return { regions: catchUps.length };
}
