import type { RolloutId, VmId } from '../domain/ids';
import { earlier } from '../domain/instants';
import type { PhaseId } from '../domain/phaseId';
import type { Outcome } from '../domain/outcome';
import type { AvailablePatchSummary, PatchInstallationSummary } from '../domain/patches';

/**
 * One span of a rollout's trace, when it is over. It is made from rows alone: a repeat, and another host, make the same one. What it is about
 * (`id`) decides its span id.
 */
export interface TraceSpan {
  readonly rolloutId: RolloutId;
  readonly kind: 'rollout' | 'round' | 'vm';
  /** Unique within the rollout. */
  readonly id: string;
  /** `id` of the span around it; null for the rollout. */
  readonly parentId: string | null;
  readonly name: string;
  readonly startUtc: string;
  readonly endUtc: string;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly events: readonly { readonly name: string; readonly atUtc: string }[];
}

/** Takes spans that are over. It never fails and never waits: what is traced goes on, whoever listens. */
export type Trace = (span: TraceSpan) => void;

const ROLLOUT = 'rollout';
const roundId = (claimId: string): string => `round~${claimId}`;

export function rolloutSpan(
  rollout: { readonly rolloutId: RolloutId; readonly requestedUtc: string; readonly endedUtc: string },
  counts: Readonly<Record<string, number>>,
): TraceSpan {
  const { rolloutId, requestedUtc, endedUtc } = rollout;
  return {
    rolloutId,
    kind: 'rollout',
    id: ROLLOUT,
    parentId: null,
    name: 'rollout',
    startUtc: requestedUtc,
    endUtc: endedUtc,
    isError: false,
    attributes: Object.fromEntries(
      Object.entries(counts).map(([kind, count]) => [`lowtide.outcomes.${kind}`, count]),
    ),
    events: [],
  };
}

interface RoundPlace {
  readonly rolloutId: RolloutId;
  readonly phase: PhaseId;
  readonly region: string;
  readonly stage: string;
  readonly group: string;
  readonly round: number;
}

const placeOf = ({ phase, region, stage, group, round }: RoundPlace): TraceSpan['attributes'] => ({
  'lowtide.phase': phase,
  'lowtide.region': region,
  'lowtide.stage': stage,
  'lowtide.group': group,
  'lowtide.round': round,
});

export function roundSpan(
  place: RoundPlace,
  claimId: string,
  {
    startUtc,
    endUtc,
    counts,
    isStopped,
  }: {
    readonly startUtc: string;
    readonly endUtc: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly isStopped: boolean;
  },
): TraceSpan {
  return {
    rolloutId: place.rolloutId,
    kind: 'round',
    id: roundId(claimId),
    parentId: ROLLOUT,
    name: 'round',
    startUtc: earlier(startUtc, endUtc),
    endUtc,
    isError: isStopped,
    attributes: {
      ...placeOf(place),
      ...Object.fromEntries(
        Object.entries(counts).map(([kind, count]) => [`lowtide.outcomes.${kind}`, count]),
      ),
    },
    events: [],
  };
}

/** From the assessment of its round to the outcome. */
export function vmSpan(
  place: Omit<RoundPlace, 'rolloutId'> & { readonly rolloutId: RolloutId },
  claimId: string,
  vmId: VmId,
  {
    outcome,
    assessment,
    installation,
  }: {
    readonly outcome: Outcome;
    readonly assessment: AvailablePatchSummary | null;
    readonly installation: PatchInstallationSummary | null;
  },
): TraceSpan {
  const { kind, reason, atUtc } = outcome;
  const events = [
    { name: 'assessed', atUtc: assessment?.lastModifiedTime },
    { name: 'install started', atUtc: installation?.startTime },
    { name: 'install ended', atUtc: installation?.lastModifiedTime },
  ].flatMap(({ name, atUtc: at }) => (at === undefined ? [] : [{ name, atUtc: inUtc(at) }]));
  const started = assessment?.startTime ?? installation?.startTime;
  return {
    rolloutId: place.rolloutId,
    kind: 'vm',
    id: `vm~${claimId}~${vmId}`,
    parentId: roundId(claimId),
    name: 'vm',
    startUtc: started === undefined ? atUtc : earlier(inUtc(started), atUtc),
    endUtc: atUtc,
    isError: kind === 'failed' || kind === 'unhealthy',
    attributes: {
      ...placeOf(place),
      'lowtide.vm': vmId,
      'lowtide.outcome': kind,
      'lowtide.reason': reason,
      'lowtide.patches.installed': installation?.installedPatchCount ?? 0,
    },
    events,
  };
}

const inUtc = (written: string): string => new Date(written).toISOString();
