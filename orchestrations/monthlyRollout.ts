import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { closeRollout, openPhase, planRollout, type Pace } from '../activities/contracts';
import { childId, type RolloutId } from '../domain/ids';
import { isCanary } from '../domain/phaseId';
import * as children from './contracts';
import type { OutcomeCounts } from '../domain/gates';
import {
  addSeconds,
  call,
  child,
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
  for (const phase of plan.phases) {
    if (!(yield* mayGo(context, month, phase.phase))) break;
    const started: StartedPhase = yield* runPhase(context, month, phase, freshAfterUtc);
    underWay.push(started.regions);
    if (started.openedUtc === null) break;
    freshAfterUtc = yield* bake(context, plan.pace, phase.canary ?? isCanary(phase.phase), started.openedUtc);
  }
  yield* allFinished(underWay);

  yield* child(context, children.awaitCompletion, childId(ownId, 'completion'), {
    rolloutId,
    pace: plan.pace,
    untilUtc: plan.endsUtc,
  });
  return yield* call(context, closeRollout, { rolloutId });
}

/** A month over no VM at all is not over: it waits until there are some, or until its time is up. */
function* planOf(context: OrchestrationContext, rolloutId: RolloutId, ownId: string): Step<RolloutPlan> {
  const plan = yield* call(context, planRollout, { rolloutId });
  if (!plan.waitsForInventory) return plan;
  yield* child(context, children.awaitInventory, childId(ownId, 'inventory'), {
    rolloutId,
    pace: plan.pace,
    untilUtc: plan.endsUtc,
  });
  return yield* call(context, planRollout, { rolloutId });
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
}

/** Starts the regions of a phase and waits for its gate. The regions may go on after the gate has opened. */
function* runPhase(
  context: OrchestrationContext,
  { rolloutId, ownId, epoch, endsUtc, pace }: MonthInFlight,
  { phase, regions: names }: { readonly phase: string; readonly regions: readonly string[] },
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
  const { openedUtc } = yield* join(gate);
  return { regions, openedUtc };
}

/** After the canary phase a fixed time; later until the next window: only windows that open after the returned instant count. */
function* bake(
  context: OrchestrationContext,
  pace: Pace,
  canary: boolean,
  openedUtc: string,
): Step<string | null> {
  if (canary) {
    yield* waitUntil(context, addSeconds(openedUtc, pace.bakeAfterCanarySeconds));
    return null;
  }
  if (pace.bakeSeconds === null) return nowUtc(context);
  yield* waitUntil(context, addSeconds(openedUtc, pace.bakeSeconds));
  return null;
}

function* mayGo(context: OrchestrationContext, month: MonthInFlight, phase: string): Step<boolean> {
  const { go } = yield* child(context, children.awaitGo, childId(month.ownId, `${phase}:go`), {
    rolloutId: month.rolloutId,
    phase,
    region: null,
    pace: month.pace,
    untilUtc: month.endsUtc,
  });
  return go;
}

/** A phase that failed as an orchestration leaves its VMs without an outcome; closing the rollout gives them one. */
function* allFinished(underWay: readonly Child<unknown>[]): Step<void> {
  for (const phase of underWay) {
    try {
      yield* join(phase);
    } catch {
      // recorded by the host; `closeRollout` names the VMs concerned
    }
  }
}
