import { inSlices } from '../activities/slices';
import { imageFamilyOf } from '../domain/imageFamily';
import { regionNameOf } from '../domain/regions';
import type { Selector } from '../domain/selector';
import { tagOf } from '../domain/tags';
import type { FleetView, FleetVm, Listed } from './fleetVm';

/** The VMs of a view by one fact: places of the view, in its order. */
export interface ByFact {
  /** As they were first written, in the order in which they were met. */
  readonly names: readonly string[];
  /** Of each VM the number of its name; -1 where it has none. */
  readonly numbers: Int32Array;
  /** By name in lower case. */
  readonly places: ReadonlyMap<string, readonly number[]>;
}

/** Made when they are first asked for: a large fleet is filtered and counted far more often than it changes. */
const INDEXES = new WeakMap<Listed, Map<string, Promise<ByFact>>>();

/** Of a listing in which some VMs have changed: a fact of which none has another value than before is not indexed again. */
export function keepIndexes(before: Listed, after: Listed, changed: readonly number[]): void {
  const known = INDEXES.get(before);
  if (known === undefined) return;
  const kept = [...known].filter(([fact]) => {
    const value = valueOf(fact);
    const at = ({ vms }: Listed, place: number): string | null => {
      const vm = vms[place];
      return vm === undefined ? null : value({ vm, family: imageFamilyOf(vm) });
    };
    return changed.every((place) => at(before, place) === at(after, place));
  });
  INDEXES.set(after, new Map(kept));
}

/** The places of the VMs that a selector means, in order; null for all of them. The same VMs as `selects` has. */
export async function placesSelected(view: FleetView, selector: Selector): Promise<readonly number[] | null> {
  const { vm, subscription, resourceGroup, region, family, availabilitySet, tag } = selector;
  const parts: (readonly number[])[] = [];
  const by = async (fact: string, value: string | undefined): Promise<void> => {
    if (value !== undefined) parts.push((await byFact(view, fact)).places.get(value.toLowerCase()) ?? []);
  };
  const place = vm === undefined ? undefined : view.listed.placeOf.get(vm);
  if (vm !== undefined) parts.push(place === undefined ? [] : [place]);
  await by('subscription', subscription);
  await by('resourceGroup', resourceGroup);
  await by('region', region === undefined ? undefined : regionNameOf(region));
  await by('family', family);
  await by('availabilitySet', availabilitySet);
  for (const written of tag === undefined ? [] : [tag].flat()) parts.push(await placesTagged(view, written));
  const [first, ...others] = parts.sort((a, b) => a.length - b.length);
  if (first === undefined) return null;
  return others.reduce((left, part) => {
    const known = new Set(part);
    return left.filter((place) => known.has(place));
  }, first);
}

async function placesTagged(view: FleetView, written: string): Promise<readonly number[]> {
  const equals = written.indexOf('=');
  const name = (equals < 0 ? written : written.slice(0, equals).trim()).toLowerCase();
  const { places, numbers } = await byFact(view, `tag:${name}`);
  if (equals >= 0)
    return (
      places.get(
        written
          .slice(equals + 1)
          .trim()
          .toLowerCase(),
      ) ?? []
    );
  return [...numbers.keys()].filter((place) => numbers[place] !== -1);
}

/** By `subscription`, `resourceGroup`, `region`, `family`, `availabilitySet` or `tag:NAME`. */
export function byFact(view: FleetView, fact: string): Promise<ByFact> {
  const { listed } = view;
  const indexes = INDEXES.get(listed) ?? new Map<string, Promise<ByFact>>();
  INDEXES.set(listed, indexes);
  const known = indexes.get(fact);
  if (known !== undefined) return known;
  const made = indexOf(view, valueOf(fact));
  indexes.set(fact, made);
  return made;
}

/** In slices: of a large fleet it takes a tenth of a second. */
async function indexOf({ vms }: FleetView, valueOfVm: (one: Named) => string | null): Promise<ByFact> {
  const numberOf = new Map<string, number>();
  const places = new Map<string, number[]>();
  const numbers = new Int32Array(vms.length).fill(-1);
  await inSlices(vms, (one, place) => {
    const value = valueOfVm(one);
    if (value === null) return;
    let number = numberOf.get(value);
    if (number === undefined) numberOf.set(value, (number = numberOf.size));
    numbers[place] = number;
    const key = value.toLowerCase();
    const found = places.get(key);
    if (found === undefined) places.set(key, [place]);
    else found.push(place);
  });
  return { names: [...numberOf.keys()], numbers, places };
}

/** What an index needs to know of a VM. */
type Named = Pick<FleetVm, 'vm' | 'family'>;

function valueOf(fact: string): (one: Named) => string | null {
  switch (fact) {
    case 'subscription':
      return ({ vm }) => vm.subscriptionId;
    case 'resourceGroup':
      return ({ vm }) => vm.resourceGroup;
    case 'region':
      return ({ vm }) => vm.region;
    case 'family':
      return ({ family }) => family;
    case 'availabilitySet':
      return ({ vm }) => vm.availabilitySetId;
    default: {
      const name = fact.slice('tag:'.length);
      return ({ vm }) => tagOf(vm.tags, name) ?? null;
    }
  }
}
