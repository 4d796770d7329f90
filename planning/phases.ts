import type { Policy } from '../domain/policy';
import { arePaired, pairsOf, regionNameOf } from '../domain/regions';

export interface RegionSize {
  readonly region: string;
  readonly vmCount: number;
}

type PhasePolicy = Pick<Policy, 'phasesMin' | 'canaryRegions'>;

/** How far the update has come, in percent of all VMs, before it may go on. No step is ever dropped to save days. */
export const BLAST_RADIUS_LADDER: readonly number[] = [1, 5, 25];

/**
 * the regions in phases. The canary regions come first; then, step by step of the ladder, the fewest regions that bring
 * the update so far; then the rest, in two phases where it holds both ends of a pair. A step already reached is left out, as long as
 * there are phases enough: that makes them the fewest. With fewer regions than phases there is one region a phase.
 */
export function orderIntoPhases(regions: readonly RegionSize[], policy: PhasePolicy): RegionSize[][] {
  const total = vmCountOf(regions);
  const phasesMin = Math.min(policy.phasesMin, regions.length);
  let left = [...regions].sort(bySize);
  const phases: RegionSize[][] = [];
  const add = (phase: readonly RegionSize[]): void => {
    if (phase.length === 0) return;
    phases.push([...phase].sort(byName));
    left = left.filter((region) => !phase.includes(region));
  };
  add(canaries(left, policy));
  for (const [index, percent] of BLAST_RADIUS_LADDER.entries()) {
    const missing = (total * percent) / 100 - (total - vmCountOf(left));
    const phasesWithout = phases.length + (BLAST_RADIUS_LADDER.length - index - 1) + 1;
    if (missing <= 0 && phasesWithout >= phasesMin) continue;
    add(fewestThatReach(left, missing));
  }
  for (const phase of rest(left, vmCountOf(phases.at(-1) ?? []))) add(phase);
  return splitUpTo(phasesMin, phases);
}

/** The regions policy names, as far as there are VMs in them and they are no pair; else the smallest. */
function canaries(smallestFirst: readonly RegionSize[], policy: PhasePolicy): RegionSize[] {
  const named = policy.canaryRegions
    .map(regionNameOf)
    .flatMap((name) => smallestFirst.find(({ region }) => region === name) ?? []);
  const apart: RegionSize[] = [];
  for (const region of named) if (fitsBeside(apart, region)) apart.push(region);
  return apart.length > 0 ? apart : smallestFirst.slice(0, 1);
}

/** The largest regions until one suffices for what is missing, and of those that suffice the smallest: few regions, and few VMs too many. */
function fewestThatReach(smallestFirst: readonly RegionSize[], missing: number): RegionSize[] {
  const taken: RegionSize[] = [];
  let lacking = missing;
  do {
    const candidates = smallestFirst.filter((region) => !taken.includes(region) && fitsBeside(taken, region));
    const next = candidates.find(({ vmCount }) => vmCount >= lacking) ?? candidates.at(-1);
    if (next === undefined) break;
    taken.push(next);
    lacking -= next.vmCount;
  } while (lacking > 0);
  return taken;
}

/** These regions in as few phases as keep both ends of each geo pair apart: one or two. */
export function apart(regions: readonly RegionSize[]): RegionSize[][] {
  return rest(regions, 0)
    .filter((phase) => phase.length > 0)
    .map((phase) => [...phase].sort(byName));
}

/** What is left, in one phase, or in two, the smaller first, where pairs must be kept apart. Regions without a pair fill the first up. */
function rest(left: readonly RegionSize[], previousVmCount: number): RegionSize[][] {
  const sides = left.filter(({ region }) => !isAlone(region, left));
  if (sides.length === 0) return [[...left]];
  const [first, second] = twoColours(sides);
  for (const region of left.filter((one) => !sides.includes(one))) {
    const grows =
      vmCountOf(first) < previousVmCount && vmCountOf(first) + region.vmCount <= vmCountOf(second);
    (grows ? first : second).push(region);
  }
  return [first, second];
}

/** The pairs are a forest, so the regions of a component fall into two sides; of each the side with fewer VMs comes first. */
function twoColours(regions: readonly RegionSize[]): [RegionSize[], RegionSize[]] {
  const bySide: [RegionSize[], RegionSize[]] = [[], []];
  const size = new Map(regions.map((one) => [one.region, one]));
  const seen = new Set<string>();
  for (const { region } of [...regions].sort(byName)) {
    const sides: [RegionSize[], RegionSize[]] = [[], []];
    const toVisit: { name: string; side: 0 | 1 }[] = [{ name: region, side: 0 }];
    for (let visit = toVisit.pop(); visit !== undefined; visit = toVisit.pop()) {
      const found = size.get(visit.name);
      if (found === undefined || seen.has(visit.name)) continue;
      seen.add(visit.name);
      sides[visit.side].push(found);
      const side = visit.side === 0 ? 1 : 0;
      toVisit.push(...pairsOf(visit.name).map((name) => ({ name, side }) as const));
    }
    const [smaller, larger] = vmCountOf(sides[0]) <= vmCountOf(sides[1]) ? sides : [sides[1], sides[0]];
    bySide[0].push(...smaller);
    bySide[1].push(...larger);
  }
  return vmCountOf(bySide[0]) <= vmCountOf(bySide[1]) ? bySide : [bySide[1], bySide[0]];
}

/** While there are too few phases, the one with most regions (not the canary's, unless it is alone) gives its smaller quarter a phase before it. */
function splitUpTo(phasesMin: number, phases: readonly RegionSize[][]): RegionSize[][] {
  const result = [...phases];
  while (result.length < phasesMin) {
    const most = Math.max(
      ...result.map((phase, index) => (index === 0 && result.length > 1 ? 1 : phase.length)),
    );
    if (most < 2) return result;
    const index = result.findLastIndex(
      (phase, at) => phase.length === most && (at > 0 || result.length === 1),
    );
    const phase = [...(result[index] ?? [])].sort(bySize);
    const cut = Math.max(1, Math.floor(phase.length / 4));
    result.splice(index, 1, phase.slice(0, cut).sort(byName), phase.slice(cut).sort(byName));
  }
  return result;
}

function isAlone(region: string, among: readonly RegionSize[]): boolean {
  return !among.some((other) => arePaired(region, other.region));
}

function fitsBeside(taken: readonly RegionSize[], { region }: RegionSize): boolean {
  return isAlone(region, taken);
}

function vmCountOf(regions: readonly RegionSize[]): number {
  return regions.reduce((sum, { vmCount }) => sum + vmCount, 0);
}

function bySize(a: RegionSize, b: RegionSize): number {
  return a.vmCount - b.vmCount || byName(a, b);
}

function byName(a: RegionSize, b: RegionSize): number {
  return a.region < b.region ? -1 : 1;
}
