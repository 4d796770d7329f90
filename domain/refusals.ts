import { z } from 'zod';

/** Why the platform refused to start something. `throttled` and `conflict` pass by themselves; the others are facts about the VM. */
export const RefusalCode = z.enum([
  'notFound',
  'notRunning',
  'agentNotReady',
  'conflict',
  'throttled',
  'extensionMissing',
  'notAllowed',
]);
export type RefusalCode = z.infer<typeof RefusalCode>;

export type PassingRefusal = Extract<RefusalCode, 'conflict' | 'throttled'>;

/** Too many requests, or another operation on the VM: the same request may be accepted a little later. */
export function passesByItself<C extends string>(code: C): code is Extract<C, PassingRefusal> {
  return code === 'throttled' || code === 'conflict';
}

/** When the platform names no time of its own. */
const PAUSE_SECONDS = 60;
/** No production timer is shorter (design section 11). */
const PAUSE_MIN_SECONDS = 5;

/** How long to wait before asking again after a refusal that passes by itself. */
export function pauseAfter({ retryAfterSeconds }: { readonly retryAfterSeconds: number | null }): number {
  return Math.max(PAUSE_MIN_SECONDS, retryAfterSeconds ?? PAUSE_SECONDS);
}
