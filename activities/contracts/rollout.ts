import { z } from 'zod';
import { StopReason } from '../../domain/control';
import { OutcomeCounts } from '../../domain/outcomeCounts';
import { RolloutId, Utc } from '../../domain/ids';
import { PhaseId } from '../../domain/phaseId';
import { WaitTopic } from '../../domain/waitTopic';
import { type ActivityContract, NotNow, Pace, RegionStages, RoundRef } from './shared';

/**
 * Makes the plan of the month from the inventory and keeps it; a repeat returns the plan that was kept. While the driver lists no VM there is
 * no plan: an empty one would end the rollout as if everything had been done.
 */
export const planRollout = {
  name: 'planRollout',
  input: z.object({ rolloutId: RolloutId }),
  output: z.object({
    phases: z.array(
      z.object({
        phase: PhaseId,
        regions: z.array(z.string()),
        /** Bakes as the canary does: a ring, or the first phase after the rings. Absent in answers of an earlier version. */
        canary: z.boolean().exactOptional(),
      }),
    ),
    endsUtc: Utc,
    pace: Pace,
    /** A step is done, and the next call goes on where this one ended. */
    goesOn: z.boolean().default(false),
    /** Nothing is planned, and the rollout waits until the driver lists VMs. */
    waitsForInventory: z.boolean().default(false),
  }),
} satisfies ActivityContract;

/** May something new start here now? */
export const readControl = {
  name: 'readControl',
  input: z.object({ rolloutId: RolloutId, phase: PhaseId, region: z.string().nullable() }),
  output: z.discriminatedUnion('kind', [
    /** `asksHooks`: a round asks hooks of the policy before it begins. */
    z.object({ kind: z.literal('go'), asksHooks: z.boolean().default(false) }),
    ...NotNow,
  ]),
} satisfies ActivityContract;

/** Asks the hooks that may stop a round before it begins. A no is written down as a hold of its region. */
export const recordHookAnswers = {
  name: 'recordHookAnswers',
  input: z.object({ ref: RoundRef }),
  output: z.object({
    go: z.boolean(),
    /** When a hook that has not answered yet is late; null when none is waited for. */
    nextUtc: Utc.nullable(),
  }),
} satisfies ActivityContract;

/** Writes down that an instance sleeps until it is woken: what changes its answer raises an event to it. */
export const recordWait = {
  name: 'recordWait',
  input: z.object({ rolloutId: RolloutId, topic: WaitTopic, instanceId: z.string(), untilUtc: Utc }),
  output: z.object({}),
} satisfies ActivityContract;

/** Writes down that a phase begins. */
export const openPhase = {
  name: 'openPhase',
  input: z.object({ rolloutId: RolloutId, phase: PhaseId }),
  output: z.object({ startedUtc: Utc }),
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
    z.object({
      kind: z.literal('open'),
      openedUtc: Utc,
      why: z.string(),
      /** The first window of the next phase that opens after the gate; null when there is no next phase. */
      nextOpensUtc: Utc.nullable().default(null),
    }),
    z.object({ kind: z.literal('stop'), reason: StopReason }),
  ]),
} satisfies ActivityContract;

/** The stages of a region, in order: batches of standalone VMs by window cohort, and the sets. */
export const readRegion = {
  name: 'readRegion',
  input: z.object({ rolloutId: RolloutId, phase: PhaseId, region: z.string() }),
  output: z.object({ stages: RegionStages }),
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
  input: z.object({
    rolloutId: RolloutId,
    /** Row of the plan at which the call before ended; null for the first. */
    from: z.string().nullable().default(null),
  }),
  output: z.object({
    counts: OutcomeCounts,
    /** Where the next call goes on; null: the rollout is closed. */
    next: z.string().nullable().default(null),
  }),
} satisfies ActivityContract;
