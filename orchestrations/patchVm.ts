import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { lookAtVm, recordOutcome, startInstall, type VmResult } from '../activities/contracts';
import { virtualMachine } from '../entities/contracts';
import { childId, keyOf } from '../domain/ids';
import type { Outcome, OutcomeKind, OutcomeReason } from '../domain/outcome';
import type { PatchInstallationSummary } from '../domain/patches';
import { assess } from './assessment';
import * as children from './contracts';
import { addSeconds, call, child, nowUtc, signalEntity, waitUntil, type Step } from './durable';
import { watchHealth, type HealthSeen } from './health';

type Input = z.infer<typeof children.patchVm.input>;

interface Ending {
  readonly outcome: Outcome;
  readonly installation: PatchInstallationSummary | null;
  readonly health: HealthSeen | null;
}

/** One VM in one round: look, assess, install Critical and Security, watch its health, write down how it ended. */
export function* patchVm(context: OrchestrationContext): Step<VmResult> {
  const input = children.patchVm.input.parse(context.df.getInput());
  const ending = yield* patch(context, input);
  const { rolloutId, phase, region, vmId, claim } = input;
  const { outcome, installation, health } = ending;
  yield* call(context, recordOutcome, {
    rolloutId,
    phase,
    region,
    claimId: claim.claimId,
    outcome,
    installation,
  });
  signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', {
    kind: 'ended',
    rolloutId,
    outcome,
    installation,
    health,
  });
  return { kind: outcome.kind, reason: outcome.reason };
}

function* patch(context: OrchestrationContext, input: Input): Step<Ending> {
  const sinceUtc = nowUtc(context);
  const { rolloutId, phase, region, vmId, pace } = input;
  const now = yield* call(context, lookAtVm, { rolloutId, phase, region, vmId });
  if (now.kind === 'end') return ended(now.outcome);

  const assessed = yield* assess(context, vmId, pace);
  if (assessed.kind === 'failed')
    return ended(outcomeOf(context, input, 'failed', 'assessmentFailed', assessed.message));
  if (assessed.summary.criticalAndSecurityPatchCount === 0)
    return ended(outcomeOf(context, input, 'upToDate', 'nothingToInstall', ''));

  const install = yield* installCriticalAndSecurity(context, input, sinceUtc);
  if (install.kind === 'end') return ended(install.outcome);

  const health = yield* watchHealth(context, vmId, pace);
  return {
    outcome: outcomeOfInstall(context, input, install.summary, health),
    installation: install.summary,
    health,
  };
}

type Installed =
  | { readonly kind: 'end'; readonly outcome: Outcome }
  | { readonly kind: 'completed'; readonly summary: PatchInstallationSummary | null };

/** Starts the installation, at most once whatever is repeated, and waits for its end. */
function* installCriticalAndSecurity(
  context: OrchestrationContext,
  input: Input,
  sinceUtc: string,
): Step<Installed> {
  const { rolloutId, phase, region, vmId, claim, pace } = input;
  for (;;) {
    const start = yield* call(context, startInstall, { rolloutId, phase, region, vmId, claim, sinceUtc });
    if (start.kind === 'end') return start;
    if (start.kind === 'wait') {
      yield* waitUntil(context, start.untilUtc); // bounded: after `startByUtc` the answer is an outcome
      continue;
    }
    signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', {
      kind: 'installStarted',
      claimId: claim.claimId,
    });
    const { summary } = yield* child(
      context,
      children.awaitInstall,
      childId(context.df.instanceId, 'install'),
      {
        region,
        vmId,
        claimId: claim.claimId,
        sinceUtc,
        pace,
        untilUtc: addSeconds(start.deadlineUtc, pace.installPollLastSeconds * 2),
      },
    );
    return { kind: 'completed', summary };
  }
}

/** Health decides first: a VM that is unhealthy after its update is that, however the installation ended. */
function outcomeOfInstall(
  context: OrchestrationContext,
  input: Input,
  summary: PatchInstallationSummary | null,
  health: HealthSeen,
): Outcome {
  const say = (kind: OutcomeKind, reason: OutcomeReason, detail: string): Outcome =>
    outcomeOf(context, input, kind, reason, detail);
  if (health.answer === 'stopped') return say('deferred', 'stoppedDuringSoak', health.because);
  if (health.answer === 'unknown') return say('unhealthy', 'unknownTooLong', health.because);
  if (health.answer === 'unhealthy') return say('unhealthy', 'unhealthyAfterUpdate', health.because);
  if (summary === null)
    return say('failed', 'installLost', 'The platform lost the installation; its result is not known.');
  const { status, failedPatchCount, pendingPatchCount, installedPatchCount, error } = summary;
  if (failedPatchCount > 0)
    return say(
      'failed',
      'patchesFailed',
      `${failedPatchCount} patches failed, ${installedPatchCount} were installed.`,
    );
  if (status === 'Failed')
    return say('failed', 'installFailed', error?.message ?? 'The installation failed.');
  if (pendingPatchCount > 0)
    return say(
      'failed',
      'patchesPending',
      `${pendingPatchCount} patches are pending, ${installedPatchCount} were installed.`,
    );
  return say('patched', 'installed', `${installedPatchCount} patches were installed.`);
}

function ended(outcome: Outcome): Ending {
  return { outcome, installation: null, health: null };
}

function outcomeOf(
  context: OrchestrationContext,
  { vmId }: Input,
  kind: OutcomeKind,
  reason: OutcomeReason,
  detail: string,
): Outcome {
  return { vmId, kind, reason, detail, atUtc: nowUtc(context) };
}
