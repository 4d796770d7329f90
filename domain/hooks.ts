import { z } from 'zod';
import { Utc } from './ids';
import { PolicyName } from './ownWindows';
import { Selector } from './selector';

/**
 * Something of one's own that is asked before or after a round or a VM: by HTTP, or, without an address, by an event that it sends itself.
 * Only «yes» lets the rollout go on: silence, an error or a late answer is a no.
 */
export const Hook = z.strictObject({
  name: PolicyName.describe('Name of the hook: lower-case letters, digits and hyphens.'),
  on: z
    .enum(['beforeRound', 'beforeVm', 'afterVm', 'afterRound'])
    .describe(
      'When it is asked. beforeVm: a no defers the VM, which is caught up. The others: a no holds the region until a person decides.',
    ),
  url: z
    .url({ protocol: /^https?$/ })
    .exactOptional()
    .describe('Where it is asked by POST; without it, it answers by POST /api/rollouts/{id}/hooks.'),
  timeoutSeconds: z
    .number()
    .int()
    .min(1)
    .max(30)
    .default(10)
    .describe('Seconds until no answer by HTTP is a no. Default: 10.'),
  answerMinutes: z
    .number()
    .int()
    .min(1)
    .max(10_080)
    .default(60)
    .describe('Minutes that a hook without a url may take to answer, and that its yes counts. Default: 60.'),
  selector: Selector.exactOptional().describe('The VMs that it is asked about; all without it.'),
});
export type Hook = Readonly<z.infer<typeof Hook>>;

export type HookAnswer = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly why: string };

/** Asks a hook once, by HTTP. Never throws: what went wrong is a no, with its words. */
export type AskHook = (hook: Hook, about: Readonly<Record<string, unknown>>) => Promise<HookAnswer>;

/** What a hook without an address was asked, and what it said. */
export const HookAsk = z.object({
  /** `hook~subject`, its key in the rollout. */
  ask: z.string(),
  hook: z.string(),
  on: Hook.shape.on,
  about: z.record(z.string(), z.unknown()),
  askedUtc: Utc,
  /** An answer after this is refused. */
  untilUtc: Utc,
  /** The hold that a yes lifts; null where nothing is held by it. */
  haltId: z.string().nullable(),
  answer: z.object({ go: z.boolean(), why: z.string(), by: z.string(), atUtc: Utc }).nullable(),
});
export type HookAsk = Readonly<z.infer<typeof HookAsk>>;

export type HookWord =
  HookAnswer | { readonly kind: 'waits'; readonly untilUtc: string; readonly why: string };

/** What a question that was asked comes to now. Null: its answer counts no more, or it got none; it is asked again. */
export function wordOf({ answer, on, untilUtc, askedUtc }: HookAsk, nowUtc: string): HookWord | null {
  const ageMs = (utc: string): number => Date.parse(nowUtc) - Date.parse(utc);
  if (answer === null) {
    if (nowUtc < untilUtc) return { kind: 'waits', untilUtc, why: `It may answer until ${untilUtc}.` };
    return ageMs(untilUtc) < REFUSED_MS ? { kind: 'no', why: `It did not answer by ${untilUtc}.` } : null;
  }
  const givenMs = Date.parse(untilUtc) - Date.parse(askedUtc);
  const countsMs = on === 'beforeVm' ? Math.max(givenMs, OF_A_VM_MS) : answer.go ? givenMs : REFUSED_MS;
  if (ageMs(answer.atUtc) >= countsMs) return null;
  return answer.go ? { kind: 'yes' } : { kind: 'no', why: answer.why === '' ? 'It said no.' : answer.why };
}

/** So long a no of a round counts: it is written down as a hold meanwhile, and when a person resumes that, it is asked again. */
const REFUSED_MS = 600_000;
/** A VM that was deferred finds its answer when it is caught up, in the next window at the latest. */
const OF_A_VM_MS = 36 * 3_600_000;
