import { z } from 'zod';
import { HealthAnswer } from './health';
import { Utc, type VmId } from './ids';
import { ImageFamily } from './imageFamily';
import { addSeconds, earlier } from './instants';
import { outcomeOf, type Outcome } from './outcome';
import { AvailablePatchSummary, PatchInstallationSummary } from './patches';
import type { Policy } from './policy';
import { because, OutcomeKind, OutcomeReason, type Because } from './reasons';

/**
 * One VM in one round, from the first look to its outcome: look again at everything, assess, install Critical and Security, watch its
 * health through the soak. The state is the step that comes next and the instant it is due; `observed` takes what the step found and
 * answers the state that follows. Pure: the activity `advanceRound` does the steps.
 */

/** Set when a step throws: its outcome is not known, so the same step is taken again, later and later. */
const failures = z.number().int().default(0);

/** When the work on this VM began: an installation that the platform began since, and no other row explains, is this round's. */
const sinceUtc = Utc;

const assessment = AvailablePatchSummary;

/** VMs that get the same update: the family whose evidence decides how many of it may be installed. */
const family = ImageFamily;

/**
 * What a VM's installation says of the patch. `unproven`: nothing; `notStarted`: it was granted, and certainly never started. Null when it
 * was not granted.
 */
export const InstallResult = z.enum(['healthy', 'unhealthy', 'failed', 'unproven', 'notStarted']);
export type InstallResult = z.infer<typeof InstallResult>;

export const VmUpdate = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('look'), dueUtc: Utc, failures }),
  z.object({ kind: z.literal('startAssessment'), dueUtc: Utc, failures, sinceUtc, giveUpUtc: Utc, family }),
  z.object({
    kind: z.literal('readAssessment'),
    dueUtc: Utc,
    failures,
    sinceUtc,
    giveUpUtc: Utc,
    operationId: z.string(),
    family,
  }),
  /** Waits until its family has proven enough for one more installation. */
  z.object({ kind: z.literal('askExposure'), dueUtc: Utc, failures, sinceUtc, assessment, family }),
  z.object({ kind: z.literal('startInstall'), dueUtc: Utc, failures, sinceUtc, assessment, family }),
  z.object({
    kind: z.literal('readInstall'),
    dueUtc: Utc,
    failures,
    sinceUtc,
    assessment,
    giveUpUtc: Utc,
    polls: z.number().int(),
    /** By this the platform says whether it still runs, without a look at the row of the installation. */
    install: z.object({ operationId: z.string(), deadlineUtc: Utc }).nullable().default(null),
    family,
  }),
  z.object({
    kind: z.literal('probe'),
    dueUtc: Utc,
    failures,
    assessment,
    /** Null when the platform lost the installation: its result is not known. */
    installation: PatchInstallationSummary.nullable(),
    /** When the soak is over. */
    soakedUtc: Utc,
    /** A VM that is still unknown then counts as unhealthy: its silence is the answer. */
    silentUtc: Utc,
    family,
  }),
  z.object({
    kind: z.literal('ended'),
    outcomeKind: OutcomeKind,
    reason: OutcomeReason,
    /** Null when it ended before its family was asked about. */
    family: family.nullable(),
    result: InstallResult.nullable(),
    endedUtc: Utc,
  }),
]);
export type VmUpdate = Readonly<z.infer<typeof VmUpdate>>;
export type OpenVmUpdate = Exclude<VmUpdate, { kind: 'ended' }>;

/** What a step found. `threw`: its outcome is not known. */
export type Observation =
  | { readonly of: 'look'; readonly obstacle: Outcome }
  | { readonly of: 'look'; readonly family: ImageFamily }
  | { readonly of: 'startAssessment'; readonly operationId: string }
  | { readonly of: 'startAssessment'; readonly refusal: Refusal }
  | { readonly of: 'readAssessment'; readonly answer: AssessmentAnswer }
  /** `startByUtc`: after that no install of the round may start. `setFull`: it was not its family that kept it waiting. */
  | {
      readonly of: 'askExposure';
      readonly granted: boolean;
      readonly startByUtc: string;
      readonly setFull?: boolean;
      /** The budget that kept it waiting, and its members that are down by themselves. `notClaimed`: of which the round may begin none. */
      readonly budget?: { readonly budget: string; readonly down: string; readonly notClaimed: boolean };
    }
  | { readonly of: 'startInstall'; readonly answer: InstallStart }
  | { readonly of: 'readInstall'; readonly answer: InstallProgress }
  | { readonly of: 'probe'; readonly health: HealthSeen }
  | { readonly of: 'threw'; readonly message: string };

export interface Refusal {
  /** Whether it passes by itself: another operation on the VM, or too many requests. */
  readonly passes: boolean;
  readonly message: string;
  readonly retryAfterSeconds: number | null;
}

export type AssessmentAnswer =
  | { readonly kind: 'running'; readonly retryAfterSeconds: number | null }
  | { readonly kind: 'assessed'; readonly summary: AvailablePatchSummary; readonly nothingWanted?: true }
  | { readonly kind: 'failed'; readonly message: string };

export type InstallStart =
  | { readonly kind: 'started'; readonly deadlineUtc: string; readonly operationId: string }
  | { readonly kind: 'wait'; readonly untilUtc: string }
  | { readonly kind: 'end'; readonly outcome: Outcome };

export type InstallProgress =
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly summary: PatchInstallationSummary }
  | { readonly kind: 'lost' };

export const HealthSeen = z.object({ answer: HealthAnswer, because: z.string(), atUtc: Utc });
export type HealthSeen = Readonly<z.infer<typeof HealthSeen>>;

/** How a VM ended, with everything that was learnt of it on the way. */
export interface VmEnding {
  readonly outcome: Outcome;
  readonly assessment: AvailablePatchSummary | null;
  readonly installation: PatchInstallationSummary | null;
  readonly health: HealthSeen | null;
  readonly result: InstallResult | null;
}

export type Advanced =
  | { readonly kind: 'open'; readonly update: OpenVmUpdate }
  | { readonly kind: 'ended'; readonly ending: VmEnding };

/** The durations a VM's update is paced by; all are members of the policy, in seconds. */
export type UpdatePace = Pick<
  Policy,
  | 'assessmentTimeoutSeconds'
  | 'assessmentPollFirstSeconds'
  | 'assessmentPollSeconds'
  | 'installPollFirstSeconds'
  | 'installPollLastSeconds'
  | 'soakSeconds'
  | 'healthPollSeconds'
  | 'unknownTimeoutSeconds'
>;

export interface Moment {
  readonly vmId: VmId;
  readonly nowUtc: string;
  readonly pace: UpdatePace;
}

export const firstStep = (nowUtc: string): OpenVmUpdate => ({ kind: 'look', dueUtc: nowUtc, failures: 0 });

/** The state after a step. Throws when the observation is not of the step that was due: a broken assumption of the caller. */
export function observed(update: OpenVmUpdate, observation: Observation, moment: Moment): Advanced {
  if (observation.of === 'threw') return afterFailure(update, observation.message, moment);
  switch (update.kind) {
    case 'look':
      if (observation.of === 'look') return afterLook(observation, moment);
      break;
    case 'startAssessment':
      if (observation.of === 'startAssessment') return afterAssessmentStart(update, observation, moment);
      break;
    case 'readAssessment':
      if (observation.of === 'readAssessment') return afterAssessmentRead(update, observation.answer, moment);
      break;
    case 'askExposure':
      if (observation.of === 'askExposure') return afterExposureAnswer(update, observation, moment);
      break;
    case 'startInstall':
      if (observation.of === 'startInstall') return afterInstallStart(update, observation.answer, moment);
      break;
    case 'readInstall':
      if (observation.of === 'readInstall') return afterInstallRead(update, observation.answer, moment);
      break;
    case 'probe':
      if (observation.of === 'probe') return afterProbe(update, observation.health, moment);
  }
  throw new Error(`A VM whose next step is ${update.kind} was given an observation of ${observation.of}.`);
}

function afterLook(found: Extract<Observation, { of: 'look' }>, { nowUtc, pace }: Moment): Advanced {
  if ('obstacle' in found) return ended(found.obstacle);
  return open({
    kind: 'startAssessment',
    dueUtc: nowUtc,
    failures: 0,
    sinceUtc: nowUtc,
    giveUpUtc: addSeconds(nowUtc, pace.assessmentTimeoutSeconds),
    family: found.family,
  });
}

function afterAssessmentStart(
  { sinceUtc: since, giveUpUtc, family: of }: Extract<VmUpdate, { kind: 'startAssessment' }>,
  observation: Extract<Observation, { of: 'startAssessment' }>,
  moment: Moment,
): Advanced {
  const { nowUtc, pace } = moment;
  const wait = { failures: 0, sinceUtc: since, giveUpUtc, family: of };
  if ('operationId' in observation) {
    const dueUtc = addSeconds(nowUtc, pace.assessmentPollFirstSeconds);
    const { operationId } = observation;
    return open({ kind: 'readAssessment', dueUtc, operationId, ...wait });
  }
  const { passes, message, retryAfterSeconds } = observation.refusal;
  if (!passes || nowUtc >= giveUpUtc) return assessmentFailed(message, moment);
  const dueUtc = addSeconds(nowUtc, Math.max(pace.assessmentPollSeconds, retryAfterSeconds ?? 0));
  return open({ kind: 'startAssessment', dueUtc, ...wait });
}

function afterAssessmentRead(
  update: Extract<VmUpdate, { kind: 'readAssessment' }>,
  answer: AssessmentAnswer,
  moment: Moment,
): Advanced {
  const { nowUtc, pace } = moment;
  if (answer.kind === 'failed') return assessmentFailed(answer.message, moment);
  if (answer.kind === 'running') {
    if (nowUtc >= update.giveUpUtc) return assessmentFailed('The assessment did not end in time.', moment);
    const seconds = Math.max(pace.assessmentPollSeconds, answer.retryAfterSeconds ?? 0);
    return open({ ...update, dueUtc: addSeconds(nowUtc, seconds), failures: 0 });
  }
  const { summary } = answer;
  if (summary.criticalAndSecurityPatchCount === 0 || answer.nothingWanted === true) {
    const outcome = outcomeAt(moment, because('nothingToInstall'));
    return endedAssessed(outcome, summary, null);
  }
  const { sinceUtc: since, family: of } = update;
  return open({
    kind: 'askExposure',
    dueUtc: nowUtc,
    failures: 0,
    sinceUtc: since,
    assessment: summary,
    family: of,
  });
}

/** What is not granted now may be when more VMs of the family have proven healthy, in this window while an install can still start in it. */
function afterExposureAnswer(
  update: Extract<VmUpdate, { kind: 'askExposure' }>,
  { granted, startByUtc, setFull, budget }: Extract<Observation, { of: 'askExposure' }>,
  moment: Moment,
): Advanced {
  const { nowUtc, pace } = moment;
  if (granted) return open({ ...update, kind: 'startInstall', dueUtc: nowUtc, failures: 0 });
  if (nowUtc < startByUtc && budget?.notClaimed !== true)
    return open({ ...update, dueUtc: addSeconds(nowUtc, pace.installPollLastSeconds), failures: 0 });
  const outcome = outcomeAt(
    moment,
    budget !== undefined
      ? because('budgetUsedUp', { budget: budget.budget, down: budget.down })
      : setFull === true
        ? because('waitingForSet')
        : because('evidenceLimit', { family: update.family }),
  );
  return endedAssessed(outcome, update.assessment, null);
}

function afterInstallStart(
  update: Extract<VmUpdate, { kind: 'startInstall' }>,
  answer: InstallStart,
  { nowUtc, pace }: Moment,
): Advanced {
  switch (answer.kind) {
    case 'end':
      return endedAssessed(answer.outcome, update.assessment, 'notStarted');
    case 'wait':
      return open({ ...update, dueUtc: answer.untilUtc, failures: 0 });
    case 'started':
      return open({
        kind: 'readInstall',
        dueUtc: addSeconds(nowUtc, pace.installPollFirstSeconds),
        failures: 0,
        sinceUtc: update.sinceUtc,
        assessment: update.assessment,
        giveUpUtc: addSeconds(answer.deadlineUtc, pace.installPollLastSeconds * 2),
        polls: 0,
        install: { operationId: answer.operationId, deadlineUtc: answer.deadlineUtc },
        family: update.family,
      });
  }
}

function afterInstallRead(
  update: Extract<VmUpdate, { kind: 'readInstall' }>,
  answer: InstallProgress,
  { nowUtc, pace }: Moment,
): Advanced {
  if (answer.kind === 'running' && nowUtc < update.giveUpUtc) {
    const polls = update.polls + 1;
    const backedOff = pace.installPollFirstSeconds * 2 ** Math.min(polls, 20);
    const dueUtc = addSeconds(nowUtc, Math.min(pace.installPollLastSeconds, backedOff));
    return open({ ...update, dueUtc, failures: 0, polls });
  }
  const soakedUtc = addSeconds(nowUtc, pace.soakSeconds);
  return open({
    kind: 'probe',
    dueUtc: nowUtc,
    failures: 0,
    assessment: update.assessment,
    installation: answer.kind === 'ended' ? answer.summary : null,
    soakedUtc,
    silentUtc: addSeconds(soakedUtc, pace.unknownTimeoutSeconds),
    family: update.family,
  });
}

/** Elapsed time proves nothing: a VM that is unknown when its soak ends is watched on until it answers, or its silence is the answer. */
function afterProbe(
  update: Extract<VmUpdate, { kind: 'probe' }>,
  health: HealthSeen,
  moment: Moment,
): Advanced {
  const { nowUtc, pace } = moment;
  const { assessment: assessed, installation, soakedUtc, silentUtc } = update;
  const soaked = nowUtc >= soakedUtc && (health.answer !== 'unknown' || nowUtc >= silentUtc);
  if (soaked || health.answer === 'stopped') {
    const outcome = outcomeAt(moment, becauseOf(installation, health));
    const result = resultOf(outcome, installation);
    return { kind: 'ended', ending: { outcome, assessment: assessed, installation, health, result } };
  }
  // What it answers during its soak decides nothing, so it is probed when its soak begins and when it ends.
  const dueUtc =
    nowUtc < soakedUtc ? soakedUtc : earlier(addSeconds(nowUtc, pace.healthPollSeconds), silentUtc);
  return open({ ...update, dueUtc, failures: 0 });
}

/** Health decides first: a VM that is unhealthy after its update is that, however the installation ended. */
function becauseOf(installation: PatchInstallationSummary | null, health: HealthSeen): Because {
  if (health.answer === 'stopped') return because('stoppedDuringSoak', { because: health.because });
  if (health.answer === 'unknown') return because('unknownTooLong', { because: health.because });
  if (health.answer === 'unhealthy') return because('unhealthyAfterUpdate', { because: health.because });
  if (installation === null) return because('installLost');
  const { status, failedPatchCount, pendingPatchCount, installedPatchCount, error } = installation;
  if (failedPatchCount > 0) return because('patchesFailed', { failedPatchCount, installedPatchCount });
  if (status === 'Failed')
    return because('installFailed', { message: error?.message ?? 'The installation failed.' });
  if (pendingPatchCount > 0) return because('patchesPending', { pendingPatchCount, installedPatchCount });
  if (installedPatchCount === 0) return because('nothingToInstall'); // the platform found nothing after all
  return because('installed', { installedPatchCount });
}

/** Only a VM that installed something and stayed healthy is evidence. Pending patches count neither way. */
function resultOf({ kind, reason }: Outcome, installation: PatchInstallationSummary | null): InstallResult {
  if (kind === 'unhealthy') return 'unhealthy';
  const installedSome = (installation?.installedPatchCount ?? 0) > 0;
  if (kind === 'patched' || reason === 'patchesPending') return installedSome ? 'healthy' : 'unproven';
  return kind === 'failed' ? 'failed' : 'unproven';
}

/** A step may throw so often, first after seconds and then every five minutes: about three hours, longer than platforms are usually out. */
const FAILURES_MAX = 40;
const RETRY_FIRST_SECONDS = 5;
const RETRY_LAST_SECONDS = 300;

function afterFailure(update: OpenVmUpdate, message: string, moment: Moment): Advanced {
  const count = update.failures + 1;
  if (count >= FAILURES_MAX) {
    const step = update.kind;
    const outcome = outcomeAt(moment, because('orchestrationFailed', { step, failures: count, message }));
    const mayHaveStarted = step === 'startInstall' || step === 'readInstall' || step === 'probe';
    return mayHaveStarted ? endedAssessed(outcome, update.assessment, 'unproven') : ended(outcome);
  }
  const seconds = Math.min(RETRY_LAST_SECONDS, RETRY_FIRST_SECONDS * 3 ** Math.min(count - 1, 10));
  return open({ ...update, dueUtc: addSeconds(moment.nowUtc, seconds), failures: count });
}

const assessmentFailed = (message: string, moment: Moment): Advanced =>
  ended(outcomeAt(moment, because('assessmentFailed', { message })));

const outcomeAt = ({ vmId, nowUtc }: Moment, why: Because): Outcome => outcomeOf(vmId, nowUtc, why);

const open = (update: OpenVmUpdate): Advanced => ({ kind: 'open', update });

const ended = (outcome: Outcome): Advanced => endedAssessed(outcome, null, null);

const endedAssessed = (
  outcome: Outcome,
  assessed: AvailablePatchSummary | null,
  result: InstallResult | null,
): Advanced => ({
  kind: 'ended',
  ending: { outcome, assessment: assessed, installation: null, health: null, result },
});
