import { z } from 'zod';

/**
 * What GET /api/rollouts/{id} answers, as far as the command line shows it. Source: docs/http-api.md. `ReportedRollout` is what the
 * auditor needs of the same answer: the one may grow for people without changing what is judged, or kept in an evidence file.
 */
export const RolloutView = z.looseObject({
  id: z.string(),
  month: z.string(),
  /** `planning`, `waitingForInventory`, `planFailed`, `running`, `paused`, `halted`, `ending`, `ended`, `cancelling`, `cancelled`. */
  state: z.string(),
  releasedUtc: z.string(),
  endsUtc: z.string(),
  endedUtc: z.string().nullable(),
  /** Null when it is not paused; an older host does not say it. */
  pausedSinceUtc: z.string().nullish(),
  /** Null until the rollout is planned. */
  vmCount: z.number().nullable(),
  /** VMs that take part; the others are skipped from the start. */
  eligibleCount: z.number().nullable(),
  outcomes: z.record(z.string(), z.number()),
  reasons: z.record(z.string(), z.record(z.string(), z.number())),
  phases: z.array(
    z.looseObject({
      phase: z.string(),
      /** The name of a ring of VMs that go before the canary. */
      ring: z.string().nullish(),
      regions: z.array(z.string()),
      vmCount: z.number(),
      startedUtc: z.string().nullable(),
      endedUtc: z.string().nullable(),
      gate: z.object({ kind: z.string(), why: z.string() }).nullable(),
      /** As it stands now; null where it depends on a person. */
      expected: z.looseObject({ expectedStartUtc: z.string(), expectedEndUtc: z.string() }).nullish(),
      /** What it waits for then. */
      waitsFor: z.string().nullish(),
    }),
  ),
  halts: z.array(
    z.looseObject({
      haltId: z.string(),
      kind: z.string(),
      phase: z.string(),
      /** Null when the phase as a whole is concerned. */
      region: z.string().nullable(),
      /** What an evidence rule stopped; `family` when it is one image family. */
      scope: z.looseObject({ kind: z.string(), family: z.string().optional() }).optional(),
      why: z.string(),
      atUtc: z.string(),
      decision: z.looseObject({ kind: z.string(), by: z.string().optional() }).nullable(),
      /** The part that a person paused or gave up. */
      asked: z.record(z.string(), z.string()).optional(),
    }),
  ),
  /** Of phases that need one. */
  approvals: z.array(z.looseObject({ phase: z.string(), state: z.string(), rule: z.string() })).optional(),
});
export type RolloutView = Readonly<z.infer<typeof RolloutView>>;

/** States of an approval that its phase still waits for. */
export const WAITING: readonly string[] = ['pending', 'lapsed', 'withdrawn', 'rejected'];

export const isOver = ({ state }: RolloutView): boolean => state === 'ended' || state === 'cancelled';

export const withOutcome = ({ outcomes }: RolloutView): number =>
  Object.values(outcomes).reduce((sum, count) => sum + count, 0);

export interface RolloutProgress {
  readonly done: number;
  /** Null until the rollout is planned. */
  readonly total: number | null;
  readonly note: string;
}

const REPORTED_KINDS = [
  ['patched', 'patched'],
  ['upToDate', 'up to date'],
  ['deferred', 'deferred'],
  ['failed', 'failed'],
  ['unhealthy', 'unhealthy'],
] as const;

/** How many VMs are done of those that take part: a deferred one still has a second chance until the rollout is over. */
export function progressOf(rollout: RolloutView): RolloutProgress {
  const { vmCount, eligibleCount, outcomes, state } = rollout;
  const counts = REPORTED_KINDS.flatMap(([kind, name]) => {
    const count = outcomes[kind] ?? 0;
    return count === 0 ? [] : [`${count} ${name}`];
  });
  const note = [...counts, state].join(', ');
  if (vmCount === null || eligibleCount === null) return { done: 0, total: null, note };
  const waiting = isOver(rollout) ? 0 : (outcomes['deferred'] ?? 0);
  const done = withOutcome(rollout) - (vmCount - eligibleCount) - waiting;
  return { done: Math.max(0, done), total: eligibleCount, note };
}

/** A skip gives up the image family of its halt wherever it is, or else the region or phase. */
export function givenUpBySkip({
  scope,
  region,
  phase,
}: Pick<RolloutView['halts'][number], 'scope' | 'region' | 'phase'>): string {
  return scope?.kind === 'family' ? `image family ${scope.family ?? ''}` : (region ?? phase);
}
