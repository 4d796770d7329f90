import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { closeRollout, openPhase, planRollout, type Pace } from '../activities/contracts';
import { childId, type RolloutId } from '../domain/ids';
import { BAKE_MIN_SECONDS, judgedAfterBakeUtc } from '../domain/bake';
import { isCanary, type PhaseId } from '../domain/phaseId';
import * as children from './contracts';
import type { OutcomeCounts } from '../domain/outcomeCounts';
import {
  addSeconds,
  call,
  child,
  earlier,
  firstOf,
  join,
  nowUtc,
  startChild,
  waitUntil,
  type Child,
  type Step,
} from './durable';

/**
 * The month: plan, then phase after phase, each only after the gate of the one before it; then the second chances; then the end.
 * Stragglers of a phase go on beside the next one, under the ledger.
 */
export function* monthlyRollout(context: OrchestrationContext): Step<{ counts: OutcomeCounts }> {
  const { rolloutId, generation, epoch } = children.monthlyRollout.input.parse(context.df.getInput());
  const ownId = `${rolloutId}.${generation}`;
  const plan = yield* planOf(context, rolloutId, ownId);
  const month = { rolloutId, ownId, epoch, endsUtc: plan.endsUtc, pace: plan.pace };

  const underWay: Child<unknown>[] = [];
  let freshAfterUtc: string | null = null;
  let lastPhase: PhaseId | null = null;
  for (const [n, phase] of plan.phases.entries()) {
    if (!(yield* mayGo(context, month, phase.phase))) break;
    const started: StartedPhase = yield* runPhase(context, month, phase, freshAfterUtc);
    underWay.push(started.regions);
    if (started.openedUtc === null) break;
    if (n + 1 === plan.phases.length) {
      lastPhase = phase.phase;
      break;
    }
    freshAfterUtc = yield* bake(context, month, phase, { ...started, openedUtc: started.openedUtc });
    yield* judge(context, month, phase.phase);
  }
  yield* allFinished(underWay);
  if (lastPhase !== null) yield* judgeLast(context, month, lastPhase);

  yield* child(context, children.awaitCompletion, childId(ownId, 'completion'), {
    rolloutId,
    pace: plan.pace,
    untilUtc: plan.endsUtc,
  });
  return yield* close(context, rolloutId);
}

/** Some thousand VMs a call. */
function* close(context: OrchestrationContext, rolloutId: RolloutId): Step<{ counts: OutcomeCounts }> {
  for (let from: string | null = null; ;) {
    const { counts, next }: z.output<typeof closeRollout.output> = yield* call(context, closeRollout, {
      rolloutId,
      from,
    });
    if (next === null) return { counts };
    from = next;
  }
}

/** Planning goes on where the call before ended: a fleet of any size is planned in steps of a bounded length. */
function* madePlan(context: OrchestrationContext, rolloutId: RolloutId): Step<RolloutPlan> {
  for (;;) {
    const plan = yield* call(context, planRollout, { rolloutId });
    if (!plan.goesOn) return plan;
  }
}

/** A month over no VM at all is not over: it waits until there are some, or until its time is up. */
function* planOf(context: OrchestrationContext, rolloutId: RolloutId, ownId: string): Step<RolloutPlan> {
  const plan = yield* madePlan(context, rolloutId);
  if (!plan.waitsForInventory) return plan;
  yield* child(context, children.awaitInventory, childId(ownId, 'inventory'), {
    rolloutId,
    pace: plan.pace,
    untilUtc: plan.endsUtc,
  });
  return yield* madePlan(context, rolloutId);
}

type RolloutPlan = z.output<typeof planRollout.output>;

interface MonthInFlight {
  readonly rolloutId: RolloutId;
  readonly ownId: string;
  readonly epoch: number;
  readonly endsUtc: string;
  readonly pace: Pace;
}

interface StartedPhase {
  readonly regions: Child<unknown>;
  readonly openedUtc: string | null;
  readonly nextOpensUtc: string | null;
}

/** Starts the regions of a phase and waits for its gate. The regions may go on after the gate has opened. */
function* runPhase(
  context: OrchestrationContext,
  { rolloutId, ownId, epoch, endsUtc, pace }: MonthInFlight,
  { phase, regions: names }: { readonly phase: PhaseId; readonly regions: readonly string[] },
  freshAfterUtc: string | null,
): Step<StartedPhase> {
  yield* call(context, openPhase, { rolloutId, phase });
  const regions = startChild(context, children.phaseRollout, childId(ownId, phase), {
    rolloutId,
    phase,
    kind: 'rollout',
    epoch,
    endsUtc,
    freshAfterUtc,
    pace,
    regions: [...names],
  });
  const gate = startChild(context, children.awaitGate, childId(ownId, `${phase}:gate`), {
    rolloutId,
    phase,
    pace,
    untilUtc: endsUtc,
  });
  yield* firstOf(context, regions, gate); // starts both; either may end first
  return { regions, ...(yield* join(gate)) };
}

/** After the canary phase a fixed time; later until the next window: only windows that open after the returned instant count. */
function* bake(
  context: OrchestrationContext,
  { pace, endsUtc }: MonthInFlight,
  { phase, canary }: Pick<RolloutPlan['phases'][number], 'phase' | 'canary'>,
  { openedUtc, nextOpensUtc }: { readonly openedUtc: string; readonly nextOpensUtc: string | null },
): Step<string | null> {
  const bakeSeconds = (canary ?? isCanary(phase)) ? pace.bakeAfterCanarySeconds : pace.bakeSeconds;
  if (bakeSeconds === null) {
    const freshAfterUtc = nowUtc(context);
    yield* waitUntil(context, earlier(endsUtc, judgedAfterBakeUtc(freshAfterUtc, nextOpensUtc)));
    return freshAfterUtc;
  }
  yield* waitUntil(context, addSeconds(openedUtc, bakeSeconds));
  return null;
}

/** No phase waits for the last one: it is looked at again when its regions have been done for a while. */
function* judgeLast(context: OrchestrationContext, month: MonthInFlight, phase: PhaseId): Step<void> {
  yield* waitUntil(context, earlier(month.endsUtc, addSeconds(nowUtc(context), BAKE_MIN_SECONDS)));
  yield* judge(context, month, phase);
}

/** What cannot be looked at again does not stop the month: the host records it. */
function* judge(
  context: OrchestrationContext,
  { rolloutId, ownId, pace }: MonthInFlight,
  phase: PhaseId,
): Step<void> {
  const judged = startChild(context, children.judgeAfterBake, childId(ownId, `${phase}:bake`), {
    rolloutId,
    phase,
    pace,
  });
  yield* allFinished([judged]);
}

function* mayGo(context: OrchestrationContext, month: MonthInFlight, phase: PhaseId): Step<boolean> {
  const { go } = yield* child(context, children.awaitGo, childId(month.ownId, `${phase}:go`), {
    rolloutId: month.rolloutId,
    phase,
    region: null,
    pace: month.pace,
    untilUtc: month.endsUtc,
  });
  return go;
}

/** A child that failed is recorded by the host. A phase that failed as an orchestration leaves its VMs without an outcome; closing the rollout gives them one. */
function* allFinished(underWay: readonly Child<unknown>[]): Step<void> {
  for (const started of underWay) {
    try {
      yield* join(started);
    } catch {
      // recorded by the host; `closeRollout` names the VMs concerned
    }
  }
}
