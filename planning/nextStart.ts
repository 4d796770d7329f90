import { freeFrom, type StandingFreeze } from '../domain/freezes';
import type { Policy } from '../domain/policy';
import { roundSlot, type RoundSlot } from './roundSlot';

/** Freezes follow each other a few times at most in a month; beyond that there is no start worth naming. */
const FREEZES_MAX = 50;

export interface StartQuestion {
  /** Calendar of the VM's off-peak hours (`calendarOf`). */
  readonly timeZone: string;
  /** All freezes and exclusions that ever concern the VM. */
  readonly freezes: readonly StandingFreeze[];
  readonly fromUtc: string;
  /** Only windows that open after this count; null for any. */
  readonly freshAfterUtc: string | null;
  readonly endsUtc: string;
}

/** The first window at or after an instant in which an installation can start and nothing holds the VM. Null: none before the end. */
export function nextStart(question: StartQuestion, policy: Policy): RoundSlot | null {
  const { timeZone, freezes, freshAfterUtc, endsUtc } = question;
  let fromUtc = question.fromUtc;
  for (let tried = 0; tried < FREEZES_MAX; tried += 1) {
    const free = freeFrom(freezes, fromUtc);
    if (free >= endsUtc) return null;
    const slot = roundSlot([timeZone], { nowUtc: free, freshAfterUtc, endsUtc }, policy);
    if (slot === null) return null;
    const opensFree = freeFrom(freezes, slot.opensUtc);
    if (opensFree === slot.opensUtc) return slot;
    fromUtc = opensFree;
  }
  return null;
}

const DAY_MS = 86_400_000;

/** When an installation may start at the latest: in the last window before the end that nothing holds. Null: never. */
export function lastStart(question: StartQuestion, policy: Policy): string | null {
  let latest: string | null = null;
  // From a few days before the end: the last window is in them, unless a freeze has them all.
  for (let days = 3; days <= 48 && latest === null; days *= 2) {
    const from = new Date(Date.parse(question.endsUtc) - days * DAY_MS).toISOString();
    let fromUtc = from > question.fromUtc ? from : question.fromUtc;
    for (let slot = nextStart({ ...question, fromUtc }, policy); slot !== null;) {
      latest = slot.startByUtc;
      fromUtc = slot.closesUtc;
      slot = nextStart({ ...question, fromUtc }, policy);
    }
    if (from <= question.fromUtc) break;
  }
  return latest;
}
