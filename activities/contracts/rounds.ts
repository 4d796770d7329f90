import { z } from 'zod';
import { Disruption } from '../../domain/disruption';
import { ImageFamily } from '../../domain/imageFamily';
import { RolloutId, Utc, VmId } from '../../domain/ids';
import { Outcome } from '../../domain/outcome';
import { OutcomeReason } from '../../domain/reasons';
import { PhaseId } from '../../domain/phaseId';
import { VmEvent } from '../../domain/vmState';
import { type ActivityContract, GroupScope, NotNow, RoundRef } from './shared';

/** A round with its next window. Everything instants, nothing about time zones. */
const NextRound = z.object({
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
});

/** When a round may run. */
const When = z.object({
  /** Only windows that open after this instant; null for any. */
  freshAfterUtc: Utc.nullable(),
  endsUtc: Utc,
});

/** Which round of a set comes next: the one whose window opens first. */
export const chooseRound = {
  name: 'chooseRound',
  input: GroupScope.extend({
    /** Numbers of the rounds that have run. */
    done: z.array(z.number().int()),
  }).extend(When.shape),
  output: z.discriminatedUnion('kind', [
    NextRound.extend({
      /** No other round of the set is left. */
      isLast: z.boolean().exactOptional(),
    }),
    z.object({ kind: z.literal('none'), reason: OutcomeReason.nullable() }),
  ]),
} satisfies ActivityContract;

/** One lane of the pool that runs the rounds of a batch, or the sets of a stage, and the how manieth piece of work it asks for. */
const Lane = z.object({
  /** Id of the orchestration that started the lanes. */
  queue: z.string(),
  lane: z.number().int().positive(),
  lanes: z.number().int().positive(),
  take: z.number().int().positive(),
});

/** The next round of a batch for a lane, or the same once more in its next window. */
export const takeRound = {
  name: 'takeRound',
  input: GroupScope.extend({
    rounds: z.number().int(),
    lane: Lane,
    /** A round that this lane has and that has not run yet. */
    again: z.number().int().nullable(),
  }).extend(When.shape),
  output: z.discriminatedUnion('kind', [
    NextRound,
    /** It has run before, before the rollout was started again: take another. */
    z.object({ kind: z.literal('past') }),
    /** With a reason: this round, and all that no lane has taken, can run no more. */
    z.object({
      kind: z.literal('none'),
      reason: OutcomeReason.nullable(),
      round: z.number().int().nullable(),
    }),
  ]),
} satisfies ActivityContract;

/** The next set of a stage for a lane; null when none is left. */
export const takeSet = {
  name: 'takeSet',
  input: z.object({
    rolloutId: RolloutId,
    phase: PhaseId,
    region: z.string(),
    stage: z.string(),
    sets: z.number().int(),
    lane: Lane,
  }),
  output: z.object({ group: z.string().nullable() }),
} satisfies ActivityContract;

/** Gives every VM of the rounds that did not run its outcome: those of a set, or of a batch one and all that no lane has taken. */
export const endRounds = {
  name: 'endRounds',
  input: GroupScope.extend({
    done: z.array(z.number().int()),
    batch: z
      .object({ rounds: z.number().int(), own: z.number().int().nullable(), lane: Lane })
      .nullable()
      .default(null),
    reason: OutcomeReason,
  }),
  output: z.object({
    ended: z.number().int(),
    /** It has ended as many as one call does, and more are left: the same again. */
    more: z.boolean().default(false),
  }),
} satisfies ActivityContract;

/** How many members of the round's set are down by themselves, and what its claim may therefore cover. */
export const lookAtSet = {
  name: 'lookAtSet',
  input: z.object({ ref: RoundRef, disruption: Disruption }),
  output: z.object({ disruption: Disruption }),
} satisfies ActivityContract;

/** Which members of the budgets are down by themselves, and what a claim may therefore cover. */
export const collectMembersDown = {
  name: 'collectMembersDown',
  input: z.object({
    /** Null for a claim of one VM that a person asked for. */
    ref: RoundRef.nullable(),
    /** That VM: one that is down by itself takes no more of its budgets. */
    vmId: VmId.exactOptional(),
    disruption: Disruption,
    /** The round has waited for as long as it could: VMs of a budget that is full do not begin, and it goes on without them. */
    giveWay: z.boolean().exactOptional(),
  }),
  output: z.object({
    disruption: Disruption,
    /** Budgets that have no room for even one VM, and the members that are down; none where the round goes on without their VMs: it has others, or what is down is down for good. */
    full: z.array(z.object({ budget: z.string(), down: z.string() })),
    /** Where some are full: sooner another look is in vain. */
    againUtc: Utc.exactOptional(),
  }),
} satisfies ActivityContract;

/** The right under which a round disrupts its VMs: `claimId` is the id of the round's orchestration. */
export const RoundClaim = z.object({
  claimId: z.string(),
  startByUtc: Utc,
  closesUtc: Utc,
  /** Of the rollout when the claim was granted. */
  epoch: z.number().int().default(1),
});
export type RoundClaim = Readonly<z.infer<typeof RoundClaim>>;

/** Before the claim of a round: may it go, and what may its claim cover? Its VMs are looked at and their assessments started, which disrupts none. */
export const openRound = {
  name: 'openRound',
  input: z.object({ ref: RoundRef, claim: RoundClaim, disruption: Disruption }),
  output: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('go'),
      /** A round asks hooks of the policy before it begins, and nothing has been done yet. */
      asksHooks: z.boolean().default(false),
      /** What the claim of the round may cover, as `lookAtSet` says it. */
      disruption: Disruption.exactOptional(),
      /** When the first call of `advanceRound` is due. */
      dueUtc: Utc.exactOptional(),
    }),
    ...NotNow,
  ]),
} satisfies ActivityContract;

/**
 * Takes the steps that are due for the VMs of a round, all together. `call` counts from 1: a call that is repeated answers what it
 * answered first. At most 16 KB: what does not fit waits for the next call, which is due at once.
 */
export const advanceRound = {
  name: 'advanceRound',
  input: z.object({
    ref: RoundRef,
    claim: RoundClaim,
    disruption: Disruption,
    call: z.number().int(),
    /** The claim was waited for: what `openRound` saw is seen again. */
    isLate: z.literal(true).exactOptional(),
    /** The round may go on without stragglers. */
    leavesStragglers: z.literal(true).exactOptional(),
  }),
  output: z.object({
    /** When the next step of any VM is due; null when every VM has its outcome, and hooks have been asked about each. */
    dueUtc: Utc.nullable(),
    /** What the VMs' entities are to be sent. */
    events: z.array(z.object({ vmId: VmId, event: VmEvent })),
    /** Every VM has its outcome, none is unhealthy or unclear, no hook is asked: the round is written down, as `recordRound` does it. */
    isRecorded: z.boolean().exactOptional(),
    /** A batch need not wait for what is left of its round, which is this: installations that take very long. */
    stragglers: Disruption.exactOptional(),
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
  input: z.object({
    rolloutId: RolloutId,
    phase: PhaseId,
    region: z.string(),
    vmId: VmId,
    /** Where its claim says it is; absent when there is none. */
    claimed: Disruption.exactOptional(),
  }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('go'), family: ImageFamily }),
    z.object({ kind: z.literal('end'), outcome: Outcome }),
  ]),
} satisfies ActivityContract;
