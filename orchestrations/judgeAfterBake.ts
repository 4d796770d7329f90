import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { recordBake, type BakeCursor } from '../activities/contracts';
import { virtualMachine } from '../entities/contracts';
import { keyOf, type VmId } from '../domain/ids';
import * as children from './contracts';
import { writeRelease } from './releaseClaim';
import { addSeconds, call, continueAs, nowUtc, signalEntity, waitUntil, type Step } from './durable';

/** A call costs up to 14 history rows; after so many the instance continues as new. */
const CALLS_PER_GENERATION = 40;

/** Unknown VMs that wait to be asked again: a message holds no more of them. */
const WAITING_MAX = 30;

/** VMs that are asked again by one call. */
const AGAIN_TOGETHER = 8;

type Input = z.output<typeof children.judgeAfterBake.input>;
type Result = z.output<typeof children.judgeAfterBake.output>;

/**
 * Probes the patched VMs of a phase again: a VM that broke after its soak is seen before the next phase begins, and counts against its image family.
 * Unknown proves nothing, so such a VM is asked until it answers or its time is up.
 */
export function* judgeAfterBake(context: OrchestrationContext): Step<Result> {
  const input = children.judgeAfterBake.input.parse(context.df.getInput());
  const { progress } = input;
  let { probed, unhealthy, from } = progress;
  const waiting = [...progress.waiting];
  for (let calls = 0; ; calls += 1) {
    const page = yield* look(context, input, { from, again: null, isLast: false });
    from = page.next;
    probed += page.probed;
    unhealthy += page.unhealthy.length;
    waiting.push(...page.unknown);
    if (waiting.length >= WAITING_MAX || from === null)
      unhealthy += yield* askAgain(context, input, waiting.splice(0));
    if (from === null) return { probed, unhealthy };
    if (calls + 1 < CALLS_PER_GENERATION) continue;
    continueAs(context, children.judgeAfterBake, {
      ...input,
      progress: { from, waiting, probed, unhealthy },
    });
    return { probed, unhealthy }; // this generation's answer is dropped: the next one goes on
  }
}

/** Returns how many of them are unhealthy. */
function* askAgain(context: OrchestrationContext, input: Input, vmIds: readonly VmId[]): Step<number> {
  const { unknownTimeoutSeconds, healthPollSeconds } = input.pace;
  const untilUtc = addSeconds(nowUtc(context), unknownTimeoutSeconds);
  let waiting = vmIds;
  let unhealthy = 0;
  while (waiting.length > 0) {
    yield* waitUntil(context, addSeconds(nowUtc(context), Math.max(60, healthPollSeconds)));
    const isLast = nowUtc(context) >= untilUtc;
    const unknown: VmId[] = [];
    for (let start = 0; start < waiting.length; start += AGAIN_TOGETHER) {
      const again = waiting.slice(start, start + AGAIN_TOGETHER);
      const seen = yield* look(context, input, { from: null, again, isLast });
      unhealthy += seen.unhealthy.length;
      unknown.push(...seen.unknown);
    }
    waiting = unknown;
  }
  return unhealthy;
}

interface Look {
  readonly from: BakeCursor | null;
  readonly again: VmId[] | null;
  readonly isLast: boolean;
}

/** One call; what it found unhealthy holds its availability set, as after a round. */
function* look(
  context: OrchestrationContext,
  { rolloutId, phase }: Input,
  { from, again, isLast }: Look,
): Step<z.output<typeof recordBake.output>> {
  const seen = yield* call(context, recordBake, { rolloutId, phase, from, again, isLast });
  const sinceUtc = nowUtc(context);
  for (const { vmId, availabilitySetId, region, ledger, event } of seen.unhealthy) {
    if (availabilitySetId !== null)
      yield* writeRelease(context, ledger, {
        claimId: context.df.instanceId, // it holds none: this only writes the impairment down
        impaired: [{ vmId, availabilitySetId, region, sinceUtc }],
      });
    signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', event);
  }
  return seen;
}
