import { z } from 'zod';
import { Utc, VmId } from './ids';

/** How a VM ends in a rollout: exactly one of these (INV-8). */
export const OutcomeKind = z.enum(['patched', 'upToDate', 'failed', 'unhealthy', 'deferred', 'skipped']);
export type OutcomeKind = z.infer<typeof OutcomeKind>;

/**
 * Why, as a short camelCase word from a closed list. People read `detail`; programs count `reason`.
 * Each is explained in docs/reasons.md, with what unblocks it.
 */
export const OutcomeReason = z.enum([
  // patched, upToDate
  'installed',
  'nothingToInstall',
  // failed
  'assessmentFailed',
  'installFailed',
  'patchesFailed',
  'patchesPending',
  'installLost',
  'installRefused',
  'orchestrationFailed',
  // unhealthy
  'unhealthyAfterUpdate',
  'unknownTooLong',
  // deferred: not a failure, caught up later
  'poweredOff',
  'stoppedDuringSoak',
  'agentSilent',
  'agentOutdated',
  'windowMissed',
  'waitingForSet',
  'evidenceLimit',
  'rolloutHalted',
  'rolloutPaused',
  'throttled',
  'installInFlight',
  'notReached',
  // skipped: not for this rollout
  'unhealthyBefore',
  'superseded',
  'deadlinePassed',
  'operatorSkipped',
  'rolloutCancelled',
  'vmDeleted',
  'excluded',
  'notInCharge',
  'patchModeNotPlatform',
  'patchModeMissing',
  'patchModeUnknown',
  'unsupportedImage',
  'customImage',
  'agentNotProvisioned',
  'automaticUpdatesOff',
  'notEnabled',
  'osTypeUnknown',
]);
export type OutcomeReason = z.infer<typeof OutcomeReason>;

export const Outcome = z.object({
  vmId: VmId,
  kind: OutcomeKind,
  reason: OutcomeReason,
  /** One sentence for people; may be empty. */
  detail: z.string(),
  atUtc: Utc,
});
export type Outcome = Readonly<z.infer<typeof Outcome>>;
