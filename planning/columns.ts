import type { AvailabilitySetId, VmId } from '../domain/ids';
import { imageFamilyOf } from '../domain/imageFamily';
import { rememberedByImage } from '../domain/images';
import { calendarOf } from '../domain/ownWindows';
import type { Policy } from '../domain/policy';
import { tagOf } from '../domain/tags';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { VmIds, VmList } from '../domain/vmList';
import { madeAtOnce } from './steps';

/** What a plan needs of its VMs: a VM is its position in every column, and what repeats is a number. */
export interface VmColumns {
  readonly ids: VmIds;
  /** Whether the VMs are in the order of their ids, each before the next. */
  readonly inOrderOfIds: boolean;
  readonly region: Int32Array;
  /** NONE for VMs without a zone. */
  readonly zone: Int32Array;
  /** NONE for standalone VMs. */
  readonly set: Int32Array;
  /** NONE where it is not known. */
  readonly updateDomain: Int32Array;
  readonly timeZone: Int32Array;
  readonly subscription: Int32Array;
  readonly family: Int32Array;
  readonly names: ColumnNames;
}

/** What the numbers stand for. */
export interface ColumnNames {
  readonly regions: readonly string[];
  readonly zones: readonly string[];
  readonly sets: readonly AvailabilitySetId[];
  /** Calendars (`calendarOf`): a zone, with the name of own windows where its VMs have some. */
  readonly timeZones: readonly string[];
  /** Lower-cased. */
  readonly subscriptions: readonly string[];
  readonly families: readonly string[];
}

export const NONE = -1;

/** VMs that are read in one go. */
const READ_TOGETHER = 500;

/** The columns of a few VMs, at once. */
export function columnsOf(vms: VmList, policy: Policy): VmColumns {
  return madeAtOnce(columnsInSteps(vms, policy));
}

/**
 * Reads each VM once, in the order in which they lie in memory: in the order of the month each look would miss the processor's cache.
 * `beside` is called with each VM as it is read. Yields how many it has read since.
 */
export function* columnsInSteps(
  vms: VmList,
  policy: Policy,
  beside?: (vm: VirtualMachine, n: number) => void,
): Generator<number, VmColumns> {
  const count = vms.length;
  const ids: VmId[] = [];
  let [lastId, inOrderOfIds] = ['', true];
  const updateDomain = new Int32Array(count);
  const [region, zone, set] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const [subscription, family] = [new Int32Array(count), new Int32Array(count)];
  const timeZone = new Int32Array(count);
  const [regions, zones, subscriptions] = [new Names(), new Names(), new Names()];
  const sets = new Names<AvailabilitySetId>();
  const [timeZones, families] = [new Names(), new Names()];
  const timeZoneNumber = timeZoneNumbers(policy, timeZones);
  const familyNumber = familyNumbers(families);
  const subscriptionNumber = subscriptionNumbers(subscriptions);
  const read = (vm: VirtualMachine, n: number): void => {
    if (vms.ids === undefined) ids.push(vm.id);
    if (vm.id <= lastId) inOrderOfIds = false;
    lastId = vm.id;
    updateDomain[n] = vm.updateDomain ?? NONE;
    region[n] = regions.numberOf(vm.region);
    zone[n] = vm.zone === null ? NONE : zones.numberOf(vm.zone);
    set[n] = vm.availabilitySetId === null ? NONE : sets.numberOf(vm.availabilitySetId);
    subscription[n] = subscriptionNumber(vm.subscriptionId);
    timeZone[n] = timeZoneNumber(vm, region[n] ?? 0);
    family[n] = familyNumber(vm);
    beside?.(vm, n);
  };
  for (let start = 0; start < count; start += READ_TOGETHER) {
    const end = Math.min(count, start + READ_TOGETHER);
    for (let n = start; n < end; n += 1) {
      const vm = vms.at(n);
      if (vm !== undefined) read(vm, n);
    }
    yield end - start;
  }
  const names: ColumnNames = {
    regions: regions.names,
    zones: zones.names,
    sets: sets.names,
    timeZones: timeZones.names,
    subscriptions: subscriptions.names,
    families: families.names,
  };
  return {
    ids: vms.ids ?? ids,
    inOrderOfIds,
    region,
    zone,
    set,
    updateDomain,
    timeZone,
    subscription,
    family,
    names,
  };
}

/** Numbers names in the order in which they are first seen. VMs that follow each other often have the same. */
export class Names<T extends string = string> {
  readonly names: T[] = [];
  readonly #numbers = new Map<T, number>();
  #last: T | null = null;
  #lastNumber = NONE;

  numberOf(name: T): number {
    if (name === this.#last) return this.#lastNumber;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    this.#last = name;
    this.#lastNumber = number;
    return number;
  }
}

/** Without a tag, the zone follows from two names that repeat. */
function timeZoneNumbers(policy: Policy, names: Names): (vm: VirtualMachine, region: number) => number {
  if (policy.ownWindows.length > 0)
    return (vm) => names.numberOf(calendarOf(timeZoneOf(vm, policy).zone, vm, policy));
  const known: Map<string | null, number>[] = [];
  return (vm, region) => {
    if (tagOf(vm.tags, policy.timeZoneTag) !== undefined) return names.numberOf(timeZoneOf(vm, policy).zone);
    const ofRegion = (known[region] ??= new Map<string | null, number>());
    let number = ofRegion.get(vm.timeZone);
    if (number === undefined) {
      number = names.numberOf(timeZoneOf(vm, policy).zone);
      ofRegion.set(vm.timeZone, number);
    }
    return number;
  };
}

/** As it is written, and as it counts: without regard to case, or one subscription would have the shares of two. */
function subscriptionNumbers(names: Names): (subscriptionId: string) => number {
  const written = new Names();
  const numbers: number[] = [];
  return (subscriptionId) => {
    const number = written.numberOf(subscriptionId);
    return (numbers[number] ??= names.numberOf(subscriptionId.toLowerCase()));
  };
}

/** A marketplace image is three names that repeat. */
function familyNumbers(names: Names): (vm: VirtualMachine) => number {
  const ofImage = rememberedByImage((image) => names.numberOf(imageFamilyOf({ image, osType: null })));
  return (vm) =>
    vm.image === null || vm.customImage ? names.numberOf(imageFamilyOf(vm)) : ofImage(vm.image);
}
