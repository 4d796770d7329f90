import type { OrchestrationContext } from 'durable-functions';
import {
  inspectClaim,
  listDueAssessments,
  listOutdatedExtensions,
  planCatchUps,
  probeHealth,
  type Pace,
} from '../activities/contracts';
import { disruptionLedger } from '../entities/contracts';
import { childId, keyOf } from '../domain/ids';
import * as children from './contracts';
import { addSeconds, allSettled, call, callEntity, startChild, type Step } from './durable';

/** At most 90 children may be scheduled in one episode. */
const SIDE_BY_SIDE_MAX = 80;

/** Longest time an extension update may take before its orchestration gives up; the next sweep finds it again. */
const EXTENSION_UPDATE_SECONDS = 3 * 24 * 3600;

/**
 * Once an hour: frees what hangs, heals what recovered, assesses the VMs that are due while their window is open, and hands the
 * VMs that deserve a second chance to catch-ups.
 */
export function* assessmentSweep(
  context: OrchestrationContext,
): Step<{ assessed: number; caughtUpRegions: number }> {
  const { sweepUtc } = children.assessmentSweep.input.parse(context.df.getInput());
  const phase = `catchup-${sweepUtc.slice(0, 13).toLowerCase()}`;
  const plan = yield* call(context, planCatchUps, { nowUtc: sweepUtc, phase });
  for (const ledger of plan.ledgers) yield* tidyLedger(context, ledger, sweepUtc, plan.claimGraceSeconds);

  const assessed = yield* assessWhatIsDue(context, sweepUtc, plan.pace);
  yield* updateExtensions(context, sweepUtc, plan.pace);
  yield* allSettled(
    context,
    plan.catchUps.slice(0, SIDE_BY_SIDE_MAX).map(({ rolloutId, region, endsUtc }) =>
      startChild(context, children.catchUp, childId(context.df.instanceId, `${rolloutId}:${region}`), {
        ...{ rolloutId, region, phase, kind: 'catchUp', endsUtc, freshAfterUtc: null, pace: plan.pace },
      }),
    ),
  );
  return { assessed, caughtUpRegions: plan.catchUps.length };
}

function* assessWhatIsDue(context: OrchestrationContext, sweepUtc: string, pace: Pace): Step<number> {
  const { chunks } = yield* call(context, listDueAssessments, { nowUtc: sweepUtc });
  const batches = chunks.slice(0, SIDE_BY_SIDE_MAX).map((chunk, n) =>
    startChild(context, children.assessBatch, childId(context.df.instanceId, `assess-${n}`), {
      ...chunk,
      nowUtc: sweepUtc,
      pace,
    }),
  );
  const results = yield* allSettled(context, batches);
  return results.reduce((sum, result) => sum + (result.ok ? result.value.assessed : 0), 0);
}

/** nobody updates the extension by hand; the platform does, off-peak. */
function* updateExtensions(context: OrchestrationContext, sweepUtc: string, pace: Pace): Step<void> {
  const { vmIds } = yield* call(context, listOutdatedExtensions, { nowUtc: sweepUtc });
  yield* allSettled(
    context,
    vmIds.map((vmId) =>
      startChild(context, children.enableVm, childId(context.df.instanceId, `extension:${keyOf(vmId)}`), {
        ...{ vmId, endsUtc: addSeconds(sweepUtc, EXTENSION_UPDATE_SECONDS), pace },
      }),
    ),
  );
}

/** Suspect claims are freed once the driver says that nothing is in flight; impaired VMs once they are healthy again, or gone. */
function* tidyLedger(
  context: OrchestrationContext,
  key: string,
  nowUtc: string,
  graceSeconds: number,
): Step<void> {
  const ledger = { name: disruptionLedger.name, key };
  const { inspect, release, heal } = disruptionLedger.operations;
  const found = yield* callEntity(context, ledger, ['inspect', inspect], { nowUtc, graceSeconds });
  for (const claim of found.suspects) {
    const { inFlight } = yield* call(context, inspectClaim, { claim });
    if (inFlight === 0)
      yield* callEntity(context, ledger, ['release', release], { claimId: claim.claimId, impaired: [] });
  }
  for (const { vmId } of found.impairments) {
    const { answer, gone } = yield* call(context, probeHealth, { vmId });
    if (answer === 'healthy' || gone) yield* callEntity(context, ledger, ['heal', heal], { vmIds: [vmId] });
  }
}
