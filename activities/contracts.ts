import { z } from 'zod';
import { StopReason, WaitReason } from '../domain/control';
import { Disruption } from '../domain/disruption';
import { OutcomeCounts } from '../domain/gates';
import { HealthAnswer } from '../domain/health';
import { ImageFamily } from '../domain/imageFamily';
import { RolloutId, Utc, VmId } from '../domain/ids';
import { Claim } from '../domain/ledger';
import { Outcome } from '../domain/outcome';
import { OutcomeReason } from '../domain/reasons';
import {
  ApiError,
  AvailablePatchSummary,
  PatchClassification,
  PatchInstallationSummary,
} from '../domain/patches';
import { PhaseId } from '../domain/phaseId';
import { Policy } from '../domain/policy';
import { WaitTopic } from '../domain/waitTopic';
import { VmEvent } from '../domain/vmState';

/**
 * What an orchestrator may know of an activity: its name and the shapes that cross the wire. Inputs and outputs are objects under
 * 16 KB. Contracts outlive deployments: they change by addition only.
 */
export interface ActivityContract {
  readonly name: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** The part of the policy that paces waits. It travels with the inputs, so that a replay never sees another value. */
export const Pace = Policy.pick({
  assessmentTimeoutSeconds: true,
  assessmentPollSeconds: true,
  installPollFirstSeconds: true,
  installPollLastSeconds: true,
  soakSeconds: true,
  healthPollSeconds: true,
  unknownTimeoutSeconds: true,
  bakeAfterCanarySeconds: true,
  bakeSeconds: true,
  claimPollFirstSeconds: true,
  claimPollLastSeconds: true,
  ticketLapseSeconds: true,
  wakeFallbackSeconds: true,
  enablementRetryFirstSeconds: true,
  enablementRetryLastSeconds: true,
});
export type Pace = Readonly<z.infer<typeof Pace>>;

/** Where rounds are run one after another: a set, or the standalone batches of a stage (`group` null). */
export const RoundScope = z.object({
  rolloutId: RolloutId,
  phase: PhaseId,
  region: z.string(),
  stage: z.string(),
  group: z.string().nullable(),
});
export type RoundScope = Readonly<z.infer<typeof RoundScope>>;

export const RoundRef = RoundScope.extend({ group: z.string(), round: z.number().int() });
export type RoundRef = Readonly<z.infer<typeof RoundRef>>;

/**
 * Makes the plan of the month from the inventory and keeps it; a repeat returns the plan that was kept. While the driver lists no VM there is
 * no plan: an empty one would end the rollout as if everything had been done.
 */
export const planRollout = {
  name: 'planRollout',
  input: z.object({ rolloutId: RolloutId }),
  output: z.object({
    phases: z.array(z.object({ phase: PhaseId, regions: z.array(z.string()) })),
    endsUtc: Utc,
    pace: Pace,
    /** Nothing is planned, and the rollout waits until the driver lists VMs. */
    waitsForInventory: z.boolean().default(false),
  }),
} satisfies ActivityContract;

/** May something new start here now? `wait` passes when a person decides; `stop` never does. */
export const readControl = {
  name: 'readControl',
  input: z.object({ rolloutId: RolloutId, phase: PhaseId, region: z.string().nullable() }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('go') }),
    z.object({ kind: z.literal('wait'), reason: WaitReason, why: z.string() }),
    z.object({ kind: z.literal('stop'), reason: StopReason }),
  ]),
} satisfies ActivityContract;

/** Writes down that an instance sleeps until it is woken: what changes its answer raises an event to it. */
export const recordWait = {
  name: 'recordWait',
  input: z.object({ rolloutId: RolloutId, topic: WaitTopic, instanceId: z.string(), untilUtc: Utc }),
  output: z.object({}),
} satisfies ActivityContract;

/** Writes down that a phase begins, and how many VMs it may attempt when those before it proved nothing. */
export const openPhase = {
  name: 'openPhase',
  input: z.object({ rolloutId: RolloutId, phase: PhaseId }),
  output: z.object({ startedUtc: Utc, attemptMax: z.number().int().nullable() }),
} satisfies ActivityContract;

/** Decides the gate of a phase on its evidence. A halt is written down here and waits for a person. */
export const decidePhaseGate = {
  name: 'decidePhaseGate',
  input: z.object({ rolloutId: RolloutId, phase: PhaseId }),
  output: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('wait'),
      why: z.string(),
      /** When the passing of time alone may decide it; null when it needs more evidence, or a person. */
      nextUtc: Utc.nullable().default(null),
    }),
    z.object({ kind: z.literal('open'), openedUtc: Utc, why: z.string() }),
    z.object({ kind: z.literal('stop'), reason: StopReason }),
  ]),
} satisfies ActivityContract;

/** The stages of a region, in order, and the sets in each. VMs beyond `attemptMax` are deferred here and now. */
export const openRegion = {
  name: 'openRegion',
  input: z.object({
    rolloutId: RolloutId,
    phase: PhaseId,
    region: z.string(),
    attemptMax: z.number().int().nullable(),
  }),
  output: z.object({
    stages: z.array(z.object({ stage: z.string(), standalone: z.boolean(), sets: z.array(z.string()) })),
  }),
} satisfies ActivityContract;

/** Which round of a scope comes next: the one whose window opens first. Everything instants, nothing about time zones. */
export const chooseRound = {
  name: 'chooseRound',
  input: RoundScope.extend({
    /** `<group>.<round>` of the rounds that have run. */
    done: z.array(z.string()),
    /** Only windows that open after this instant; null for any. */
    freshAfterUtc: Utc.nullable(),
    endsUtc: Utc,
  }),
  output: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('round'),
      ref: RoundRef,
      opensUtc: Utc,
      /** No claim is worth having after this: too little of the window is left. */
      acquireByUtc: Utc,
      /** No install starts after this. */
      startByUtc: Utc,
      closesUtc: Utc,
      disruption: Disruption,
      /** Key of the ledger entity that grants it. */
      ledger: z.string(),
      catchUpSlotsMax: z.number().int(),
    }),
    z.object({ kind: z.literal('none'), reason: OutcomeReason.nullable() }),
  ]),
} satisfies ActivityContract;

/** Gives every VM of the rounds that did not run its outcome. */
export const endRounds = {
  name: 'endRounds',
  input: RoundScope.extend({ done: z.array(z.string()), reason: OutcomeReason }),
  output: z.object({ ended: z.number().int() }),
} satisfies ActivityContract;

/** The right under which a round disrupts its VMs: `claimId` is the id of the round's orchestration. */
export const RoundClaim = z.object({ claimId: z.string(), startByUtc: Utc, closesUtc: Utc });
export type RoundClaim = Readonly<z.infer<typeof RoundClaim>>;

/**
 * Takes the steps that are due for the VMs of a round, all together. `call` counts from 1: a call that is repeated answers what it
 * answered first. At most 16 KB: what does not fit waits for the next call, which is due at once.
 */
export const advanceRound = {
  name: 'advanceRound',
  input: z.object({ ref: RoundRef, claim: RoundClaim, call: z.number().int() }),
  output: z.object({
    /** When the next step of any VM is due; null when every VM has its outcome. */
    dueUtc: Utc.nullable(),
    /** What the VMs' entities are to be sent. */
    events: z.array(z.object({ vmId: VmId, event: VmEvent })),
  }),
} satisfies ActivityContract;

/** Writes a round down when every VM of it has ended, decides on it, its region and its phase, and writes down the halt if there is to be one. */
export const recordRound = {
  name: 'recordRound',
  input: z.object({ ref: RoundRef, claimId: z.string() }),
  output: z.object({
    gate: z.enum(['open', 'hold', 'halt']),
    why: z.string(),
    /** VMs that are unhealthy after their update, or unknown for too long: they go on holding their availability set (INV-13). */
    unhealthy: z.array(VmId),
    /** VMs of which it is not known whether they are still being installed: the claim must not be released by its round. */
    unclear: z.number().int(),
  }),
} satisfies ActivityContract;

/** Looks again at everything before touching a VM: control, model, power, agent, health, window. */
export const lookAtVm = {
  name: 'lookAtVm',
  input: z.object({ rolloutId: RolloutId, phase: PhaseId, region: z.string(), vmId: VmId }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('go'), family: ImageFamily }),
    z.object({ kind: z.literal('end'), outcome: Outcome }),
  ]),
} satisfies ActivityContract;

const KeyRange = z.object({ from: z.string(), before: z.string() });
export type KeyRange = Readonly<z.infer<typeof KeyRange>>;

const AssessmentOperation = z.object({ vmId: VmId, operationId: z.string() });

/** Starts assessments. A repeat starts them again, which does no harm: an assessment changes nothing. */
export const startAssessments = {
  name: 'startAssessments',
  input: z.object({
    vmIds: z.array(VmId),
    /** The range of due keys that the VMs were found in; a VM that is gone is due no more. */
    due: KeyRange.nullable().default(null),
  }),
  output: z.object({
    started: z.array(AssessmentOperation),
    refused: z.array(z.object({ vmId: VmId, code: z.string(), message: z.string() })),
    retryAfterSeconds: z.number().nullable(),
  }),
} satisfies ActivityContract;

/** Reads assessments, and writes down when each VM is due again. */
export const collectAssessments = {
  name: 'collectAssessments',
  input: z.object({
    operations: z.array(AssessmentOperation),
    /** The range of due keys that the VMs were found in; null when no VM was due. */
    due: KeyRange.nullable(),
  }),
  output: z.object({
    running: z.array(AssessmentOperation),
    assessed: z.array(z.object({ vmId: VmId, summary: AvailablePatchSummary })),
    failed: z.array(z.object({ vmId: VmId, message: z.string() })),
  }),
} satisfies ActivityContract;

/** The one place that starts an installation, at most once per VM and claim, however often it is called. */
export const startInstall = {
  name: 'startInstall',
  input: z.object({
    rolloutId: RolloutId,
    phase: PhaseId,
    region: z.string(),
    vmId: VmId,
    claim: z.object({ claimId: z.string(), startByUtc: Utc }),
    /** When this attempt on the VM began: an installation that the platform began since, and that is in no row, is ours. */
    sinceUtc: Utc,
    family: ImageFamily,
  }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('started'), deadlineUtc: Utc }),
    /** The answer to a request is not known, or the platform asks for patience: ask again at this instant. */
    z.object({ kind: z.literal('wait'), untilUtc: Utc }),
    z.object({ kind: z.literal('end'), outcome: Outcome }),
  ]),
} satisfies ActivityContract;

/** What a person asks to have installed: the body of installPatches, understood. */
export const InstallOrder = z.object({
  maximumDurationMinutes: z.number().int().positive(),
  rebootSetting: z.enum(['IfRequired', 'Never', 'Always']),
  classificationsToInclude: z.array(PatchClassification),
  maxPatchPublishDate: z.string().nullable(),
  kbNumbersToInclude: z.array(z.string()).exactOptional(),
  kbNumbersToExclude: z.array(z.string()).exactOptional(),
  excludeKbsRequiringReboot: z.boolean().exactOptional(),
  packageNameMasksToInclude: z.array(z.string()).exactOptional(),
  packageNameMasksToExclude: z.array(z.string()).exactOptional(),
});
export type InstallOrder = Readonly<z.infer<typeof InstallOrder>>;

/** As `startInstall`, for what a person asked for: at any hour, but under a claim, and at most once. */
export const startOrderedInstall = {
  name: 'startOrderedInstall',
  input: z.object({
    region: z.string(),
    vmId: VmId,
    claim: z.object({ claimId: z.string(), startByUtc: Utc }),
    sinceUtc: Utc,
    order: InstallOrder,
    by: z.string(),
  }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('started'), deadlineUtc: Utc }),
    z.object({ kind: z.literal('wait'), untilUtc: Utc }),
    z.object({ kind: z.literal('refused'), error: ApiError }),
  ]),
} satisfies ActivityContract;

/** Reads the installation that `startInstall` started for this claim. */
export const collectInstall = {
  name: 'collectInstall',
  input: z.object({ region: z.string(), vmId: VmId, claimId: z.string(), sinceUtc: Utc }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('running') }),
    z.object({ kind: z.literal('ended'), summary: PatchInstallationSummary }),
    z.object({ kind: z.literal('lost') }),
  ]),
} satisfies ActivityContract;

export const probeHealth = {
  name: 'probeHealth',
  input: z.object({ vmId: VmId }),
  /** A VM that is gone answers `stopped`, and `gone`. */
  output: z.object({
    answer: HealthAnswer,
    because: z.string(),
    atUtc: Utc,
    gone: z.boolean().default(false),
  }),
} satisfies ActivityContract;

/** Whether every VM of the rollout has its final outcome, or the rollout's time is up. */
export const readCompletion = {
  name: 'readCompletion',
  input: z.object({ rolloutId: RolloutId }),
  output: z.object({ complete: z.boolean() }),
} satisfies ActivityContract;

/** Ends the rollout: gives every VM without an outcome one, and writes the summary. */
export const closeRollout = {
  name: 'closeRollout',
  input: z.object({ rolloutId: RolloutId }),
  output: z.object({ counts: OutcomeCounts }),
} satisfies ActivityContract;

/** Key ranges of the VMs that are due for an assessment and whose window is open, at most 30 VMs each. */
export const listDueAssessments = {
  name: 'listDueAssessments',
  input: z.object({ nowUtc: Utc }),
  output: z.object({ chunks: z.array(KeyRange) }),
} satisfies ActivityContract;

export const readDueAssessments = {
  name: 'readDueAssessments',
  input: KeyRange.extend({ nowUtc: Utc }),
  output: z.object({ vmIds: z.array(VmId) }),
} satisfies ActivityContract;

/**
 * Makes small plans for the VMs of open rollouts that deserve a second chance and can be reached now. A repeat for the same phase
 * returns the plans that were kept.
 */
export const planCatchUps = {
  name: 'planCatchUps',
  input: z.object({
    nowUtc: Utc,
    phase: PhaseId,
    /** So many catch-ups at most; VMs of other regions wait for the next sweep. */
    regionsMax: z.number().int().default(80),
  }),
  output: z.object({
    catchUps: z.array(z.object({ rolloutId: RolloutId, region: z.string(), endsUtc: Utc })),
    pace: Pace,
    /** Keys of the ledgers that may hold suspect claims or impaired VMs. */
    ledgers: z.array(z.string()),
    claimGraceSeconds: z.number(),
  }),
} satisfies ActivityContract;

/** Asks the driver whether anything is still in flight under a suspect claim, and what is known of the VMs that were installed under it. */
export const settleClaim = {
  name: 'settleClaim',
  input: z.object({ claim: Claim }),
  output: z.object({
    inFlight: z.number().int(),
    overrun: z.boolean(),
    /** VMs installed under the claim and not known to be healthy since: unhealthy, or not watched to the end. */
    unproven: z.array(VmId).default([]),
  }),
} satisfies ActivityContract;

/** VMs whose patch extension is behind and whose window is open. Listing takes them off the list. */
export const collectOutdatedExtensions = {
  name: 'collectOutdatedExtensions',
  input: z.object({
    nowUtc: Utc,
    /** So many at most; the next sweep takes the rest. */
    vmsMax: z.number().int().default(40),
  }),
  output: z.object({ vmIds: z.array(VmId) }),
} satisfies ActivityContract;

/** Where the enablement of a VM stands and when it may go on. */
export const readEnablement = {
  name: 'readEnablement',
  input: z.object({ vmId: VmId }),
  output: z.discriminatedUnion('kind', [
    /** The extension is there; `detail` says what became of the guest's own updates. The window is when it may be assessed. */
    z.object({
      kind: z.literal('ready'),
      detail: z.string().exactOptional(),
      opensUtc: Utc.exactOptional(),
      closesUtc: Utc.exactOptional(),
    }),
    /** The extension can be worked on from `opensUtc` to `closesUtc`. */
    z.object({
      kind: z.literal('window'),
      opensUtc: Utc,
      closesUtc: Utc,
      /** It was enabled before: the extension is only behind. */
      enabled: z.boolean().exactOptional(),
      /** What the VM lacks. */
      obstacle: z.string().exactOptional(),
    }),
    z.object({ kind: z.literal('stop'), why: z.string() }),
  ]),
} satisfies ActivityContract;

export const startExtension = {
  name: 'startExtension',
  input: z.object({ vmId: VmId, closesUtc: Utc }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('started'), operationId: z.string() }),
    /** `retryUtc`: the refusal passes by itself, soon. */
    z.object({ kind: z.literal('refused'), message: z.string(), retryUtc: Utc.exactOptional() }),
  ]),
} satisfies ActivityContract;

export const collectExtension = {
  name: 'collectExtension',
  input: z.object({ vmId: VmId, operationId: z.string() }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('running') }),
    z.object({ kind: z.literal('installed'), detail: z.string() }),
    z.object({ kind: z.literal('failed'), message: z.string() }),
  ]),
} satisfies ActivityContract;
