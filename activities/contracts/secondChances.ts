import { z } from 'zod';
import { RolloutId, Utc } from '../../domain/ids';
import { PhaseId } from '../../domain/phaseId';
import { type ActivityContract, Pace, RegionStages, SeenDue } from './shared';

/** Of the VMs that wait for a second chance and are due to be looked at, gives those that can be reached now to the catch-up of their region. */
export const collectSecondChances = {
  name: 'collectSecondChances',
  input: z.object({ nowUtc: Utc, phase: PhaseId, seen: SeenDue.optional() }),
  output: z.object({
    /** More of them may be due. */
    more: z.boolean(),
    /** Of the last look of a sweep: the regions in which VMs were taken for this catch-up. */
    catchUps: z.array(
      z.object({
        rolloutId: RolloutId,
        region: z.string(),
        endsUtc: Utc,
        epoch: z.number().int().default(1),
      }),
    ),
    pace: Pace,
  }),
} satisfies ActivityContract;

/** Makes the small plan of one region's catch-up, and says its stages. A repeat finds the plan that was kept, whose rounds may have begun. */
export const planCatchUp = {
  name: 'planCatchUp',
  input: z.object({ rolloutId: RolloutId, region: z.string(), phase: PhaseId }),
  output: z.object({ rounds: z.number().int(), stages: RegionStages }),
} satisfies ActivityContract;
