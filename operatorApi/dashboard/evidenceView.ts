import type { Services } from '../../activities/services';
import type { Halt } from '../../domain/control';
import { exposureMax, ratesOf } from '../../domain/evidence';
import { groupedBy } from '../../domain/groupedBy';
import type { RolloutId } from '../../domain/ids';
import { nextCusum } from '../../domain/unhealthyRate';
import type { Evidence } from '../shapes/dashboard';
import { fleetView, type FleetVm } from '../fleetView';

type FamilyEvidence = Evidence['families'][number];
type CurvePoint = FamilyEvidence['curve'][number];

const CURVE_POINTS_MAX = 200;

/** The gates' evidence: the totals they decide on, and per image family how its test came to where it is. */
export async function readEvidenceView(
  services: Services,
  id: RolloutId,
  halts: readonly Halt[],
): Promise<Evidence> {
  const { policy } = services;
  const [evidence, { vms: rows }] = await Promise.all([services.evidence.read(id), fleetView(services, id)]);
  const ofFamily = groupedBy<FleetVm, string>(rows, ({ place, family }) => (place === null ? null : family));
  return {
    haltsAt: Math.log(policy.haltLikelihoodRatio),
    expectedUnhealthyPercent: policy.expectedUnhealthyPercent,
    refusedUnhealthyPercent: policy.refusedUnhealthyPercent,
    families: Object.entries(evidence.families)
      .map(([family, seen]): FamilyEvidence => ({
        family,
        vmCount: ofFamily.get(family)?.length ?? 0,
        startedCount: seen.startedCount,
        startedMax: exposureMax(seen, policy),
        healthyCount: seen.healthyCount,
        unhealthyCount: seen.unhealthyCount,
        failedCount: seen.failedCount,
        unprovenCount: seen.unprovenCount,
        cusum: seen.cusum,
        cusumMax: seen.cusumMax,
        unhealthyVms: seen.unhealthyVms,
        waiting: evidence.waiting.includes(family),
        curve: curveOf(family, ofFamily.get(family) ?? [], halts, policy),
      }))
      .sort((a, b) => b.cusum - a.cusum || b.vmCount - a.vmCount || (a.family < b.family ? -1 : 1)),
  };
}

/** Of the results in order of time; where a person's `resume` has forgiven what came before, it starts again. */
function curveOf(
  family: string,
  rows: readonly FleetVm[],
  halts: readonly Halt[],
  policy: Services['policy'],
): CurvePoint[] {
  const results = rows
    .flatMap(({ outcome }) => (outcome?.kind === 'patched' || outcome?.kind === 'unhealthy' ? [outcome] : []))
    .sort((a, b) => (a.atUtc < b.atUtc ? -1 : a.atUtc > b.atUtc ? 1 : 0));
  const forgiven = forgivenAt(family, halts);
  const points: CurvePoint[] = [];
  let value = 0;
  for (const { atUtc, kind } of results) {
    while (forgiven[0] !== undefined && forgiven[0] <= atUtc) {
      value = 0;
      forgiven.shift();
    }
    value = nextCusum(value, kind === 'unhealthy', ratesOf(policy));
    points.push({ atUtc, value: Math.round(value * 1_000) / 1_000, unhealthy: kind === 'unhealthy' });
  }
  return thinned(points);
}

/** A decision about another family leaves this one as it is. */
function forgivenAt(family: string, halts: readonly Halt[]): string[] {
  return halts
    .filter(({ scope }) => scope !== undefined && (scope.kind !== 'family' || scope.family === family))
    .flatMap(({ decision }) => (decision?.kind === 'resume' ? [decision.atUtc] : []))
    .sort();
}

/** Every unhealthy result stays, and of the others as many as fit. */
function thinned(points: CurvePoint[]): CurvePoint[] {
  if (points.length <= CURVE_POINTS_MAX) return points;
  const step = Math.ceil(points.length / CURVE_POINTS_MAX);
  return points.filter(({ unhealthy }, n) => unhealthy || n % step === 0 || n === points.length - 1);
}
