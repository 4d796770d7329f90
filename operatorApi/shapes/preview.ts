import { z } from 'zod';
import { Month, Utc, VmId } from '../../domain/ids';
import { Counts, named } from './shared';

const whole = z.number().int();
const extent = { vmCount: whole, matchedCount: whole, expectedStartUtc: Utc, expectedEndUtc: Utc };
const turn = z.object({ phase: z.string(), day: z.number() });

export const PreviewShape = named(
  'Preview',
  z.object({
    month: Month,
    asOfUtc: Utc,
    releasedUtc: Utc,
    endsUtc: Utc,
    targetUtc: Utc,
    vmCount: whole,
    matchedCount: whole,
    finish: z.object({ p50Utc: Utc.nullable(), p95Utc: Utc.nullable(), lastUtc: Utc.nullable() }),
    phases: z.array(
      z.object({
        phase: z.string(),
        ring: z.string().nullable(),
        /** What asks for an approval before it; its dates, and those of the phases after it, hold when it is given by then. */
        approval: z.object({ rule: z.string(), byUtc: Utc }).nullable(),
        ...extent,
        regions: z.array(z.object({ region: z.string(), roundCount: whole, ...extent })),
      }),
    ),
    budgets: z.array(
      z.object({
        budget: z.string(),
        vmCount: whole,
        limit: whole,
        downCount: whole.describe('Members that were down by themselves when they were looked at last.'),
        room: whole.describe('What those leave for rounds. At 0 its VMs wait until some are back.'),
        largestRound: whole,
      }),
    ),
    shares: z.array(z.object({ availabilitySetId: z.string(), largestRound: whole, limit: whole })),
    late: z.object({
      count: whole,
      value: z.array(z.object({ vmId: VmId, expectedStartUtc: Utc, detail: z.string() })),
    }),
    heldCount: whole,
    ineligible: Counts,
    value: z.array(
      z.object({
        vmId: VmId,
        phase: z.string(),
        region: z.string(),
        stage: z.string(),
        group: z.string(),
        round: whole,
        expectedStartUtc: Utc,
        expectedEndUtc: Utc,
        heldUntilUtc: Utc.nullable(),
      }),
    ),
    diff: z
      .object({
        addedCount: whole,
        removedCount: whole,
        movedCount: whole,
        added: z.array(VmId),
        removed: z.array(VmId),
        moved: z.array(z.object({ vmId: VmId, before: turn, after: turn })),
      })
      .exactOptional(),
    nextLink: z.string().exactOptional(),
  }),
  'What a month will be, as its rollout would plan it now. Nothing is changed by asking.',
);
