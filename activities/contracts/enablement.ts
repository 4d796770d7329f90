import { z } from 'zod';
import { Utc, VmId } from '../../domain/ids';
import { VmEvent } from '../../domain/vmState';
import { type ActivityContract, SeenDue } from './shared';

/** Takes VMs whose patch extension is behind, and whose window is open, off the list and into a batch, which is a row. */
export const collectOutdatedExtensions = {
  name: 'collectOutdatedExtensions',
  input: z.object({
    nowUtc: Utc,
    /** So many at most; the next sweep takes the rest. */
    vmsMax: z.number().int().default(100),
    seen: SeenDue.optional(),
  }),
  /** Key of the batch; null when there is none to update now. */
  output: z.object({ batch: z.string().nullable() }),
} satisfies ActivityContract;

/**
 * Takes the steps that are due for the VMs of a batch, all together. How far they have come stands in the row of the batch. A repeat of a call that was
 * written answers the same; before that every step may be repeated. At most 16 KB: what does not fit waits for the next call, which is due at once.
 */
export const advanceEnablements = {
  name: 'advanceEnablements',
  input: z.object({
    batch: z.string(),
    /** Counts the calls of one batch, from 1. */
    call: z.number().int(),
    /** Where no row is written yet: the VM that the batch is of. */
    begins: z.object({ vmId: VmId, endsUtc: Utc }).exactOptional(),
  }),
  output: z.object({
    /** When the next step of any VM is due; null when all have ended. */
    dueUtc: Utc.nullable(),
    /** How many are enabled, and what was said of the last that ended. */
    enabled: z.number().int(),
    detail: z.string(),
    /** What the VMs' entities are to be sent. */
    events: z.array(z.object({ vmId: VmId, event: VmEvent })),
  }),
} satisfies ActivityContract;
