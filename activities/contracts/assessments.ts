import { z } from 'zod';
import { Utc, VmId } from '../../domain/ids';
import { AvailablePatchSummary } from '../../domain/patches';
import { type ActivityContract, Pace, SeenDue } from './shared';

/** A VM that a sweep assesses, and when it is due next should nothing come of it. */
export const DueVm = z.object({ vmId: VmId, timeZone: z.string(), dueUtc: Utc });
export type DueVm = Readonly<z.infer<typeof DueVm>>;

const AssessmentOperation = z.object({ vmId: VmId, operationId: z.string() });

/** Starts assessments. A repeat starts them again, which does no harm: an assessment changes nothing. */
export const startAssessments = {
  name: 'startAssessments',
  input: z.object({
    vmIds: z.array(VmId),
    /** VMs of a sweep: those that are gone, or do not take part any more, are left alone and due no more. */
    due: z.array(DueVm).nullable().default(null),
    /** Of the one VM that a request over the ARM API is about: what its assessment is to be known by. */
    activityId: z.string().exactOptional(),
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
    /** VMs of a sweep; null when no VM was due. */
    due: z.array(DueVm).nullable(),
  }),
  output: z.object({
    running: z.array(AssessmentOperation),
    assessed: z.array(z.object({ vmId: VmId, summary: AvailablePatchSummary })),
    failed: z.array(z.object({ vmId: VmId, message: z.string() })),
  }),
} satisfies ActivityContract;

/**
 * Takes some of the VMs that are due for an assessment and whose window is open, and puts each off to its next window: one that cannot be
 * assessed keeps no other waiting.
 */
export const collectDueAssessments = {
  name: 'collectDueAssessments',
  /** `call` counts the calls of one sweep: a repeat takes what the first one took. */
  input: z.object({ nowUtc: Utc, call: z.number().int().default(0), seen: SeenDue.optional() }),
  output: z.object({
    vms: z.array(DueVm),
    /** More of them may be due. */
    more: z.boolean(),
    pace: Pace,
  }),
} satisfies ActivityContract;
