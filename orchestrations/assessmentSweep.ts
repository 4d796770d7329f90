import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import {
  settleClaim,
  listDueAssessments,
  collectOutdatedExtensions,
  planCatchUps,
  probeHealth,
} from '../activities/contracts';
import { disruptionLedger } from '../entities/contracts';
import { childId, keyOf, type VmId } from '../domain/ids';
import type { Claim, Impairment } from '../domain/ledger';
import { catchUpIdOf } from '../domain/phaseId';
import { messageOf } from '../domain/messageOf';
import * as children from './contracts';
import {
  addSeconds,
  allEnded,
  call,
  callEntities,
  callEntity,
  SIDE_BY_SIDE_MAX,
  startChild,
  type Step,
} from './durable';

type Ended = z.output<
  typeof children.catchUp.output | typeof children.assessBatch.output | typeof children.enableVm.output
>;

const { inspect, release, heal } = disruptionLedger.operations;

/** Longest time an extension update may take before its orchestration gives up; the next sweep finds it again. */
const EXTENSION_UPDATE_SECONDS = 3 * 24 * 3600;

/** So many VMs get their extension updated by one sweep, and fewer when there is less room. */
const EXTENSIONS_MAX = 40;

/** An impairment is some 400 bytes, and a message stays under 16 KB. */
const IMPAIRED_TOGETHER_MAX = 30;

/**
 * Once an hour: frees what hangs, heals what recovered, hands the VMs that deserve a second chance to catch-ups, and assesses the VMs
 * that are due while their window is open.
 */
export function* assessmentSweep(
  context: OrchestrationContext,
): Step<{ assessed: number; caughtUpRegions: number }> {
  const { sweepUtc } = children.assessmentSweep.input.parse(context.df.getInput());
  const asked = { nowUtc: sweepUtc };
  const phase = catchUpIdOf(sweepUtc);
  const plan = yield* call(context, planCatchUps, { ...asked, phase, regionsMax: SIDE_BY_SIDE_MAX });
  yield* tidyLedgers(context, plan.ledgers, { ...asked, graceSeconds: plan.claimGraceSeconds });

  // Catch-ups go first: their VMs are taken for this window. What finds no room beside them is due again in an hour.
  const room = SIDE_BY_SIDE_MAX - plan.catchUps.length;
  const due = (yield* call(context, listDueAssessments, asked)).chunks.slice(0, room);
  const behind = yield* call(context, collectOutdatedExtensions, {
    ...asked,
    vmsMax: Math.min(EXTENSIONS_MAX, room - due.length),
  });

  const { pace } = plan;
  const idOf = (name: string): string => childId(context.df.instanceId, name);
  const ended = yield* allEnded<Ended>(context, [
    ...plan.catchUps.map(({ rolloutId, region, endsUtc }) =>
      startChild(context, children.catchUp, idOf(`${rolloutId}:${region}`), {
        rolloutId,
        region,
        phase,
        kind: 'catchUp',
        endsUtc,
        freshAfterUtc: null,
        pace,
      }),
    ),
    ...due.map((chunk, n) =>
      startChild(context, children.assessBatch, idOf(`assess-${n}`), { ...chunk, ...asked, pace }),
    ),
    // no person updates the extension by hand; the platform does, off-peak.
    ...behind.vmIds.map((vmId) =>
      startChild(context, children.enableVm, idOf(`extension:${keyOf(vmId)}`), {
        vmId,
        endsUtc: addSeconds(sweepUtc, EXTENSION_UPDATE_SECONDS),
        pace,
      }),
    ),
  ]);
  return {
    assessed: ended.reduce(
      (sum, one) => sum + (one.ok && 'assessed' in one.value ? one.value.assessed : 0),
      0,
    ),
    caughtUpRegions: plan.catchUps.length,
  };
}

/** All ledgers are asked at once, because nearly always there is nothing to do; what there is, is done one thing after another. */
function* tidyLedgers(
  context: OrchestrationContext,
  keys: readonly string[],
  asked: z.input<typeof inspect.input>,
): Step<void> {
  const { name } = disruptionLedger;
  const ledgers = yield* callEntities(context, { name, keys }, ['inspect', inspect], asked);
  for (const [key, { suspects, impairments }] of ledgers) {
    const steps = [
      ...suspects.map((claim) => reap(context, { name, key }, claim, asked.nowUtc)),
      ...impairments.map(({ vmId }) => probeAgain(context, { name, key }, vmId)),
    ];
    for (const step of steps) yield* leniently(context, step);
  }
}

/** What cannot be tidied now is tried by the next sweep; the rest of this one goes on. */
function* leniently(context: OrchestrationContext, step: Step<void>): Step<void> {
  try {
    yield* step;
  } catch (error) {
    context.warn(`A ledger was not tidied: ${messageOf(error)}`);
  }
}

type Ledger = Parameters<typeof callEntity>[1];

/** A suspect claim is freed once the driver says that nothing is in flight; what was not proven healthy holds its set from then on. */
function* reap(context: OrchestrationContext, ledger: Ledger, claim: Claim, sinceUtc: string): Step<void> {
  const { claimId } = claim;
  const { inFlight, unproven } = yield* call(context, settleClaim, { claim });
  if (inFlight > 0) return;
  const { availabilitySetId, region } = claim.disruption;
  const impaired =
    availabilitySetId === null
      ? []
      : unproven.map((vmId): Impairment => ({ vmId, availabilitySetId, region, sinceUtc }));
  for (let start = 0; start === 0 || start < impaired.length; start += IMPAIRED_TOGETHER_MAX)
    yield* callEntity(context, ledger, ['release', release], {
      claimId,
      impaired: impaired.slice(start, start + IMPAIRED_TOGETHER_MAX),
    });
}

/** A VM holds its set until it is healthy again, or gone. */
function* probeAgain(context: OrchestrationContext, ledger: Ledger, vmId: VmId): Step<void> {
  const { answer, gone } = yield* call(context, probeHealth, { vmId });
  if (answer === 'healthy' || gone) yield* callEntity(context, ledger, ['heal', heal], { vmIds: [vmId] });
}
