import { freeFrom, freeUntil, freezesOf, type Freeze, type StandingFreeze } from '../domain/freezes';
import type { Outcome } from '../domain/outcome';
import { calendarOf } from '../domain/ownWindows';
import type { Policy } from '../domain/policy';
import type { VirtualMachine } from '../domain/virtualMachine';
import { roundSlot, type RoundSlot } from './roundSlot';
import { DAY_MS } from '../domain/timeUnits';

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

export interface StartFacts {
  readonly policy: Policy;
  readonly vm: VirtualMachine;
  readonly timeZone: string;
  readonly freezes: readonly Freeze[];
  readonly outcome: Outcome | null;
}

/** When a VM can start in a rollout, asked in the same way for the plan, the forecast and the explanation. */
export function startQuestion(facts: StartFacts, fromUtc: string, endsUtc: string): StartQuestion {
  const { policy, vm, timeZone, freezes, outcome } = facts;
  return {
    timeZone: calendarOf(timeZone, vm, policy),
    freezes: freezesOf(freezes, vm, timeZone),
    fromUtc,
    // What failed is tried again in other off-peak hours than those it failed in.
    freshAfterUtc: outcome?.kind === 'failed' ? outcome.atUtc : null,
    endsUtc,
  };
}

/** The first window at or after an instant in which an installation can start and nothing holds the VM. Null: none before the end. */
export function nextStart(question: StartQuestion, policy: Policy): RoundSlot | null {
  const { timeZone, freezes, freshAfterUtc, endsUtc } = question;
  let nowUtc = freeFrom(freezes, question.fromUtc);
  for (let tried = 0; tried < FREEZES_MAX && nowUtc < endsUtc; tried += 1) {
    // What could not end before the next freeze begins does not start.
    const untilUtc = freeUntil(freezes, nowUtc, endsUtc);
    const slot = roundSlot([timeZone], { nowUtc, freshAfterUtc, endsUtc: untilUtc }, policy);
    if (slot !== null) return slot;
    nowUtc = freeFrom(freezes, untilUtc);
  }
  return null;
}

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
