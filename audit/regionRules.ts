import type { AuditPhase } from './auditInput';
import { utcOf, type Findings } from './auditReport';
import type { Install } from './driverLog';
import type { Place } from './fleetFacts';
import { regionName, type RegionFacts } from './regionFacts';

/** What is down in one region at an instant of the sweep. */
interface RegionNow {
  /** VMs being disrupted by zone; null for those without a zone, which may sit in any. */
  readonly downByZone: Map<string | null, Set<Place>>;
}

/** INV-2 and INV-3: what may happen beside each other in regions and zones. */
export class RegionRules {
  readonly #regions = new Map<string, RegionNow>();
  #overlaps = 0;

  /** Regions that were met, and of which nothing is known. */
  readonly #unknown = new Set<string>();

  readonly #facts: RegionFacts;
  readonly #findings: Findings;

  constructor(facts: RegionFacts, findings: Findings) {
    this.#facts = facts;
    this.#findings = findings;
  }

  get pairOverlaps(): number {
    return this.#overlaps;
  }

  started({ place, start }: Install): void {
    this.#doubtWhenUnknown(place, start);
    this.#checkPairs(place, start);
    const region = this.#regionOf(place.region);
    this.#checkZones(region, place, start);
    const down = region.downByZone.get(place.zone) ?? new Set();
    region.downByZone.set(place.zone, down.add(place));
  }

  /** `last`: no other install is in flight on the VM. */
  ended({ place }: Install, last: boolean): void {
    if (!last) return;
    const { downByZone } = this.#regionOf(place.region);
    const down = downByZone.get(place.zone);
    down?.delete(place);
    if (down?.size === 0) downByZone.delete(place.zone);
  }

  /** What its pair is, and when its off-peak hours are, cannot be judged: once for each region. */
  #doubtWhenUnknown({ vm, region }: Place, at: number): void {
    if (this.#facts.isKnown(region) || this.#unknown.has(region)) return;
    this.#unknown.add(region);
    this.#findings.doubted(
      vm,
      utcOf(at),
      `region ${region} is not known: neither its pair (INV-2) nor its off-peak hours (INV-4) can be checked`,
    );
  }

  #checkPairs(place: Place, at: number): void {
    this.#findings.evaluated('INV-2');
    for (const region of this.#facts.pairsOf(place.region)) {
      const other = someOf(this.#regions.get(region)?.downByZone.values() ?? []);
      if (other === null) continue;
      this.#overlaps += 1;
      this.#findings.violated(
        'INV-2',
        place.vm,
        at,
        `${place.region} starts while ${other.vm} is down in its pair ${region}`,
      );
      return;
    }
  }

  #checkZones({ downByZone }: RegionNow, place: Place, at: number): void {
    this.#findings.evaluated('INV-3');
    for (const [zone, down] of downByZone) {
      const other = zone === place.zone ? null : someOf([down]);
      if (other === null) continue;
      this.#findings.violated(
        'INV-3',
        place.vm,
        at,
        `${zoneText(place.zone)} of ${place.region} starts while ${other.vm} is down in ${zoneText(zone)}`,
      );
      return;
    }
  }

  #regionOf(name: string): RegionNow {
    let region = this.#regions.get(name);
    if (region === undefined) this.#regions.set(name, (region = { downByZone: new Map() }));
    return region;
  }
}

/** INV-2, of the rollout's own phases: both ends of a pair are never in one. */
export function checkPhasePairs(
  phases: readonly AuditPhase[],
  fallbackMs: number,
  facts: RegionFacts,
  findings: Findings,
): void {
  for (const { phase, regions, startedUtc } of phases) {
    findings.evaluated('INV-2');
    const names = new Set(regions.map(regionName));
    const at = startedUtc === null ? fallbackMs : Date.parse(startedUtc);
    for (const [a, b] of facts.pairs())
      if (names.has(a) && names.has(b))
        findings.violated('INV-2', null, at, `phase ${phase} has both ends of the geo pair ${a} and ${b}`);
  }
}

function zoneText(zone: string | null): string {
  return zone === null ? 'the part without zones' : `zone ${zone}`;
}

function someOf(groups: Iterable<ReadonlySet<Place>>): Place | null {
  for (const group of groups) for (const place of group) return place;
  return null;
}
