import { assertNever } from '../../../domain/assertNever';
import {
  featureState,
  type FeatureFacts,
  type FeatureName,
  FEATURES,
  optInOf,
  type ProviderFacts,
} from '../../../domain/features';
import { AvailabilitySetId, isScaleSet, VmId } from '../../../domain/ids';
import { chance } from '../../../domain/seed';
import { UPDATE_DOMAINS_DEFAULT } from '../../../domain/updateDomains';
import type { ArmResource } from '../../fleet/armModel';
import type { ParsedFleet } from '../../fleet/parseFleet';
import { isObject } from '../../../domain/isObject';
import { unlistedSet } from '../../fleet/importedSet';
import { readVmRecord, vmOf } from '../../fleet/vmRecord';
import type { Machine } from '../machine/machine';
import { MINUTE_MS } from '../../../domain/timeUnits';
import type { ResourceRequest } from './resourceRequests';
import type { VirtualMachine } from '../../../domain/virtualMachine';

/** The VMs behind the resources. */
export interface Machines {
  readonly seed: number;
  readonly machines: ReadonlyMap<VmId, Machine>;
  readonly loaded: ParsedFleet | null;
  addMachine(vm: VirtualMachine, set: StoredSet | undefined, atMs: number, readyMs: number): Machine;
  changeMachine(machine: Machine, vm: VirtualMachine): void;
  removeMachine(machine: Machine, goneMs: number, nowMs: number): void;
  moveMachine(machine: Machine, vm: VirtualMachine, atMs: number): Machine;
}

/** What was last done to a VM by its owner, and until when it takes. */
export interface VmWork {
  readonly machine: Machine;
  readonly model: ArmResource;
  readonly state: 'Creating' | 'Updating' | 'Deleting';
  readonly untilMs: number;
  /** How often it was put, its creation included. */
  readonly changes: number;
  /** When it was created: what Azure does then is a change, too. */
  readonly createdMs: number;
}

export interface StoredSet {
  readonly armId: string;
  readonly model: ArmResource;
  readonly updateDomainCount: number;
}

export interface StoredGroup {
  readonly subscriptionId: string;
  readonly name: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  /** There because a fleet that was loaded has something in it. */
  readonly implied: boolean;
  /** When its deletion is done. */
  readonly goneMs: number;
}

/** How long Azure takes, in minutes of the simulated Azure: at least, and at most so much more. */
const MINUTES = {
  registerFeature: [2, 12.5],
  unregisterFeature: [0.5, 1],
  registerProvider: [0.5, 1],
  create: [2, 3],
  update: [0.3, 0.7],
  delete: [1, 2],
} as const;

const NO_FEATURE: FeatureFacts = { registeredMs: null, unregisteredMs: null };
const NO_PROVIDER: ProviderFacts = { registrations: [] };

const lower = (...parts: readonly string[]): string => parts.join('/').toLowerCase();

/** The resources that owners made in the simulated fleet: a consequence of what was requested, as all of its state. */
export class ResourceState {
  /** By lower-cased id; as first written. */
  readonly subscriptions = new Map<string, string>();
  readonly groups = new Map<string, StoredGroup>();
  readonly sets = new Map<AvailabilitySetId, StoredSet>();
  /** Of VMs that their owner put, changed or deleted. */
  readonly work = new Map<VmId, VmWork>();
  readonly #features = new Map<string, FeatureFacts>();
  readonly #providers = new Map<string, ProviderFacts>();
  readonly #fleet: Machines;
  readonly #minuteMs: number;

  constructor(fleet: Machines, pace: number) {
    this.#fleet = fleet;
    this.#minuteMs = MINUTE_MS / pace;
  }

  feature(subscription: string, feature: FeatureName): FeatureFacts {
    return this.#features.get(lower(subscription, feature)) ?? NO_FEATURE;
  }

  provider(subscription: string): ProviderFacts {
    return this.#providers.get(lower(subscription)) ?? NO_PROVIDER;
  }

  group(subscription: string, group: string, nowMs: number): StoredGroup | undefined {
    const found = this.groups.get(lower(subscription, group));
    return found === undefined || found.goneMs <= nowMs ? undefined : found;
  }

  /** What a fleet has replaces what was there; its subscriptions count as opted in. Groups that were put stay. */
  replaceFleet(fleet: ParsedFleet, nowMs: number): void {
    this.work.clear();
    this.sets.clear();
    for (const [key, { implied }] of this.groups) if (implied) this.groups.delete(key);
    for (const set of fleet.availabilitySets.values()) {
      this.sets.set(set.id, set);
      const [, , subscription = '', , group = ''] = set.armId.split('/');
      const { location } = set.model;
      this.#imply(subscription, group, typeof location === 'string' ? location : '');
    }
    for (const vm of fleet.vms) this.#imply(vm.subscriptionId, vm.resourceGroup, vm.region);
    for (const subscription of this.subscriptions.values())
      if (fleet.vms.some((vm) => lower(vm.subscriptionId) === lower(subscription)))
        this.#optIn(subscription, nowMs);
  }

  apply(request: ResourceRequest, atMs: number): void {
    switch (request.kind) {
      case 'feature':
        this.#know(request.subscription);
        this.#askFeature(request, atMs);
        return;
      case 'provider':
        this.#know(request.subscription);
        this.#askProvider(request.subscription, atMs);
        return;
      case 'putGroup':
        this.#putGroup(request, atMs);
        return;
      case 'deleteGroup':
        this.#deleteGroup(request.subscription, request.group, atMs);
        return;
      case 'putVm':
        this.#putVm(request.model, atMs);
        return;
      case 'deleteVm':
        this.#deleteVm(VmId.parse(request.id), this.#deletedMs(VmId.parse(request.id), atMs), atMs);
        return;
      case 'moveVm':
        this.#moveVm(VmId.parse(request.id), request.to, atMs);
        return;
      case 'putSet':
        this.#putSet(request.model);
        return;
      case 'deleteSet':
        this.sets.delete(AvailabilitySetId.parse(request.id));
        return;
      default:
        assertNever(request);
    }
  }

  #takes(what: keyof typeof MINUTES, ...words: readonly (string | number)[]): number {
    const [least, more] = MINUTES[what];
    const random = chance(this.#fleet.seed, what, ...words);
    return Math.ceil((least + more * random) * this.#minuteMs);
  }

  #know(subscription: string): void {
    const key = lower(subscription);
    if (!this.subscriptions.has(key)) this.subscriptions.set(key, subscription);
  }

  #imply(subscriptionId: string, name: string, location: string): void {
    this.#know(subscriptionId);
    const key = lower(subscriptionId, name);
    if (this.groups.has(key)) return;
    this.groups.set(key, { subscriptionId, name, location, tags: {}, implied: true, goneMs: Infinity });
  }

  #optIn(subscription: string, nowMs: number): void {
    for (const feature of FEATURES) {
      if (optInOf(this.feature(subscription, feature), this.provider(subscription), nowMs) === 'effective')
        continue;
      const facts = { registeredMs: nowMs, unregisteredMs: null };
      this.#features.set(lower(subscription, feature), facts);
      this.#providers.set(lower(subscription), {
        registrations: [{ askedMs: nowMs, doneMs: nowMs }],
      });
    }
  }

  #askFeature(
    { subscription, feature, register }: Extract<ResourceRequest, { kind: 'feature' }>,
    atMs: number,
  ): void {
    const key = lower(subscription, feature);
    const facts = this.feature(subscription, feature);
    const state = featureState(facts, atMs);
    const isThere = state === 'Registering' || state === 'Registered';
    if (isThere === register) return;
    if (register) {
      const takes = this.#takes('registerFeature', key, atMs);
      this.#features.set(key, { registeredMs: atMs + takes, unregisteredMs: null });
    } else if (isThere) {
      const takes = this.#takes('unregisterFeature', key, atMs);
      this.#features.set(key, { ...facts, unregisteredMs: atMs + takes });
    }
  }

  #askProvider(subscription: string, atMs: number): void {
    const key = lower(subscription);
    const { registrations } = this.provider(subscription);
    const doneMs = atMs + this.#takes('registerProvider', key, atMs);
    this.#providers.set(key, { registrations: [...registrations, { askedMs: atMs, doneMs }] });
  }

  #putGroup(
    { subscription, group, location, tags }: Extract<ResourceRequest, { kind: 'putGroup' }>,
    atMs: number,
  ): void {
    this.#know(subscription);
    const before = this.group(subscription, group, atMs);
    const created = { subscriptionId: subscription, name: group, location, goneMs: Infinity };
    this.groups.set(lower(subscription, group), { ...created, ...before, tags, implied: false });
  }

  #deleteGroup(subscription: string, name: string, atMs: number): void {
    const key = lower(subscription, name);
    const group = this.groups.get(key);
    if (group === undefined) return;
    const prefix = `/subscriptions/${lower(subscription)}/resourcegroups/${lower(name)}/`;
    const vms = [...this.#fleet.machines.keys()].filter((id) => id.startsWith(prefix));
    const emptyMs = atMs + this.#takes('delete', key, atMs);
    const goneMs = Math.max(emptyMs, ...vms.map((id) => this.#deletedMs(id, atMs)));
    this.groups.set(key, { ...group, goneMs });
    for (const id of vms) this.#deleteVm(id, goneMs, atMs);
    for (const id of [...this.sets.keys()]) if (id.startsWith(prefix)) this.sets.delete(id);
  }

  /** A scale set is not put by itself: it is there as soon as a VM names it. */
  #setOf({ availabilitySetId: id, region }: VirtualMachine): StoredSet | undefined {
    if (id === null) return undefined;
    if (isScaleSet(id) && !this.sets.has(id)) this.sets.set(id, unlistedSet(id, id, region));
    return this.sets.get(id);
  }

  #putVm(model: ArmResource, atMs: number): void {
    const read = readVmRecord(model);
    if ('error' in read) throw read.error;
    const vm = vmOf(read.record);
    this.#know(vm.subscriptionId);
    const set = this.#setOf(vm);
    const before = this.#fleet.machines.get(vm.id);
    const work = this.work.get(vm.id);
    if (before !== undefined && before.goneMs > atMs) {
      this.#fleet.changeMachine(before, vm);
      const creating = work?.machine === before && work.state === 'Creating' && work.untilMs > atMs;
      const untilMs = creating ? work.untilMs : atMs + this.#takes('update', vm.id, atMs);
      this.work.set(vm.id, {
        machine: before,
        model,
        state: creating ? 'Creating' : 'Updating',
        untilMs,
        changes: (work?.machine === before ? work.changes : 0) + 1,
        createdMs: work?.machine === before ? work.createdMs : -Infinity,
      });
      return;
    }
    const untilMs = atMs + this.#takes('create', vm.id, atMs);
    const machine = this.#fleet.addMachine(vm, set, atMs, untilMs);
    const done = { machine, model, state: 'Creating', untilMs, changes: 1, createdMs: untilMs } as const;
    this.work.set(vm.id, done);
  }

  /** What is being created is created first. */
  #deletedMs(id: VmId, atMs: number): number {
    const work = this.work.get(id);
    const fromMs = work?.state === 'Creating' ? Math.max(atMs, work.untilMs) : atMs;
    return fromMs + this.#takes('delete', id, atMs);
  }

  #deleteVm(id: VmId, untilMs: number, atMs: number): void {
    const machine = this.#fleet.machines.get(id);
    if (machine === undefined || machine.goneMs <= atMs) return;
    const work = this.work.get(id);
    const model = work?.model ?? this.#fleet.loaded?.models.get(id) ?? {};
    this.#fleet.removeMachine(machine, untilMs, atMs);
    const [changes, createdMs] = [work?.changes ?? 1, work?.createdMs ?? Infinity];
    this.work.set(id, { machine, model, state: 'Deleting', untilMs, changes, createdMs });
  }

  /** The same machine under another id, at once: what Azure does in minutes interrupts nothing. */
  #moveVm(id: VmId, to: string, atMs: number): void {
    const before = this.#fleet.machines.get(id);
    if (before === undefined || before.goneMs <= atMs) return;
    const work = this.work.get(id);
    const name = to.slice(to.lastIndexOf('/') + 1);
    const model = { ...(work?.model ?? this.#fleet.loaded?.models.get(id) ?? {}), id: to, name };
    const read = readVmRecord(model);
    if ('error' in read) throw read.error;
    const vm = vmOf(read.record);
    this.#imply(vm.subscriptionId, vm.resourceGroup, vm.region);
    const machine = this.#fleet.moveMachine(before, vm, atMs);
    const changes = work?.changes ?? 1;
    this.work.set(vm.id, { machine, model, state: 'Updating', untilMs: atMs, changes, createdMs: atMs });
  }

  #putSet(model: ArmResource): void {
    const armId = String(model['id']);
    const { properties } = model;
    const count = isObject(properties) ? Number(properties['platformUpdateDomainCount']) : NaN;
    const updateDomainCount = Number.isInteger(count) ? count : UPDATE_DOMAINS_DEFAULT;
    const id = AvailabilitySetId.parse(armId);
    this.#know(armId.split('/')[2] ?? '');
    this.sets.set(id, { armId: this.sets.get(id)?.armId ?? armId, model, updateDomainCount });
  }
}
