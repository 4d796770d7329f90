import { z } from 'zod';
import { Utc, VmId } from '../../domain/ids';
import { AvailablePatchSummary } from '../../domain/patches';
import { type ActivityContract } from './shared';

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
