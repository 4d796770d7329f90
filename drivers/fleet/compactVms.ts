import { groupedBy } from '../../domain/groupedBy';
import { vmIdOf, type AvailabilitySetId, type VmId } from '../../domain/ids';
import { dealtDomains } from '../../domain/updateDomains';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { VmList } from '../../domain/vmList';
import { TextColumn, ValueColumn } from './growingColumns';

type Of<Name extends keyof VirtualMachine> = VirtualMachine[Name];
type Optional<Name extends keyof VirtualMachine> = VirtualMachine[Name] | undefined;

/** VMs by when they were added, from 0. */
interface InOrder {
  readonly order: Int32Array;
  readonly same: readonly (readonly [first: number, again: number])[];
}

/** The VMs of a file in about a hundred bytes each, where an object with its texts has six hundred. A VM is made each time that it is asked for. */
export class CompactVms {
  /** All of an id but the name, as it is written. */
  readonly #beginning = new ValueColumn<string>();
  readonly #name = new TextColumn();
  readonly #subscriptionId = new ValueColumn<string>();
  readonly #resourceGroup = new ValueColumn<string>();
  readonly #region = new ValueColumn<string>();
  readonly #zone = new ValueColumn<Of<'zone'>>();
  readonly #availabilitySetId = new ValueColumn<AvailabilitySetId | null>();
  readonly #updateDomain = new ValueColumn<number | null>();
  readonly #osType = new ValueColumn<Of<'osType'>>();
  readonly #vmSize = new ValueColumn<Of<'vmSize'>>();
  readonly #image = new ValueColumn<Of<'image'>>();
  readonly #customImage = new ValueColumn<boolean>();
  readonly #patchMode = new ValueColumn<Of<'patchMode'>>();
  readonly #enableAutomaticUpdates = new ValueColumn<boolean | null>();
  readonly #provisionVMAgent = new ValueColumn<boolean | null>();
  readonly #timeZone = new ValueColumn<Of<'timeZone'>>();
  readonly #tags = new ValueColumn<Of<'tags'>>();
  readonly #enabled = new ValueColumn<boolean>();
  readonly #imageId = new ValueColumn<Optional<'imageId'>>();
  /** GUIDs do not repeat. Empty where there is none. */
  readonly #uniqueId = new TextColumn();
  readonly #rebootSetting = new ValueColumn<Optional<'rebootSetting'>>();
  readonly #customerManagedSchedule = new ValueColumn<Optional<'customerManagedSchedule'>>();
  readonly #assessmentMode = new ValueColumn<Optional<'assessmentMode'>>();

  get length(): number {
    return this.#name.length;
  }

  add(vm: VirtualMachine): void {
    this.#beginning.add(vm.armId.slice(0, vm.armId.length - vm.name.length));
    this.#name.add(vm.name);
    this.#subscriptionId.add(vm.subscriptionId);
    this.#resourceGroup.add(vm.resourceGroup);
    this.#region.add(vm.region);
    this.#zone.add(vm.zone);
    this.#availabilitySetId.add(vm.availabilitySetId);
    this.#updateDomain.add(vm.updateDomain);
    this.#osType.add(vm.osType);
    this.#vmSize.add(vm.vmSize);
    this.#image.add(vm.image);
    this.#customImage.add(vm.customImage);
    this.#patchMode.add(vm.patchMode);
    this.#enableAutomaticUpdates.add(vm.enableAutomaticUpdates);
    this.#provisionVMAgent.add(vm.provisionVMAgent);
    this.#timeZone.add(vm.timeZone);
    this.#tags.add(vm.tags);
    this.#enabled.add(vm.enabled);
    this.#imageId.add(vm.imageId);
    this.#uniqueId.add(vm.uniqueId ?? '');
    this.#rebootSetting.add(vm.rebootSetting);
    this.#customerManagedSchedule.add(vm.customerManagedSchedule);
    this.#assessmentMode.add(vm.assessmentMode);
  }

  id(added: number): VmId {
    return vmIdOf(this.#beginning.at(added) + this.#name.at(added));
  }

  /** The VM that was added so many others after the first. */
  vm(added: number): VirtualMachine {
    const name = this.#name.at(added);
    const armId = this.#beginning.at(added) + name;
    const vm: { -readonly [Name in keyof VirtualMachine]: VirtualMachine[Name] } = {
      id: vmIdOf(armId),
      armId,
      name,
      subscriptionId: this.#subscriptionId.at(added),
      resourceGroup: this.#resourceGroup.at(added),
      region: this.#region.at(added),
      zone: this.#zone.at(added),
      availabilitySetId: this.#availabilitySetId.at(added),
      updateDomain: this.#updateDomain.at(added),
      osType: this.#osType.at(added),
      vmSize: this.#vmSize.at(added),
      image: this.#image.at(added),
      customImage: this.#customImage.at(added),
      patchMode: this.#patchMode.at(added),
      enableAutomaticUpdates: this.#enableAutomaticUpdates.at(added),
      provisionVMAgent: this.#provisionVMAgent.at(added),
      timeZone: this.#timeZone.at(added),
      tags: this.#tags.at(added),
      enabled: this.#enabled.at(added),
    };
    const [imageId, uniqueId] = [this.#imageId.at(added), this.#uniqueId.at(added)];
    const rebootSetting = this.#rebootSetting.at(added);
    const customerManagedSchedule = this.#customerManagedSchedule.at(added);
    const assessmentMode = this.#assessmentMode.at(added);
    if (imageId !== undefined) vm.imageId = imageId;
    if (uniqueId !== '') vm.uniqueId = uniqueId;
    if (rebootSetting !== undefined) vm.rebootSetting = rebootSetting;
    if (customerManagedSchedule !== undefined) vm.customerManagedSchedule = customerManagedSchedule;
    if (assessmentMode !== undefined) vm.assessmentMode = assessmentMode;
    return vm;
  }

  /**
   * All of them by id, and pairs of which the second has the id of the first. Ids are compared by their beginnings first: all have as many slashes, so
   * none is where another begins.
   */
  inOrder(): InOrder {
    const { length } = this;
    const ranks = ranksOf(this.#beginning.values.map((beginning) => beginning.toLowerCase()));
    const rankOf = (n: number): number => ranks[this.#beginning.numberAt(n)] ?? 0;
    // Numbers are sorted in place, and far faster than by a function.
    const keys = new Float64Array(length);
    for (let n = 0; n < length; n += 1) keys[n] = rankOf(n) * length + n;
    const order = Int32Array.from(keys.sort(), (key) => key % length);
    const same: [first: number, again: number][] = [];
    for (let start = 0, end = 0; start < length; start = end) {
      const rank = rankOf(order[start] ?? 0);
      while (end < length && rankOf(order[end] ?? 0) === rank) end += 1;
      this.#sortByName(order.subarray(start, end), same);
    }
    return { order, same };
  }

  /** VMs whose ids begin alike. */
  #sortByName(members: Int32Array, same: [first: number, again: number][]): void {
    const named = Array.from(members, (n): [name: string, n: number] => [this.#name.at(n).toLowerCase(), n]);
    named.sort(([a, m], [b, n]) => (a === b ? m - n : a < b ? -1 : 1));
    let [firstName, first] = ['', 0];
    for (const [at, [name, n]] of named.entries()) {
      if (name === firstName) same.push([first, n]);
      else [firstName, first] = [name, n];
      members[at] = n;
    }
  }

  /** Of these there are many values, a fifth of the VMs. */
  close(): void {
    this.#beginning.close();
    this.#resourceGroup.close();
  }

  /** What `assignUpdateDomains` does, of VMs in the order of their ids. */
  assignDomains(order: Int32Array, countOf: (set: AvailabilitySetId) => number): void {
    for (const [set, members] of groupedBy(order, (n) => this.#availabilitySetId.at(n))) {
      const known = members.map((n) => this.#updateDomain.at(n));
      if (!known.includes(null)) continue;
      const dealt = dealtDomains(known, countOf(set));
      for (const [at, n] of members.entries()) this.#updateDomain.set(n, dealt[at] ?? null);
    }
  }
}

/** Nothing is added to the VMs any more. */
export function listOf(vms: CompactVms, order: Int32Array): VmList {
  vms.close();
  const at = (position: number): VirtualMachine | undefined => {
    const added = order.at(position);
    return added === undefined ? undefined : vms.vm(added);
  };
  const { length } = order;
  const idAt = (position: number): VmId | undefined => {
    const added = order.at(position);
    return added === undefined ? undefined : vms.id(added);
  };
  return {
    length,
    at,
    ids: { length, at: idAt },
    *[Symbol.iterator]() {
      for (const added of order) yield vms.vm(added);
    },
  };
}

/** Of each text its place among all in order; texts that are alike have the same. */
function ranksOf(texts: readonly string[]): readonly number[] {
  const rankOf = new Map([...new Set(texts)].sort().map((text, rank) => [text, rank]));
  return texts.map((text) => rankOf.get(text) ?? 0);
}
