import geoPairs from './geoPairs.json';
import regionTimeZones from './regionTimeZones.json';

/** A region that the tables lack, and what the operator says of it. */
export interface ExtraRegion {
  readonly name: string;
  readonly timeZone: string;
  readonly pairedRegion: string | null;
}

/** `East US` is `eastus`. */
export function regionName(written: string): string {
  return written.toLowerCase().replaceAll(' ', '');
}

/** Time zones and pairs of regions: of the tables, and of what is given beside them. */
export class RegionFacts {
  readonly #zones: Map<string, string>;
  readonly #edges: (readonly [string, string])[];
  readonly #pairedWith = new Map<string, Set<string>>();

  constructor(extra: readonly ExtraRegion[]) {
    this.#zones = new Map(Object.entries(regionTimeZones));
    this.#edges = geoPairs.flatMap(([a, b]) => (a !== undefined && b !== undefined ? [[a, b] as const] : []));
    for (const { name, timeZone, pairedRegion } of extra) {
      this.#zones.set(regionName(name), timeZone);
      if (pairedRegion !== null) this.#edges.push([regionName(name), regionName(pairedRegion)]);
    }
    for (const [a, b] of this.#edges) {
      this.#link(a, b);
      this.#link(b, a);
    }
  }

  isKnown(region: string): boolean {
    return this.#zones.has(region);
  }

  timeZoneOf(region: string): string | undefined {
    return this.#zones.get(region);
  }

  /** Either of two regions naming the other makes them a pair. */
  pairsOf(region: string): Iterable<string> {
    return this.#pairedWith.get(region) ?? [];
  }

  pairs(): readonly (readonly [string, string])[] {
    return this.#edges;
  }

  #link(a: string, b: string): void {
    this.#pairedWith.set(a, (this.#pairedWith.get(a) ?? new Set()).add(b));
  }
}
