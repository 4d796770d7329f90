import type { OrchestrationContext } from 'durable-functions';
import { recordWait } from '../activities/contracts';
import type { RolloutId } from '../domain/ids';
import { addSeconds, earlier, later } from '../domain/instants';
import type { WaitTopic } from '../domain/waitTopic';
import { call, nowUtc, sleepUntilEvent, type Step } from './durable';

/** The event that makes a waiting instance look again. It carries nothing: what is true stands in the tables. */
export const LOOK_AGAIN = 'lookAgain';

/** A look costs up to 14 history rows; after so many the wait continues as new. */
const LOOKS_PER_GENERATION = 10;

/** Without being woken it never looks again sooner: clocks of hosts differ, and the one that names an instant may be behind. */
const LOOKS_APART_SECONDS = 5;

export interface Wait {
  readonly rolloutId: RolloutId;
  /** What the answer depends on: an activity or request that changes it wakes the waits of this topic. */
  readonly topic: WaitTopic;
  /** Looks of the generations before. */
  readonly looks: number;
  /** Gives up at this instant. */
  readonly untilUtc: string;
  /** Looks again by itself after so long: an event that is lost costs no more than this. */
  readonly fallbackSeconds: number;
}

export type Look<T> =
  | { readonly kind: 'answer'; readonly answer: T }
  /** `nextUtc`: when the answer can change by the passing of time alone; null when it cannot. */
  | { readonly kind: 'wait'; readonly nextUtc: string | null };

/**
 * The whole body of a child that waits for an answer that others change. It sleeps until an event says that the answer may have changed,
 * or until time alone can change it; null when time is up. The order matters: the wait is registered before each look that may lead to sleep, so
 * that a change after the look finds it.
 */
export function* awaitAnswer<T>(
  context: OrchestrationContext,
  wait: Wait,
  steps: { readonly look: () => Step<Look<T>>; readonly continueWith: (looks: number) => void },
): Step<T | null> {
  const { rolloutId, topic, untilUtc, fallbackSeconds } = wait;
  const { instanceId } = context.df;
  for (let looks = wait.looks; ; looks += 1) {
    // Most answers are there at the first look, and need no registration.
    if (looks > 0) yield* call(context, recordWait, { rolloutId, topic, instanceId, untilUtc });
    const seen = yield* steps.look();
    if (seen.kind === 'answer') return seen.answer;
    if (nowUtc(context) >= untilUtc) return null;
    if (looks === 0) continue;
    const fallbackUtc = addSeconds(nowUtc(context), fallbackSeconds);
    const soonestUtc = addSeconds(nowUtc(context), LOOKS_APART_SECONDS);
    const nextUtc = earlier(untilUtc, earlier(seen.nextUtc ?? untilUtc, fallbackUtc));
    const isWoken = yield* sleepUntilEvent(context, LOOK_AGAIN, later(soonestUtc, nextUtc));
    if (!isWoken || looks - wait.looks >= LOOKS_PER_GENERATION) {
      steps.continueWith(looks + 1);
      return null; // this generation's answer is dropped: the next one goes on
    }
  }
}
