import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { startOrderedInstall } from '../activities/contracts';
import { virtualMachine } from '../entities/contracts';
import { childId, keyOf } from '../domain/ids';
import type { Impairment } from '../domain/ledger';
import type { PatchInstallationSummary } from '../domain/patches';
import * as children from './contracts';
import { addSeconds, call, child, earlier, nowUtc, signalEntity, waitUntil, type Step } from './durable';
import { releaseClaimed } from './releaseClaim';
import { watchHealth, type HealthSeen } from './watchHealth';

type Input = z.infer<typeof children.installOnDemand.input>;
type Result = z.infer<typeof children.installOnDemand.output>;

/** A claim is asked for one hour at a time, so that one whose holder fails does not block for as long as it might have waited. */
const CLAIM_ATTEMPT_SECONDS = 3600;

/** Granted, but the platform asks for patience: after this the place is given back. */
const START_WITHIN_SECONDS = 1800;

/**
 * Installs what a person asked for on one VM. No off-peak window binds it, the availability rules do: it waits for its claim, holds it
 * through reboot and soak, and an unhealthy VM goes on holding its set, as in a round of a rollout.
 */
export function* installOnDemand(context: OrchestrationContext): Step<Result> {
  const input = children.installOnDemand.input.parse(context.df.getInput());
  const claim = yield* acquire(context, input);
  if (claim.kind === 'refused') {
    yield* releaseClaim(context, input, null); // also takes back the ticket
    const message = `The availability rules forbid it: ${claim.rules.join(', ')}.`;
    return nothing({ code: 'OperationNotAllowed', message });
  }
  // Should anything fail from here on, the claim stays and becomes suspect: the sweep asks the driver before it frees the place.
  const installed = yield* install(context, input, claim.startByUtc);
  if (installed.kind === 'refused') {
    yield* releaseClaim(context, input, null);
    return nothing(installed.error);
  }
  const { summary } = installed;
  const health = yield* watchHealth(context, input.vmId, input.pace);
  signalEnd(context, input, summary, health);
  yield* releaseClaim(context, input, health);
  return { summary, health: { answer: health.answer, because: health.because }, error: lost(summary) };
}

type Claimed =
  | { readonly kind: 'granted'; readonly startByUtc: string }
  | { readonly kind: 'refused'; readonly rules: readonly string[] };

/** Asks the ledger, once or until time is up. A person's deadline is near, so a waiting person goes before a waiting rollout. */
function* acquire(context: OrchestrationContext, input: Input): Step<Claimed> {
  const { ledger, disruption, vmId, pace, waitUntilUtc, order, ifBusy } = input;
  for (let attempt = 1; ; attempt += 1) {
    const now = nowUtc(context);
    const untilUtc = ifBusy === 'fail' ? now : earlier(waitUntilUtc, addSeconds(now, CLAIM_ATTEMPT_SECONDS));
    const startByUtc = addSeconds(untilUtc, START_WITHIN_SECONDS);
    const seconds = order.maximumDurationMinutes * 60 + pace.soakSeconds + pace.unknownTimeoutSeconds;
    const said = yield* child(
      context,
      children.awaitClaim,
      childId(context.df.instanceId, `claim-${attempt}`),
      {
        claimId: context.df.instanceId,
        kind: 'onDemand',
        ledger,
        disruption,
        vmId,
        pace,
        untilUtc,
        startByUtc,
        closesUtc: addSeconds(startByUtc, seconds),
        deadlineUtc: waitUntilUtc,
      },
    );
    if (said.granted) return { kind: 'granted', startByUtc };
    if (ifBusy === 'fail' || nowUtc(context) >= waitUntilUtc) return { kind: 'refused', rules: said.rules };
  }
}

type Installed =
  | { readonly kind: 'refused'; readonly error: NonNullable<Result['error']> }
  | { readonly kind: 'ended'; readonly summary: PatchInstallationSummary | null };

/** Starts the installation, at most once whatever is repeated, and waits for its end. */
function* install(context: OrchestrationContext, input: Input, startByUtc: string): Step<Installed> {
  const { vmId, order, by, pace, disruption } = input;
  const { region } = disruption;
  const claimId = context.df.instanceId;
  const sinceUtc = nowUtc(context);
  const job = { region, vmId, claim: { claimId, startByUtc }, sinceUtc, order, by };
  let start = yield* call(context, startOrderedInstall, job);
  while (start.kind === 'wait') {
    yield* waitUntil(context, start.untilUtc); // bounded: after `startByUtc` it is refused
    start = yield* call(context, startOrderedInstall, job);
  }
  if (start.kind === 'refused') return start;
  signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', {
    kind: 'installStarted',
    claimId,
  });
  const untilUtc = addSeconds(start.deadlineUtc, pace.installPollLastSeconds * 2);
  const { summary } = yield* child(context, children.awaitInstall, childId(claimId, 'install'), {
    region,
    vmId,
    claimId,
    sinceUtc,
    pace,
    untilUtc,
  });
  return { kind: 'ended', summary };
}

function signalEnd(
  context: OrchestrationContext,
  { vmId }: Input,
  installation: PatchInstallationSummary | null,
  health: HealthSeen,
): void {
  signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', {
    kind: 'installEnded',
    installation,
    health,
  });
}

/** Gives the claim back. A VM of a set that is not healthy goes on holding the set (INV-13). */
function* releaseClaim(context: OrchestrationContext, input: Input, health: HealthSeen | null): Step<void> {
  const { availabilitySetId, region } = input.disruption;
  const isImpaired = health?.answer === 'unhealthy' || health?.answer === 'unknown';
  const impaired: Impairment[] =
    isImpaired && availabilitySetId !== null
      ? [{ vmId: input.vmId, availabilitySetId, region, sinceUtc: nowUtc(context) }]
      : [];
  yield* releaseClaimed(context, input, context.df.instanceId, impaired);
}

const nothing = (error: NonNullable<Result['error']>): Result => ({ summary: null, health: null, error });

function lost(summary: PatchInstallationSummary | null): Result['error'] {
  if (summary !== null) return null;
  return {
    code: 'VMGuestPatchInternalError',
    message:
      'The platform lost the installation; its result is not known. Assess the VM to see what is left.',
  };
}
