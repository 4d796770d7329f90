import { z } from 'zod';
import { Utc, VmId } from '../../domain/ids';
import { AvailablePatchSummary } from '../../domain/patches';
import { type ActivityContract, SeenDue } from './shared';

/** Starts the assessment of one VM. A repeat starts another, which does no harm: an assessment changes nothing. */
export const startAssessment = {
  name: 'startAssessment',
  input: z.object({
    vmId: VmId,
    /** What the assessment is to be known by, for a request over the ARM API. */
    activityId: z.string().exactOptional(),
  }),
  output: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('started'),
      operationId: z.string(),
      retryAfterSeconds: z.number().nullable(),
    }),
    z.object({
      kind: z.literal('refused'),
      code: z.string(),
      message: z.string(),
      retryAfterSeconds: z.number().nullable(),
    }),
  ]),
} satisfies ActivityContract;

/** Reads the assessment of one VM, and keeps what it found. */
export const collectAssessment = {
  name: 'collectAssessment',
  input: z.object({ vmId: VmId, operationId: z.string() }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('running') }),
    z.object({ kind: z.literal('assessed'), summary: AvailablePatchSummary }),
    z.object({ kind: z.literal('failed'), message: z.string() }),
  ]),
} satisfies ActivityContract;

/**
 * Takes some of the VMs that are due for an assessment and whose window is open into a batch, which is a row, and puts each off to its next window:
 * one that cannot be assessed keeps no other waiting.
 */
export const collectDueAssessments = {
  name: 'collectDueAssessments',
  /** `call` counts the calls of one sweep: a repeat takes what the first one took. */
  input: z.object({ nowUtc: Utc, call: z.number().int().default(0), seen: SeenDue.optional() }),
  output: z.object({
    /** Key of the batch; null when none of the VMs may be assessed now. */
    batch: z.string().nullable(),
    /** More of them may be due. */
    more: z.boolean(),
  }),
} satisfies ActivityContract;

/**
 * Starts and reads the assessments of a batch, as far as they are due, and writes down when each VM is due again. How far they have come stands in the row
 * of the batch, so the answer is small however many they are. A repeat of a call that was written answers the same; before that every step
 * may be repeated.
 */
export const advanceAssessments = {
  name: 'advanceAssessments',
  /** `call` counts the calls of one batch, from 1. */
  input: z.object({ batch: z.string(), call: z.number().int(), nowUtc: Utc }),
  output: z.object({
    /** When the next of them is due; null when all have ended: the batch is gone then. */
    dueUtc: Utc.nullable(),
    assessed: z.number().int(),
    failed: z.number().int(),
    /** What the first failure was. */
    because: z.string().nullable(),
  }),
} satisfies ActivityContract;
