import type { AuditHalt, AuditRollout, AuditTrailRow } from './auditInput';
import { type Findings, utcOf } from './auditReport';
import type { Install } from './driverLog';
import type { Place } from './fleetFacts';
import { regionName } from './regionFacts';

/** A stretch in which nothing new may start: open at both ends, because what happens at one instant has no order. */
interface Stop {
  readonly from: number;
  readonly until: number;
  readonly covers: (place: Place) => boolean;
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
  const isRegional = kind === 'hold' || scope?.kind === 'region';
  return {
    from: Date.parse(atUtc) + pollSeconds * 1000,
    until: decision === null ? Infinity : Date.parse(decision.atUtc),
    covers: (place) =>
      (!isRegional || region === null || regionName(region) === place.region) &&
      (scope?.kind !== 'family' || (scope.family ?? place.imageFamily) === place.imageFamily),
    because: `${kind} ${haltId} of ${atUtc} stands`,
  };
}

/**
 * INV-9: from a pause until the next resume, and after a cancellation, nothing new starts: in the whole rollout, or in the region, set or VM that
 * the person named. A phase is not judged: its VMs may be caught up meanwhile, and the log does not say which turn an install is of.
 */
export function checkPauses(
  installs: readonly Install[],
  trail: readonly AuditTrailRow[],
  onItsWaySeconds: number,
  findings: Findings,
): void {
  const stops = new Map<string, Stop[]>();
  const paused = new Map<string, AuditTrailRow>();
  const close = (row: AuditTrailRow, until: number): void => {
    const from = Date.parse(row.atUtc);
    const part = partOf(row);
    const because = `${part?.name ?? 'the rollout'} is ${row.what} since ${utcOf(from)}`;
    const covers = part?.covers ?? ((): boolean => true);
    stops.get(row.rolloutId)?.push({ from: from + onItsWaySeconds * 1000, until, covers, because });
  };
  for (const row of [...trail].sort(byTime)) {
    const { rolloutId, what, atUtc } = row;
    if (!stops.has(rolloutId)) stops.set(rolloutId, []);
    const part = partOf(row);
    const key = `${rolloutId} ${part?.name ?? ''}`;
    if (what === 'paused' && !paused.has(key)) paused.set(key, row);
    if (what === 'cancelled' || (what === 'skipped' && part !== null)) close(row, Infinity);
    if (what !== 'resumed') continue;
    // What was paused in part goes on with the rollout.
    for (const [other, since] of paused)
      if (other === key || (part === null && since.rolloutId === rolloutId)) {
        paused.delete(other);
        close(since, Date.parse(atUtc));
      }
  }
  for (const since of paused.values()) close(since, Infinity);
  checkStops('INV-9', installs, stops, findings);
}

interface Part {
  readonly name: string;
  readonly covers: (place: Place) => boolean;
}

/** What a decision is about; null for the rollout as a whole. */
function partOf({ vmId, subject, evidence }: AuditTrailRow): Part | null {
  const { scope } = evidence;
  if (typeof scope !== 'object' || scope === null) return null;
  if ('vm' in scope && vmId !== null) {
    const id = vmId.toLowerCase();
    return { name: `VM ${id}`, covers: (place) => place.vm.toLowerCase() === id };
  }
  if ('region' in scope && typeof scope.region === 'string') {
    const region = regionName(scope.region);
    return { name: `region ${region}`, covers: (place) => place.region === region };
  }
  if ('availabilitySet' in scope && typeof scope.availabilitySet === 'string') {
    const set = scope.availabilitySet.toLowerCase();
    return { name: `set ${set}`, covers: (place) => place.set === set };
  }
  return { name: subject, covers: () => false };
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
    const stop = stops.find(({ from, until, covers }) => start > from && start < until && covers(place));
    if (stop !== undefined)
      findings.violated(invariant, place.vm, start, `an install starts while ${stop.because}`);
  }
}
