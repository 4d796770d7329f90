import { z } from 'zod';
import {
  BakeCursor,
  InstallOrder,
  LedgerItem,
  Pace,
  PlannedBatch,
  RoundRef,
  SeenDue,
} from '../activities/contracts';
import { Disruption } from '../domain/disruption';
import { OutcomeCounts } from '../domain/outcomeCounts';
import { HealthAnswer } from '../domain/health';
import { RolloutId, Utc, VmId } from '../domain/ids';
import { ClaimKind, Fence } from '../domain/ledger';
import { PhaseId } from '../domain/phaseId';
import { OutcomeReason } from '../domain/reasons';
import { ApiError, AvailablePatchSummary, PatchInstallationSummary } from '../domain/patches';

/**
 * What a parent may know of a child orchestration: its durable name, its input and its output. Instances outlive deployments, so
 * these change by addition only.
 */

/** What every orchestration of a rollout gets from its parent. */
const InRollout = z.object({
  rolloutId: RolloutId,
  phase: PhaseId,
  kind: ClaimKind,
  endsUtc: Utc,
  /** Only windows that open after this instant, so that a bake lasts until the next window. Null for any. */
  freshAfterUtc: Utc.nullable(),
  pace: Pace,
  /** Of the rollout when this began. */
  epoch: z.number().int().default(1),
});

export const monthlyRollout = {
  name: 'monthlyRollout',
  /** `generation` makes the ids of children belong to this one execution. */
  input: z.object({
    rolloutId: RolloutId,
    generation: z.number().int(),
    epoch: z.number().int().default(1),
  }),
  output: z.object({ counts: OutcomeCounts }),
} as const;

export const phaseRollout = {
  name: 'phaseRollout',
  input: InRollout.extend({ regions: z.array(z.string()) }),
  output: z.object({ regions: z.number().int(), failed: z.array(z.string()) }),
} as const;

export const regionRollout = {
  name: 'regionRollout',
  input: InRollout.extend({ region: z.string() }),
  output: z.object({ rounds: z.number().int() }),
} as const;

/** Probes the patched VMs of a phase again, after its bake. */
export const judgeAfterBake = {
  name: 'judgeAfterBake',
  input: z.object({
    rolloutId: RolloutId,
    phase: PhaseId,
    pace: Pace,
    /** From one generation of the instance to the next. */
    progress: z
      .object({
        from: BakeCursor.nullable(),
        waiting: z.array(VmId),
        probed: z.number().int(),
        unhealthy: z.number().int(),
      })
      .default({ from: null, waiting: [], probed: 0, unhealthy: 0 }),
  }),
  output: z.object({ probed: z.number().int(), unhealthy: z.number().int() }),
} as const;

const Rounds = z.object({ rounds: z.number().int() });

const Round = InRollout.extend({
  ref: RoundRef,
  disruption: Disruption,
  ledger: z.string(),
  acquireByUtc: Utc,
  startByUtc: Utc,
  closesUtc: Utc,
  /** Calls of `advanceRound` in the generations before this one; 0 before the claim. */
  call: z.number().int().default(0),
  /** Its batch does not wait for stragglers: the round ends without them, and answers what is left of it. */
  leavesStragglers: z.literal(true).exactOptional(),
  /** Of stragglers that were left: the claim of their round. */
  claimId: z.string().exactOptional(),
});

export const updateDomainRollout = {
  name: 'updateDomainRollout',
  input: Round,
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('ran'), stragglers: Round.exactOptional() }),
    /** The claim was not granted in this window. */
    z.object({ kind: z.literal('missed'), rules: z.array(z.string()) }),
    z.object({ kind: z.literal('stopped'), reason: OutcomeReason }),
  ]),
} as const;

/** The standalone VMs of one window cohort of a zone, or of those without a zone. */
export const zoneRollout = {
  name: 'zoneRollout',
  input: InRollout.extend({ region: z.string(), stage: z.string(), batches: z.array(PlannedBatch) }),
  output: Rounds,
} as const;

/** One lane of the pool that an orchestration has started: lanes take what is next, each when it is done with the last. */
const Lane = z.object({ lane: z.number().int(), lanes: z.number().int(), queue: z.string() });

export const batchRollout = {
  name: 'batchRollout',
  input: InRollout.extend({
    region: z.string(),
    stage: z.string(),
    group: z.string(),
    rounds: z.number().int(),
    lane: Lane,
    /** From one generation of the instance to the next: rounds taken, the one it still has, attempts, rounds run. */
    progress: z
      .object({
        taken: z.number().int(),
        again: z.number().int().nullable(),
        attempts: z.number().int(),
        ran: z.number().int(),
      })
      .default({ taken: 0, again: null, attempts: 0, ran: 0 }),
  }),
  /** What is left of its only round. */
  output: Rounds.extend({ stragglers: Round.exactOptional() }),
} as const;

export const availabilitySetsRollout = {
  name: 'availabilitySetsRollout',
  input: InRollout.extend({
    region: z.string(),
    stage: z.string(),
    sets: z.number().int(),
    lane: Lane,
    progress: z.object({ taken: z.number().int(), ran: z.number().int() }).default({ taken: 0, ran: 0 }),
  }),
  output: Rounds,
} as const;

export const availabilitySetRollout = {
  name: 'availabilitySetRollout',
  input: InRollout.extend({
    region: z.string(),
    stage: z.string(),
    group: z.string(),
    /** From one generation of the instance to the next. `done` holds the numbers of rounds. */
    progress: z
      .object({ done: z.array(z.number().int()), attempts: z.number().int() })
      .default({ done: [], attempts: 0 }),
  }),
  output: Rounds,
} as const;

/** Small children that poll what cannot wake them, back off and continue as new. */
const Polling = z.object({ polls: z.number().int().default(0), pace: Pace, untilUtc: Utc });

/** Small children that sleep until they are woken, or until time alone can change the answer. */
const Waiting = z.object({ looks: z.number().int().default(0), pace: Pace, untilUtc: Utc });

export const awaitInstall = {
  name: 'awaitInstall',
  input: Polling.extend({ region: z.string(), vmId: VmId, claimId: z.string(), sinceUtc: Utc }),
  output: z.object({ summary: PatchInstallationSummary.nullable() }),
} as const;

export const awaitClaim = {
  name: 'awaitClaim',
  input: Polling.extend({
    claimId: z.string(),
    kind: ClaimKind,
    ledger: z.string(),
    disruption: Disruption,
    startByUtc: Utc,
    closesUtc: Utc,
    deadlineUtc: Utc,
    fence: Fence.exactOptional(),
    /** The round that asks: of its VMs those that are down by themselves take nothing of a budget. */
    ref: RoundRef.exactOptional(),
    /** The same of the VM that a person asked for. */
    vmId: VmId.exactOptional(),
    /** It was asked for just now, and refused like this: the first poll comes after the first pause. */
    refused: z
      .object({ granted: z.literal(false), rules: z.array(z.string()), againUtc: Utc.exactOptional() })
      .exactOptional(),
  }),
  output: z.object({
    granted: z.boolean(),
    rules: z.array(z.string()),
    /** What it covers, where that is less than was asked for: members of budgets are down. */
    disruption: Disruption.exactOptional(),
  }),
} as const;

/** Waits until the driver lists VMs and the month is planned; false when the rollout's time was up first. */
export const awaitInventory = {
  name: 'awaitInventory',
  input: Waiting.extend({ rolloutId: RolloutId }),
  output: z.object({ planned: z.boolean() }),
} as const;

export const awaitGo = {
  name: 'awaitGo',
  input: Waiting.extend({
    rolloutId: RolloutId,
    phase: PhaseId,
    region: z.string().nullable(),
    /** The round that is about to begin; absent where none is. */
    round: RoundRef.exactOptional(),
  }),
  output: z.object({ go: z.boolean(), reason: OutcomeReason.nullable() }),
} as const;

export const awaitGate = {
  name: 'awaitGate',
  input: Waiting.extend({ rolloutId: RolloutId, phase: PhaseId }),
  output: z.object({ openedUtc: Utc.nullable(), nextOpensUtc: Utc.nullable().default(null) }),
} as const;

export const awaitCompletion = {
  name: 'awaitCompletion',
  input: Waiting.extend({ rolloutId: RolloutId }),
  output: z.object({ complete: z.boolean() }),
} as const;

/** One installation that a person asked for, on one VM. */
export const installOnDemand = {
  name: 'installOnDemand',
  input: z.object({
    vmId: VmId,
    order: InstallOrder,
    by: z.string(),
    disruption: Disruption,
    ledger: z.string(),
    /** What to do while the availability rules forbid it. */
    ifBusy: z.enum(['wait', 'fail']),
    /** The request is refused when it has not been admitted by then. */
    waitUntilUtc: Utc,
    pace: Pace,
  }),
  output: z.object({
    summary: PatchInstallationSummary.nullable(),
    health: z.object({ answer: HealthAnswer, because: z.string() }).nullable(),
    /** Why nothing was installed, or why it is not known what was. */
    error: ApiError.nullable(),
  }),
} as const;

export const assessVm = {
  name: 'assessVm',
  input: z.object({
    vmId: VmId,
    pace: Pace,
    /** So long a silent agent is waited for. */
    agentSeconds: z.number().int().nonnegative().default(0),
    /** What the assessment is to be known by: the id of the request that it came with. */
    activityId: z.string().exactOptional(),
  }),
  output: z.object({
    assessed: z.boolean(),
    message: z.string(),
    /** Of the refusal that it ended with, if it did. */
    code: z.string().nullable().default(null),
    summary: AvailablePatchSummary.nullable().default(null),
  }),
} as const;

/** How many VMs were assessed, and what the first failure was. */
const Assessed = z.object({
  assessed: z.number().int(),
  failed: z.number().int(),
  because: z.string().nullable().default(null),
});

/** Some VMs that are due, assessed together: those of a batch. */
export const assessBatch = {
  name: 'assessBatch',
  input: z.object({ batch: z.string() }),
  output: Assessed,
} as const;

/** Sweeps run beside each other, each over what its own store says is due. */
const Sweep = z.object({
  sweepUtc: Utc,
  /** The row of the agenda that it was started for; one that was started otherwise reads it itself. */
  seen: SeenDue.optional(),
});

export const assessmentSweep = {
  name: 'assessmentSweep',
  input: Sweep,
  output: Assessed,
} as const;

export const catchUpSweep = {
  name: 'catchUpSweep',
  input: Sweep,
  output: z.object({ regions: z.number().int() }),
} as const;

export const ledgerSweep = {
  name: 'ledgerSweep',
  /** `ledgers`: the rows of the agenda that it was started for, where they are few. */
  input: Sweep.extend({ ledgers: z.array(LedgerItem).exactOptional() }),
  output: z.object({ ledgers: z.number().int() }),
} as const;

/** How far the rows of VMs that are enabled together have come. */
const Enabling = {
  /** Key of the batch; absent before the first call. */
  batch: z.string().exactOptional(),
  /** Number of the last call of `advanceEnablements`. */
  call: z.number().int().default(0),
};

export const extensionSweep = {
  name: 'extensionSweep',
  input: Sweep.extend(Enabling),
  output: z.object({ updated: z.number().int() }),
} as const;

export const inventorySweep = {
  name: 'inventorySweep',
  input: Sweep.extend({
    /** A person sent this fleet: it is right, however small it has become. */
    accept: z.boolean().default(false),
    /** Rows of the moved sets that the generation before has followed. */
    followed: z.array(z.string()).exactOptional(),
  }),
  output: z.object({ vmCount: z.number().int() }),
} as const;

export const catchUp = {
  name: 'catchUp',
  input: InRollout.extend({ region: z.string() }),
  output: Rounds,
} as const;

export const enableVm = {
  name: 'enableVm',
  input: z.object({ vmId: VmId, endsUtc: Utc }).extend(Enabling),
  output: z.object({ enabled: z.boolean(), detail: z.string() }),
} as const;
