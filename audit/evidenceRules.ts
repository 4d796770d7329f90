import type { AuditOutcome, AuditPhase, AuditTrailRow } from './auditInput';
import type { Findings } from './auditReport';
import type { DriverLog, Health } from './driverLog';
import type { FleetFacts, Place } from './fleetFacts';
import { regionName } from './timeZone';

interface Claims {
  readonly outcomes: readonly AuditOutcome[];
  readonly trail: readonly AuditTrailRow[];
  readonly phases: readonly AuditPhase[];
}

/**
 * INV-10: whoever counts as patched was proven healthy: the last probe since the end of its install says so. Silence and time prove
 * nothing. Each VM that the rollout calls patched is asked for its proof, and each gate whether as many had one as it counts.
 */
export function checkEvidence(log: DriverLog, fleet: FleetFacts, claims: Claims, findings: Findings): void {
  if (claims.outcomes.length + claims.trail.length === 0) return;
  const stories = storiesOf(log);
  for (const { vm, kind, atUtc } of claims.outcomes) {
    if (kind !== 'patched') continue;
    const place = fleet.find(vm);
    const at = atUtc === undefined ? log.until : Date.parse(atUtc);
    const proof = proofOf((place && stories.get(place)) ?? [], at, null);
    findings.evaluated('INV-10');
    if (proof !== 'healthy')
      findings.violated('INV-10', vm, at, `counts as patched, and its health is ${proof ?? 'of no install'}`);
  }
  for (const row of claims.trail)
    if (row.what === 'gateOpened') checkGate(row, stories, claims.phases, findings);
}

/** A gate that a person opened, or one without evidence, counts nobody. */
function checkGate(
  { rolloutId, subject, atUtc, evidence }: AuditTrailRow,
  stories: ReadonlyMap<Place, readonly Told[]>,
  phases: readonly AuditPhase[],
  findings: Findings,
): void {
  const { patched } = evidence;
  const phase = phases.find(
    (one) => `phase-${one.phase}` === subject && (one.rolloutId ?? rolloutId) === rolloutId,
  );
  if (typeof patched !== 'number' || phase === undefined) return;
  const regions = new Set(phase.regions.map(regionName));
  const at = Date.parse(atUtc);
  let proven = 0;
  for (const [place, story] of stories)
    if (regions.has(place.region) && proofOf(story, at, rolloutId) === 'healthy') proven += 1;
  findings.evaluated('INV-10');
  if (patched > proven)
    findings.violated(
      'INV-10',
      null,
      at,
      `the gate of ${subject} opens on ${patched} patched VMs, and ${proven} of them were proven healthy`,
    );
}

/** What was told of a VM, in order. */
interface Told {
  readonly at: number;
  readonly rolloutId: string | null;
  readonly what: 'started' | 'ended' | Health;
}

function storiesOf({ happenings }: DriverLog): ReadonlyMap<Place, readonly Told[]> {
  const stories = new Map<Place, Told[]>();
  const tell = (place: Place, told: Told): void => {
    const story = stories.get(place);
    if (story === undefined) stories.set(place, [told]);
    else story.push(told);
  };
  for (const happening of happenings) {
    const { at } = happening;
    if (happening.kind === 'installStarted' || happening.kind === 'installEnded') {
      const { place, rolloutId } = happening.install;
      tell(place, { at, rolloutId, what: happening.kind === 'installStarted' ? 'started' : 'ended' });
    } else if (happening.kind === 'probed')
      tell(happening.place, { at, rolloutId: null, what: happening.health });
  }
  return stories;
}

/** The last word on a VM's health since its install ended; null when none ended by then. */
function proofOf(story: readonly Told[], at: number, rolloutId: string | null): Health | 'unproven' | null {
  let proof: Health | 'unproven' | null = null;
  for (const told of story) {
    if (told.at > at) break;
    const isInstall = told.what === 'started' || told.what === 'ended';
    if (isInstall && rolloutId !== null && told.rolloutId !== rolloutId) continue;
    if (told.what === 'started') proof = null;
    else if (told.what === 'ended') proof = 'unproven';
    else if (proof !== null) proof = told.what;
  }
  return proof;
}
