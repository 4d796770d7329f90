import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { readRound, recordRound, type VmResult } from '../activities/contracts';
import { disruptionLedger } from '../entities/contracts';
import { childId, keyOf, type VmId } from '../domain/ids';
import type { Impairment } from '../domain/ledger';
import * as children from './contracts';
import { allEnded, call, callEntity, child, nowUtc, startChild, type Step } from './durable';

type Input = z.infer<typeof children.updateDomainRollout.input>;
type Result = z.infer<typeof children.updateDomainRollout.output>;

/**
 * One round: the VMs that may be down together, an update domain's share of a set or a batch of standalone VMs. Takes the claim
 * when the window is open, patches them side by side, watches them, records the round, and only then releases the claim.
 */
export function* updateDomainRollout(context: OrchestrationContext): Step<Result> {
  const input = children.updateDomainRollout.input.parse(context.df.getInput());
  const { rolloutId, ref, pace } = input;
  const { go, reason } = yield* child(context, children.awaitGo, childId(context.df.instanceId, 'go'), {
    rolloutId,
    phase: input.phase,
    region: ref.region,
    pace,
    untilUtc: input.acquireByUtc,
  });
  if (!go) return reason === null ? { kind: 'missed', rules: [] } : { kind: 'stopped', reason };

  const claim = yield* child(context, children.awaitClaim, childId(context.df.instanceId, 'claim'), {
    claimId: context.df.instanceId,
    kind: input.kind,
    ledger: input.ledger,
    disruption: input.disruption,
    startByUtc: input.startByUtc,
    closesUtc: input.closesUtc,
    deadlineUtc: input.endsUtc,
    catchUpSlotsMax: input.catchUpSlotsMax,
    pace,
    untilUtc: input.acquireByUtc,
  });
  if (!claim.granted) {
    yield* releaseClaim(context, input, []); // also takes back the ticket
    return { kind: 'missed', rules: claim.rules };
  }

  const { vmIds } = yield* call(context, readRound, ref);
  const results = yield* patchAll(context, input, vmIds);
  yield* call(context, recordRound, { ...ref, results });
  // It is not known whether a VM without its orchestration is still installing: the sweep asks the driver before it frees the claim.
  if (!results.some(({ reason }) => reason === 'orchestrationFailed'))
    yield* releaseClaim(context, input, impairedBy(context, input, vmIds, results));
  return { kind: 'ran' };
}

/** Patches the VMs side by side. A VM whose orchestration failed counts as failed, never as healthy. */
function* patchAll(context: OrchestrationContext, input: Input, vmIds: readonly VmId[]): Step<VmResult[]> {
  const { rolloutId, phase, pace, ref, startByUtc, closesUtc } = input;
  const claim = { claimId: context.df.instanceId, startByUtc, closesUtc };
  const settled = yield* allEnded(
    context,
    vmIds.map((vmId) =>
      startChild(context, children.patchVm, childId(context.df.instanceId, keyOf(vmId)), {
        rolloutId,
        phase,
        region: ref.region,
        vmId,
        claim,
        pace,
      }),
    ),
  );
  return settled.map((result) =>
    result.ok ? result.value : { kind: 'failed', reason: 'orchestrationFailed' },
  );
}

/** The VMs that go on holding their availability set: unhealthy or unknown after their update (INV-13). */
function impairedBy(
  context: OrchestrationContext,
  { disruption, ref }: Input,
  vmIds: readonly VmId[],
  results: readonly VmResult[],
): Impairment[] {
  const { availabilitySetId } = disruption;
  if (availabilitySetId === null) return [];
  return vmIds
    .filter((_, n) => results[n]?.kind === 'unhealthy')
    .map((vmId) => ({ vmId, availabilitySetId, region: ref.region, sinceUtc: nowUtc(context) }));
}

function* releaseClaim(context: OrchestrationContext, input: Input, impaired: Impairment[]): Step<void> {
  yield* callEntity(
    context,
    { name: disruptionLedger.name, key: input.ledger },
    ['release', disruptionLedger.operations.release],
    { claimId: context.df.instanceId, impaired },
  );
}
