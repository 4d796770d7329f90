import type { VmId } from '../domain/ids';
import { hash53 } from '../domain/seed';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { VmIds, VmList } from '../domain/vmList';

const FREE = -1;

/**
 * The VMs of an inventory by their ids. It keeps neither VMs nor ids but their positions, at the places that the hashes of the ids name, or at the next that are free: a map of a
 * million ids is 200 MB where the VMs are made as they are asked for. Of VMs with one id the last counts.
 */
export class InventoryById {
  readonly #vms: VmList;
  readonly #ids: VmIds;
  /** At most half full. Its length is a power of two. */
  readonly #places: Int32Array;
  /** Positions of VMs whose id a later one has, too. */
  readonly #replaced = new Set<number>();

  constructor(vms: VmList) {
    this.#vms = vms;
    this.#ids = vms.ids ?? Array.from(vms, ({ id }) => id);
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(2 * vms.length + 2))).fill(FREE);
    for (let position = 0; position < vms.length; position += 1) {
      const id = this.#ids.at(position);
      if (id === undefined) continue;
      const place = this.#placeOf(id);
      this.#replaced.add(this.#places[place] ?? FREE);
      this.#places[place] = position;
    }
  }

  get(id: VmId): VirtualMachine | undefined {
    const position = this.#positionOf(id);
    return position === FREE ? undefined : this.#vms.at(position);
  }

  has(id: VmId): boolean {
    return this.#positionOf(id) !== FREE;
  }

  /** Each id once. */
  *[Symbol.iterator](): Generator<VirtualMachine> {
    let position = 0;
    for (const vm of this.#vms) {
      if (!this.#replaced.has(position)) yield vm;
      position += 1;
    }
  }

  /** A set of ids, none yet. */
  noted(): NotedIds {
    return new NotedIds(this.#places.length, (id) => {
      const place = this.#placeOf(id);
      return this.#places[place] === FREE ? null : place;
    });
  }

  #positionOf(id: VmId): number {
    return this.#places[this.#placeOf(id)] ?? FREE;
  }

  /** Where the id is, or would be. */
  #placeOf(id: VmId): number {
    const last = this.#places.length - 1;
    for (let place = hash53(id) & last; ; place = (place + 1) & last) {
      const position = this.#places[place] ?? FREE;
      if (position === FREE || this.#ids.at(position) === id) return place;
    }
  }
}

/** Ids of an inventory as a byte each, and others as they are. */
export class NotedIds {
  readonly #placeOf: (id: VmId) => number | null;
  readonly #isNoted: Uint8Array;
  readonly #others = new Set<VmId>();

  constructor(places: number, placeOf: (id: VmId) => number | null) {
    this.#isNoted = new Uint8Array(places);
    this.#placeOf = placeOf;
  }

  has(id: VmId): boolean {
    const place = this.#placeOf(id);
    return place === null ? this.#others.has(id) : this.#isNoted[place] === 1;
  }

  /** Whether it was not noted yet. */
  add(id: VmId): boolean {
    const place = this.#placeOf(id);
    const isNew = place === null ? !this.#others.has(id) : this.#isNoted[place] === 0;
    if (place === null) this.#others.add(id);
    else this.#isNoted[place] = 1;
    return isNew;
  }
}

/** VMs of the inventory: members of a set, and standalone VMs of a subscription in a region. */
export interface Counts {
  readonly ofSet: (set: string | null) => number;
  readonly standalone: (region: string, subscription: string) => number;
}

export function countsOf(inventory: InventoryById): Counts {
  const [members, standalone] = [new Map<string, number>(), new Map<string, number>()];
  const key = (region: string, subscription: string): string => `${region} ${subscription.toLowerCase()}`;
  const countIn = (counts: Map<string, number>, name: string): void =>
    void counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const { availabilitySetId: set, region, subscriptionId } of inventory)
    if (set === null) countIn(standalone, key(region, subscriptionId));
    else countIn(members, set);
  return {
    ofSet: (set) => (set === null ? 0 : (members.get(set) ?? 0)),
    standalone: (region, subscription) => standalone.get(key(region, subscription)) ?? 0,
  };
}
