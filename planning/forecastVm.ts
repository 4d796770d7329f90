import type { RolloutControl } from '../domain/control';
import { standingFreezes, type Freeze } from '../domain/freezes';
import { holdsOf, type BudgetFacts } from '../domain/holds';
import { addSeconds, later } from '../domain/instants';
import type { Outcome } from '../domain/outcome';
import type { Policy } from '../domain/policy';
import type { Because } from '../domain/reasons';
import type { VirtualMachine } from '../domain/virtualMachine';
import { nextStart, startQuestion, type StartQuestion } from './nextStart';
import type { RoundSlot } from './roundSlot';
import { DAY_SECONDS } from '../domain/timeUnits';

export const FORECAST_STATES = ['done', 'onTime', 'atRisk', 'late', 'excluded', 'notTakingPart'] as const;
export type ForecastState = (typeof FORECAST_STATES)[number];

export interface ForecastFacts {
  /** The day it is asked for: what came later is not looked at, and what is expected by then counts as done. */
  readonly asOfUtc: string;
  readonly nowUtc: string;
  readonly policy: Policy;
  readonly control: RolloutControl;
  /** A halt or a pause stops the rollout, or the VM's place in it, and waits for a person. */
  readonly waitsForPerson: string | null;
  readonly freezes: readonly Freeze[];
  readonly vm: VirtualMachine;
  readonly timeZone: string;
  readonly ineligible: Because | null;
  readonly outcome: Outcome | null;
  readonly plannedStartUtc: string | null;
  /** Its budgets, with the other members that are down by themselves. */
  readonly budgets?: readonly BudgetFacts[];
  /** Starts that were found for other VMs of the same forecast: thousands of VMs share a time zone and a round. */
  readonly starts?: Map<string, RoundSlot | null>;
}

export interface VmForecast {
  readonly state: ForecastState;
  readonly why: string;
  /** When it is expected to start; when it was done, of one that is. Null when it is not expected at all. */
  readonly expectedUtc: string | null;
}

/** How a VM stands against the 30 days of its rollout. Pure; the same windows, freezes and reasons as execution and explanation have. */
export function forecastVm(facts: ForecastFacts): VmForecast {
  const { asOfUtc, policy, control, ineligible, freezes, vm, timeZone } = facts;
  if (ineligible !== null)
    return { state: 'notTakingPart', why: ineligible.detail || ineligible.reason, expectedUtc: null };
  const outcome = facts.outcome !== null && facts.outcome.atUtc <= asOfUtc ? facts.outcome : null;
  if (outcome?.kind === 'patched' || outcome?.kind === 'upToDate')
    return { state: 'done', why: outcome.reason, expectedUtc: outcome.atUtc };
  const excluded = standingFreezes(freezes, vm, timeZone, asOfUtc).find(
    ({ freeze }) => freeze.kind === 'exclusion',
  );
  if (excluded !== undefined) {
    const { id, owner, reason } = excluded.freeze;
    return {
      state: 'excluded',
      why: `${id} of ${owner} until ${excluded.span.toUtc}: ${reason}`,
      expectedUtc: null,
    };
  }
  if (outcome?.kind === 'skipped')
    return { state: 'late', why: outcome.detail || outcome.reason, expectedUtc: null };
  if (outcome?.kind === 'unhealthy')
    return { state: 'atRisk', why: `it is unhealthy after its update: ${outcome.detail}`, expectedUtc: null };
  const deadlineUtc = after(control.releasedUtc, policy.rolloutDeadlineSeconds);
  if (control.endedUtc !== null || asOfUtc >= deadlineUtc || control.mode === 'cancelled')
    return { state: 'late', why: outcome?.detail ?? 'the rollout ended before its turn', expectedUtc: null };
  return expectation(facts, outcome);
}

function expectation(facts: ForecastFacts, outcome: Outcome | null): VmForecast {
  const { asOfUtc, nowUtc, policy, control, waitsForPerson, plannedStartUtc, vm, timeZone, freezes } = facts;
  const from = outcome === null && plannedStartUtc !== null ? later(nowUtc, plannedStartUtc) : nowUtc;
  const question = startQuestion({ policy, vm, timeZone, freezes, outcome }, from, control.endsUtc);
  const slot = startOf(question, facts);
  if (slot === null) return { state: 'late', why: whyNever(question, policy), expectedUtc: null };
  const expectedUtc = slot.opensUtc;
  const tried = outcome === null ? '' : ` It was ${outcome.kind} (${outcome.reason}) at ${outcome.atUtc}.`;
  if (waitsForPerson !== null)
    return { state: 'atRisk', why: `the rollout waits for a person: ${waitsForPerson}`, expectedUtc };
  const [held] = holdsOf({ nowUtc, policy, budgets: facts.budgets ?? [] });
  if (held !== undefined) return { state: 'atRisk', why: held.detail + tried, expectedUtc };
  if (expectedUtc <= asOfUtc && asOfUtc > nowUtc && outcome === null)
    return { state: 'done', why: 'expected by then', expectedUtc };
  const targetUtc = after(control.releasedUtc, policy.forecastTargetDays * DAY_SECONDS);
  if (expectedUtc > targetUtc)
    return {
      state: 'atRisk',
      why: `expected only after the target day of the forecast.${tried}`,
      expectedUtc,
    };
  if (outcome !== null)
    return { state: 'atRisk', why: (outcome.detail || outcome.reason) + tried, expectedUtc };
  return { state: 'onTime', why: '', expectedUtc };
}

/** A freeze is what binds where without freezes there would be a window. */
function whyNever(question: StartQuestion, policy: Policy): string {
  const none = 'no off-peak window is left for it before the rollout ends';
  const before = question.freezes.filter(({ span }) => span.fromUtc < question.endsUtc);
  const [last] = before.sort((a, b) => (a.span.toUtc < b.span.toUtc ? 1 : -1));
  if (last === undefined || nextStart({ ...question, freezes: [] }, policy) === null) return none;
  const { freeze, span } = last;
  return `${none}: ${freeze.kind} ${freeze.id} of ${freeze.owner} until ${span.toUtc}: ${freeze.reason}`;
}

/** The same two instants are asked for by every VM of a rollout. */
const AFTER = new Map<string, string>();
const AFTER_MAX = 64;

function after(utc: string, seconds: number): string {
  const key = `${utc}~${seconds}`;
  const known = AFTER.get(key);
  if (known !== undefined) return known;
  if (AFTER.size >= AFTER_MAX) AFTER.clear();
  const found = addSeconds(utc, seconds);
  AFTER.set(key, found);
  return found;
}

/** A VM that no freeze concerns starts when the others of its time zone and round do. */
function startOf(question: StartQuestion, { starts, policy }: ForecastFacts): RoundSlot | null {
  if (starts === undefined || question.freezes.length > 0) return nextStart(question, policy);
  const key = [question.timeZone, question.fromUtc, question.freshAfterUtc, question.endsUtc].join(' ');
  const known = starts.get(key);
  if (known !== undefined) return known;
  const found = nextStart(question, policy);
  starts.set(key, found);
  return found;
}
