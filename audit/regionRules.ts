import type { AuditPhase } from './auditInput';
import type { Findings } from './auditReport';
import type { Install } from './driverLog';
import type { Place } from './fleetFacts';
import geoPairs from './geoPairs.json';
import { regionName } from './timeZone';

/** Either of two regions naming the other makes them a pair. */
const pairedWith = pairGraph();

/** What is down in one region at an instant of the sweep. */
interface RegionNow {
  /** VMs being disrupted by zone; null for those without a zone, which may sit in any. */
  readonly downByZone: Map<string | null, Set<Place>>;
}

/** INV-2 and INV-3: what may happen beside each other in regions and zones. */
export class RegionRules {
  readonly #regions = new Map<string, RegionNow>();
  #overlaps = 0;

  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  get pairOverlaps(): number {
    return this.#overlaps;
  }

  started({ place, start }: Install): void {
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

  #checkPairs(place: Place, at: number): void {
    this.#findings.evaluated('INV-2');
    for (const region of pairedWith.get(place.region) ?? []) {
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
export function checkPhasePairs(phases: readonly AuditPhase[], fallbackMs: number, findings: Findings): void {
  for (const { phase, regions, startedUtc } of phases) {
    findings.evaluated('INV-2');
    const names = new Set(regions.map(regionName));
    const at = startedUtc === null ? fallbackMs : Date.parse(startedUtc);
    for (const [a, b] of edges())
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

function* edges(): Generator<readonly [string, string]> {
  for (const [a, b] of geoPairs) if (a !== undefined && b !== undefined) yield [a, b];
}

function pairGraph(): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  const link = (a: string, b: string): void => {
    graph.set(a, (graph.get(a) ?? new Set()).add(b));
  };
  for (const [a, b] of edges()) {
    link(a, b);
    link(b, a);
  }
  return graph;
}
