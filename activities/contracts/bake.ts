import { z } from 'zod';
import { AvailabilitySetId, RolloutId, VmId } from '../../domain/ids';
import { PhaseId } from '../../domain/phaseId';
import { VmEvent } from '../../domain/vmState';
import type { ActivityContract } from './shared';

/** Where a look through a phase goes on: at this VM of this round's row. */
export const BakeCursor = z.object({ row: z.string(), vm: z.number().int() });
export type BakeCursor = Readonly<z.infer<typeof BakeCursor>>;

/**
 * After the bake: probes patched VMs of a phase again. A VM that is unhealthy by now is written down as such, and counts against its image family. Some
 * VMs a call, so that an answer stays under 16 KB and a call under two minutes.
 */
export const recordBake = {
  name: 'recordBake',
  input: z.object({
    rolloutId: RolloutId,
    phase: PhaseId,
    /** Null: from the first round on. */
    from: BakeCursor.nullable(),
    /** These and no others, because their health was unknown. */
    again: z.array(VmId).nullable(),
    /** Their time is up: unknown counts as unhealthy. */
    isLast: z.boolean(),
  }),
  output: z.object({
    /** Null: no VM is left. */
    next: BakeCursor.nullable(),
    probed: z.number().int(),
    /** To be asked again. */
    unknown: z.array(VmId),
    unhealthy: z.array(
      z.object({
        vmId: VmId,
        availabilitySetId: AvailabilitySetId.nullable(),
        region: z.string(),
        /** Key of the ledger in which it holds its set. */
        ledger: z.string(),
        event: VmEvent,
      }),
    ),
  }),
} satisfies ActivityContract;
