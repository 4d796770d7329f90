import type { DriverEvent } from '../drivers/driver';
import type { AuditOwnWindows, AuditRing, AuditVm } from './auditInput';
import { regionName, type RegionFacts } from './regionFacts';
import { isSelected } from './selectVms';
import { auditTimeZone } from './timeZone';

/** A VM where it stands, with names that compare as text. */
export interface Place {
  /** As first written; for people. */
  readonly vm: string;
  readonly region: string;
  readonly zone: string | null;
  readonly set: string | null;
  readonly updateDomain: string;
  readonly subscription: string;
  readonly timeZone: string;
  /** The hours that are its own; null for those of the fleet. */
  readonly ownWindows: AuditOwnWindows | null;
  /** The ring that it is of; null for none. */
  readonly ring: string | null;
  /** Null when the fleet does not say. */
  readonly imageFamily: string | null;
}

/** Where the time zone of a VM comes from, beside itself. */
export interface TimeZoneFacts {
  readonly tag: string;
  readonly regions: RegionFacts;
  readonly ownWindows?: readonly AuditOwnWindows[];
  readonly rings?: readonly AuditRing[];
}

/** A VM whose update domain is not known is alone in one: that another is in the same cannot be said. */
const unknownDomainOf = (id: string): string => `unknown: ${id.toLowerCase()}`;

/**
 * Where every VM stands: by the fleet's facts, and where these are silent by the driver's log, which also knows of VMs that came
 * later.
 */
export class FleetFacts {
  readonly #vms = new Map<string, AuditVm>();
  readonly #places = new Map<string, Place>();
  readonly #setSizes = new Map<string, number>();
  readonly #standalone = new Map<string, number>();
  readonly #offAtFirst = new Map<string, AuditVm[]>();
  /** By the spelling that was asked for. */
  readonly #firstIds = new Map<string, string>();

  readonly #timeZone: TimeZoneFacts;

  constructor(vms: readonly AuditVm[], timeZone: TimeZoneFacts) {
    this.#timeZone = timeZone;

    for (const vm of vms) {
      this.#vms.set(vm.id.toLowerCase(), vm);
      const set = vm.availabilitySet?.toLowerCase();
      if (set === undefined) this.#countStandalone(vm);
      else this.#setSizes.set(set, (this.#setSizes.get(set) ?? 0) + 1);
      if (set === undefined || vm.isOff !== true) continue;
      const off = this.#offAtFirst.get(set) ?? [];
      this.#offAtFirst.set(set, [...off, vm]);
    }
  }

  /** VMs outside of sets that the subscription of this one has in its region, patched by us or not. */
  standaloneCount({ subscription, region }: Place): number {
    return this.#standalone.get(`${subscription} ${region}`) ?? 0;
  }

  /** Members of a set that are off when the log begins. */
  offAtFirst(set: string): Place[] {
    return (this.#offAtFirst.get(set) ?? []).flatMap(({ id }) => {
      const known = this.#places.get(id.toLowerCase());
      const facts = this.#vms.get(id.toLowerCase());
      if (known !== undefined) return [known];
      if (facts === undefined) return [];
      const place = placeOf(facts, this.#timeZone);
      this.#places.set(id.toLowerCase(), place);
      return [place];
    });
  }

  #countStandalone({ subscription, region }: { subscription: string; region: string }): void {
    const key = `${subscription.toLowerCase()} ${regionName(region)}`;
    this.#standalone.set(key, (this.#standalone.get(key) ?? 0) + 1);
  }

  /** All members of a set in the fleet, patched by us or not. */
  setSize(set: string): number {
    return this.#setSizes.get(set) ?? 0;
  }

  fleet(): Place[] {
    return [...this.#vms.values()].map((vm) => this.find(vm.id) ?? placeOf(vm, this.#timeZone));
  }

  /** Null for a VM that neither the fleet nor the log has named. */
  find(vm: string): Place | null {
    const known = this.#places.get(vm) ?? this.#places.get(vm.toLowerCase());
    if (known !== undefined) return known;
    const facts = this.#vms.get(vm.toLowerCase());
    return facts === undefined ? null : placeOf(facts, this.#timeZone);
  }

  placeOf(event: DriverEvent): Place {
    let place = this.#places.get(event.vm);
    if (place === undefined) {
      const id = event.vm.toLowerCase();
      place = this.#places.get(id) ?? this.#learn(id, event);
      // The log spells a VM mostly alike: remembering its spelling saves lower-casing half a million ids.
      this.#places.set(event.vm, place);
    }
    return place;
  }

  /** From then on the VM has another id: it is the same one. */
  moved(event: DriverEvent, to: string): void {
    const place = this.placeOf(event);
    this.#places.set(to, place);
    this.#places.set(to.toLowerCase(), place);
    this.#firstIds.clear();
  }

  /** The id that a VM had first, in lower case. */
  firstIdOf(vm: string): string {
    let id = this.#firstIds.get(vm);
    if (id === undefined) {
      id = (this.find(vm)?.vm ?? vm).toLowerCase();
      this.#firstIds.set(vm, id);
    }
    return id;
  }

  #learn(id: string, event: DriverEvent): Place {
    const facts = this.#vms.get(id);
    const place =
      facts === undefined
        ? placeOf({ ...event, id: event.vm, timeZone: null, tags: {} }, this.#timeZone)
        : placeOf({ ...facts, updateDomain: facts.updateDomain ?? event.updateDomain }, this.#timeZone);
    this.#places.set(id, place);
    if (facts === undefined && place.set === null) this.#countStandalone(place);
    return place;
  }
}

function placeOf(vm: AuditVm, { tag, regions, ownWindows = [], rings = [] }: TimeZoneFacts): Place {
  return {
    vm: vm.id,
    region: regionName(vm.region),
    zone: vm.zone,
    set: vm.availabilitySet?.toLowerCase() ?? null,
    updateDomain: vm.updateDomain === null ? unknownDomainOf(vm.id) : String(vm.updateDomain),
    subscription: vm.subscription.toLowerCase(),
    timeZone: auditTimeZone(vm, tag, regions),
    ownWindows: ownWindows.find(({ selector }) => isSelected(vm, selector)) ?? null,
    ring: rings.find(({ selector }) => isSelected(vm, selector))?.name ?? null,
    imageFamily: vm.imageFamily ?? null,
  };
}
