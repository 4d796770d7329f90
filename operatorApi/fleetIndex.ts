import { regionNameOf } from '../domain/regions';
import type { Selector } from '../domain/selector';
import { tagOf } from '../domain/tags';
import type { FleetView, FleetVm } from './fleetView';

/** The VMs of a view by one fact: places of the view, in its order. */
interface ByFact {
  /** As they were first written, in the order in which they were met. */
  readonly names: readonly string[];
  /** Of each VM the number of its name; -1 where it has none. */
  readonly numbers: Int32Array;
  /** By name in lower case. */
  readonly places: ReadonlyMap<string, readonly number[]>;
}

/** Made when they are first asked for, and anew when the inventory has changed: a large fleet is filtered and counted far more often than it changes. */
const INDEXES = new WeakMap<FleetView['listed'], Map<string, ByFact>>();

/** The places of the VMs that a selector means, in order; null for all of them. The same VMs as `selects` has. */
export function placesSelected(view: FleetView, selector: Selector): readonly number[] | null {
  const { vm, subscription, resourceGroup, region, family, availabilitySet, tag } = selector;
  const parts: (readonly number[])[] = [];
  const by = (fact: string, value: string | undefined): void => {
    if (value !== undefined) parts.push(byFact(view, fact).places.get(value.toLowerCase()) ?? []);
  };
  by('vm', vm);
  by('subscription', subscription);
  by('resourceGroup', resourceGroup);
  by('region', region === undefined ? undefined : regionNameOf(region));
  by('family', family);
  by('availabilitySet', availabilitySet);
  for (const written of tag === undefined ? [] : [tag].flat()) parts.push(placesTagged(view, written));
  const [first, ...others] = parts.sort((a, b) => a.length - b.length);
  if (first === undefined) return null;
  return others.reduce((left, part) => {
    const known = new Set(part);
    return left.filter((place) => known.has(place));
  }, first);
}

function placesTagged(view: FleetView, written: string): readonly number[] {
  const equals = written.indexOf('=');
  const name = (equals < 0 ? written : written.slice(0, equals).trim()).toLowerCase();
  const { places, numbers } = byFact(view, `tag:${name}`);
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

/** By `vm`, `subscription`, `resourceGroup`, `region`, `family`, `availabilitySet` or `tag:NAME`. */
export function byFact(view: FleetView, fact: string): ByFact {
  const indexes = INDEXES.get(view.listed) ?? new Map<string, ByFact>();
  INDEXES.set(view.listed, indexes);
  const known = indexes.get(fact);
  if (known !== undefined) return known;
  const made = indexOf(view, valueOf(fact));
  indexes.set(fact, made);
  return made;
}

function indexOf({ vms }: FleetView, valueOfVm: (one: FleetVm) => string | null): ByFact {
  const numberOf = new Map<string, number>();
  const places = new Map<string, number[]>();
  const numbers = new Int32Array(vms.length).fill(-1);
  for (const [place, one] of vms.entries()) {
    const value = valueOfVm(one);
    if (value === null) continue;
    let number = numberOf.get(value);
    if (number === undefined) numberOf.set(value, (number = numberOf.size));
    numbers[place] = number;
    const key = value.toLowerCase();
    const found = places.get(key);
    if (found === undefined) places.set(key, [place]);
    else found.push(place);
  }
  return { names: [...numberOf.keys()], numbers, places };
}

function valueOf(fact: string): (one: FleetVm) => string | null {
  switch (fact) {
    case 'vm':
      return ({ vm }) => vm.id;
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
