import table from './azureRegions.json';

/** One row of azureRegions.json: what a rollout has to know of a region. */
export interface AzureRegion {
  readonly name: string;
  readonly displayName: string;
  /** The region Microsoft names as the geo pair. Not symmetric; read pairs through `arePaired`. */
  readonly pairedRegion: string | null;
  /** How many zones the table knows. Zones grow: a VM may name one that is not counted here. */
  readonly availabilityZones: number;
  /** IANA name of the zone of the region's documented location. */
  readonly timeZone: string;
}

const published: ReadonlyMap<string, AzureRegion> = new Map(table.regions.map((row) => [row.name, row]));
let regions = published;
let pairs = pairGraph();
let components = connectedComponents();
let learntText = '';

/** A region that policy knows and the table lacks. */
export type ExtraRegion = Pick<AzureRegion, 'name' | 'timeZone' | 'pairedRegion'>;

/**
 * From now on these are known, too, and no others beside the table's. Called before anything is planned, when a process has read its
 * policy: which regions exist, and which are pairs, does not change while claims are held.
 */
export function learnRegions(extra: readonly ExtraRegion[]): void {
  const learnt = extra
    .filter(({ name }) => !published.has(name))
    .map((region) => [region.name, { ...region, displayName: region.name, availabilityZones: 0 }] as const);
  regions = new Map([...published, ...learnt]);
  learntText = JSON.stringify(learnt);
  pairs = pairGraph();
  components = connectedComponents();
}

/** Which regions are known beside the table's, as a text to compare: for what is remembered of them. */
export const learntRegions = (): string => learntText;

/** `name:timeZone` or `name:timeZone:pair`; undefined when it is not written so. Whether the names exist is not asked here. */
export function parseExtraRegion(written: string): ExtraRegion | undefined {
  const [name = '', timeZone = '', pair = '', ...rest] = written.split(':').map((part) => part.trim());
  if (name === '' || timeZone === '' || rest.length > 0) return undefined;
  return { name: regionNameOf(name), timeZone, pairedRegion: pair === '' ? null : regionNameOf(pair) };
}

/** `East US` and `EASTUS` are `eastus`, as ARM has it. */
export function regionNameOf(written: string): string {
  return written.replace(/\s+/g, '').toLowerCase();
}

/** Undefined for a region Lowtide has never heard of: its VMs are `skipped: unknownRegion` until policy knows it (`extraRegions`). */
export function findRegion(region: string): AzureRegion | undefined {
  return regions.get(region);
}

export function knownRegions(): readonly AzureRegion[] {
  return [...regions.values()];
}

/** may these two regions never be disrupted together? Either of the two naming the other suffices. */
export function arePaired(a: string, b: string): boolean {
  return pairs.get(a)?.has(b) ?? false;
}

/** All regions paired with this one, sorted by name; none for an unknown region. */
export function pairsOf(region: string): readonly string[] {
  return [...(pairs.get(region) ?? [])].sort();
}

/**
 * Names the connected component of the pair graph: its alphabetically first region. Regions of two components can never be in
 * each other's way, so each component has its own ledger. An unknown region is its own component.
 */
export function pairComponent(region: string): string {
  return components.get(region) ?? region;
}

/** IANA zone of the region; UTC for an unknown one. */
export function regionTimeZone(region: string): string {
  return regions.get(region)?.timeZone ?? 'UTC';
}

function pairGraph(): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  const link = (from: string, to: string): void => {
    const neighbours = graph.get(from) ?? new Set();
    graph.set(from, neighbours.add(to));
  };
  for (const { name, pairedRegion } of regions.values()) {
    if (pairedRegion === null) continue;
    link(name, pairedRegion);
    link(pairedRegion, name);
  }
  return graph;
}

function connectedComponents(): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  // In alphabetical order, the first region to reach a component is the one it is named after; a region that was learnt renames none.
  const learnt = [...regions.keys()].filter((name) => !published.has(name));
  for (const first of [...[...published.keys()].sort(), ...learnt.sort()]) {
    const toVisit = named.has(first) ? [] : [first];
    for (let region = toVisit.pop(); region !== undefined; region = toVisit.pop()) {
      if (named.has(region)) continue;
      named.set(region, first);
      toVisit.push(...(pairs.get(region) ?? []));
    }
  }
  return named;
}
