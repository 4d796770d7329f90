import type { AuditOutcome, AuditPhase, AuditTrailRow } from './auditInput';
import type { Findings } from './auditReport';
import type { DriverLog, Health } from './driverLog';
import type { FleetFacts, Place } from './fleetFacts';
import { regionName } from './regionFacts';

interface Claims {
  readonly outcomes: readonly AuditOutcome[];
  readonly trail: readonly AuditTrailRow[];
  readonly phases: readonly AuditPhase[];
  readonly soakSeconds: number | undefined;
  readonly clockSkewMs: number;
}

/**
 * INV-10: a VM that counts as patched was proven healthy: the last probe since the end of its install says so. Silence and time prove
 * nothing. Each VM that the rollout calls patched is asked for its proof, and each gate whether as many had one as it counts.
 */
export function checkEvidence(log: DriverLog, fleet: FleetFacts, claims: Claims, findings: Findings): void {
  if (claims.outcomes.length + claims.trail.length === 0) return;
  const historyByPlace = healthHistories(log);
  for (const { vm, kind, atUtc } of claims.outcomes) {
    if (kind !== 'patched') continue;
    const place = fleet.find(vm);
    const at = atUtc === undefined ? log.until : Date.parse(atUtc);
    const history = (place && historyByPlace.get(place)) ?? [];
    const proofBy = (until: number): ReturnType<typeof proofOf> =>
      proofOf(history, { at: until, rolloutId: null, soakMs: null });
    const proof = proofBy(at + LOGGED_LATER_MS);
    findings.evaluated('INV-10');
    if (proof === 'healthy') continue;
    // The probe that it was based on may be later by the driver's clock; one that came after that takes nothing back.
    const isProvenSince = history.some(
      (event) => event.at > at && event.at <= at + claims.clockSkewMs && proofBy(event.at) === 'healthy',
    );
    if (!isProvenSince)
      findings.violated('INV-10', vm, at, `counts as patched, and its health is ${proof ?? 'of no install'}`);
  }
  for (const row of claims.trail)
    if (row.what === 'gateOpened') checkGate(row, historyByPlace, claims, findings);
}

/** Requests of one instant are logged some milliseconds apart: what an outcome was based on may stand just after it. */
const LOGGED_LATER_MS = 1000;

/** A gate that a person opened, or one without evidence, counts no VM. */
function checkGate(
  { rolloutId, subject, atUtc, evidence }: AuditTrailRow,
  historyByPlace: ReadonlyMap<Place, readonly HealthEvent[]>,
  { phases, soakSeconds }: Claims,
  findings: Findings,
): void {
  const { patched } = evidence;
  const phase = phases.find(
    (one) => `phase-${one.phase}` === subject && (one.rolloutId ?? rolloutId) === rolloutId,
  );
  if (typeof patched !== 'number' || phase === undefined) return;
  const regions = new Set(phase.regions.map(regionName));
  const at = Date.parse(atUtc);
  const asked = { at, rolloutId, soakMs: soakSeconds === undefined ? null : soakSeconds * 1000 };
  let proven = 0;
  for (const [place, history] of historyByPlace)
    if (regions.has(place.region) && proofOf(history, asked) === 'healthy') proven += 1;
  findings.evaluated('INV-10');
  if (patched > proven)
    findings.violated(
      'INV-10',
      null,
      at,
      `the gate of ${subject} opens on ${patched} patched VMs, and ${proven} of them were proven healthy`,
    );
}

/** What the log says of one VM, in order. */
interface HealthEvent {
  readonly at: number;
  readonly rolloutId: string | null;
  readonly what: 'started' | 'ended' | Health;
}

function healthHistories({ logEntries }: DriverLog): ReadonlyMap<Place, readonly HealthEvent[]> {
  const historyByPlace = new Map<Place, HealthEvent[]>();
  const add = (place: Place, event: HealthEvent): void => {
    const history = historyByPlace.get(place);
    if (history === undefined) historyByPlace.set(place, [event]);
    else history.push(event);
  };
  for (const entry of logEntries) {
    const { at } = entry;
    if (entry.kind === 'installStarted' || entry.kind === 'installEnded') {
      const { place, rolloutId } = entry.install;
      add(place, { at, rolloutId, what: entry.kind === 'installStarted' ? 'started' : 'ended' });
    } else if (entry.kind === 'probed') add(entry.place, { at, rolloutId: null, what: entry.health });
  }
  return historyByPlace;
}

interface Asked {
  readonly at: number;
  readonly rolloutId: string | null;
  /** A VM that was healthy so long after its install is proven, and that its owner stops it later takes nothing back. Null: it does. */
  readonly soakMs: number | null;
}

/** The last word on a VM's health since its install ended; null when none ended by then. */
function proofOf(
  history: readonly HealthEvent[],
  { at, rolloutId, soakMs }: Asked,
): Health | 'unproven' | null {
  let proof: Health | 'unproven' | null = null;
  let soakedAt = Infinity;
  let isProven = false;
  for (const event of history) {
    if (event.at > at) break;
    // The look after a bake of no time is at the instant of the gate, and after it.
    if (rolloutId !== null && event.at === at && (event.what === 'unhealthy' || event.what === 'unknown'))
      continue;
    const isInstall = event.what === 'started' || event.what === 'ended';
    if (isInstall && rolloutId !== null && event.rolloutId !== rolloutId) continue;
    if (event.what === 'started') proof = null;
    else if (event.what === 'ended') {
      proof = 'unproven';
      isProven = false;
      soakedAt = soakMs === null ? Infinity : event.at + soakMs;
    } else if (proof !== null && !(event.what === 'stopped' && isProven)) {
      proof = event.what;
      isProven = proof === 'healthy' && event.at >= soakedAt;
    }
  }
  return proof;
}
