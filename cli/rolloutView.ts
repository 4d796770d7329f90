import { z } from 'zod';

/** What GET /api/rollouts/{id} answers, as far as the command line looks at it. Source: docs/http-api.md. */
export const RolloutView = z.looseObject({
  id: z.string(),
  month: z.string(),
  /** `planning`, `running`, `paused`, `halted`, `ending`, `ended`, `cancelled`. */
  state: z.string(),
  releasedUtc: z.string(),
  endsUtc: z.string(),
  endedUtc: z.string().nullable(),
  /** Null until the rollout is planned. */
  vmCount: z.number().nullable(),
  outcomes: z.record(z.string(), z.number()),
  reasons: z.record(z.string(), z.record(z.string(), z.number())),
  phases: z.array(
    z.looseObject({
      phase: z.string(),
      regions: z.array(z.string()),
      vmCount: z.number(),
      startedUtc: z.string().nullable(),
      endedUtc: z.string().nullable(),
      gate: z.object({ kind: z.string(), why: z.string() }).nullable(),
    }),
  ),
  halts: z.array(
    z.looseObject({
      haltId: z.string(),
      kind: z.string(),
      why: z.string(),
      atUtc: z.string(),
      decision: z.looseObject({ kind: z.string() }).nullable(),
    }),
  ),
});
export type RolloutView = Readonly<z.infer<typeof RolloutView>>;

export const isOver = ({ state }: RolloutView): boolean => state === 'ended' || state === 'cancelled';

export const withOutcome = ({ outcomes }: RolloutView): number =>
  Object.values(outcomes).reduce((sum, count) => sum + count, 0);
