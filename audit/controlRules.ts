import type { AuditHalt, AuditRollout, AuditTrailRow } from './auditInput';
import { type Findings, utcOf } from './auditReport';
import type { Install } from './driverLog';
import { regionName } from './regionFacts';

/** A stretch in which nothing new may start: open at both ends, because what happens at one instant has no order. */
interface Stop {
  readonly from: number;
  readonly until: number;
  /** Null for everywhere. */
  readonly region: string | null;
  /** Null for every image. */
  readonly family: string | null;
  readonly because: string;
}

/** INV-6: from one poll after a halt until a person has decided, nothing new starts: anywhere, or in the region of a hold. */
export function checkHalts(
  installs: readonly Install[],
  rollouts: readonly AuditRollout[],
  pollSeconds: number,
  findings: Findings,
): void {
  const stops = new Map(
    rollouts.map(({ rolloutId, halts }) => [
      rolloutId,
      halts.filter((halt) => !holdsOnlyItsGate(halt)).map((halt) => stopOf(halt, pollSeconds)),
    ]),
  );
  checkStops('INV-6', installs, stops, findings);
}

/** A hold of a whole phase keeps its gate shut, which INV-6 checks by the phases' own times; second chances go on meanwhile. */
const holdsOnlyItsGate = ({ kind, region, scope }: AuditHalt): boolean =>
  kind === 'hold' && region === null && scope === undefined;

/** A decision ends the halt, whatever it is: what is skipped or cancelled starts nothing for other reasons. */
function stopOf({ kind, haltId, region, scope, atUtc, decision }: AuditHalt, pollSeconds: number): Stop {
  return {
    from: Date.parse(atUtc) + pollSeconds * 1000,
    until: decision === null ? Infinity : Date.parse(decision.atUtc),
    region: (kind === 'hold' || scope?.kind === 'region') && region !== null ? regionName(region) : null,
    family: scope?.kind === 'family' ? (scope.family ?? null) : null,
    because: `${kind} ${haltId} of ${atUtc} stands`,
  };
}

/** INV-9: from a pause until the next resume, and after a cancellation, nothing new starts. */
export function checkPauses(
  installs: readonly Install[],
  trail: readonly AuditTrailRow[],
  onItsWaySeconds: number,
  findings: Findings,
): void {
  const stops = new Map<string, Stop[]>();
  const pausedSince = new Map<string, number>();
  const close = (rolloutId: string, from: number, until: number, what: string): void => {
    const because = `the rollout is ${what} since ${utcOf(from)}`;
    stops
      .get(rolloutId)
      ?.push({ from: from + onItsWaySeconds * 1000, until, region: null, family: null, because });
  };
  for (const { rolloutId, what, atUtc } of [...trail].sort(byTime)) {
    if (!stops.has(rolloutId)) stops.set(rolloutId, []);
    const at = Date.parse(atUtc);
    const since = pausedSince.get(rolloutId);
    if (what === 'paused' && since === undefined) pausedSince.set(rolloutId, at);
    if (what === 'resumed' && since !== undefined) {
      pausedSince.delete(rolloutId);
      close(rolloutId, since, at, 'paused');
    }
    if (what === 'cancelled') close(rolloutId, at, Infinity, 'cancelled');
  }
  for (const [rolloutId, since] of pausedSince) close(rolloutId, since, Infinity, 'paused');
  checkStops('INV-9', installs, stops, findings);
}

const byTime = (a: AuditTrailRow, b: AuditTrailRow): number => Date.parse(a.atUtc) - Date.parse(b.atUtc);

function checkStops(
  invariant: 'INV-6' | 'INV-9',
  installs: readonly Install[],
  stopsOf: ReadonlyMap<string, readonly Stop[]>,
  findings: Findings,
): void {
  for (const { rolloutId, place, start } of installs) {
    const stops = rolloutId === null ? undefined : stopsOf.get(rolloutId);
    if (stops === undefined) continue;
    findings.evaluated(invariant);
    const stop = stops.find(
      ({ from, until, region, family }) =>
        start > from &&
        start < until &&
        (region === null || region === place.region) &&
        (family === null || family === place.imageFamily),
    );
    if (stop !== undefined)
      findings.violated(invariant, place.vm, start, `an install starts while ${stop.because}`);
  }
}
