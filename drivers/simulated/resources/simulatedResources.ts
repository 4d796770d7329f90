import { featureState, optInOf, providerState, type FeatureName } from '../../../domain/features';
import type { AvailabilitySetId } from '../../../domain/ids';
import { AvailabilitySetId as SetId, VmId } from '../../../domain/ids';
import type { ArmResource } from '../../fleet/armModel';
import { isObject } from '../../../domain/isObject';
import type { Machine } from '../machine/machine';
import { readingOf } from '../machine/vmReading';
import type { ResourceRequest } from './resourceRequests';
import type { StoredGroup, StoredSet } from './resourceState';
import type {
  GroupKey,
  GroupResource,
  NewGroup,
  SimulatedResources,
  ProvisioningState,
  SetResource,
  VmResource,
} from './resourceContracts';
import type { SimulatedFleet } from '../simulatedFleet';

/** What the resources need of the driver around them. */
export interface ResourceHost {
  readonly fleet: SimulatedFleet;
  nowMs(): number;
  /** Remembers and does, at an instant of its own. Resolves when it is durable. */
  request(requestAt: (at: string) => ResourceRequest): Promise<void>;
}

interface Scope {
  readonly subscriptionId: string;
  readonly resourceGroup?: string;
}

/** Azure finds one in an empty fleet, so that `az login` finds something to log in to. */
const FIRST_SUBSCRIPTION = '10000000-0000-4000-8000-000000000001';

export function simulatedResources(host: ResourceHost): SimulatedResources {
  const { fleet } = host;
  const { resources } = fleet;
  return {
    subscriptions() {
      host.nowMs(); // the first look at the clock loads the fleet
      const known = [...resources.subscriptions.values()];
      return known.length === 0 ? [FIRST_SUBSCRIPTION] : known;
    },
    ...featureApi(host),
    ...groupApi(host),
    virtualMachine: (id) => vmOf(host, id),
    virtualMachines: (scope) => vmIdsOf(host, scope).flatMap((id) => vmOf(host, id) ?? []),
    virtualMachineIds: (scope) => vmIdsOf(host, scope),
    async putVirtualMachine(model) {
      const id = VmId.parse(model['id']);
      await host.request((at) => ({ kind: 'putVm', at, model }));
      return there(vmOf(host, id));
    },
    async deleteVirtualMachine(id) {
      if (vmOf(host, id) === null) return null;
      await host.request((at) => ({ kind: 'deleteVm', at, id }));
      return utcOf(resources.work.get(id)?.untilMs ?? host.nowMs());
    },
    async moveVirtualMachine(id, to) {
      const found = vmOf(host, id);
      const machine = fleet.machines.get(id);
      if (found === null || machine?.vm.availabilitySetId !== null) return null;
      if (machine.current !== null && machine.current.endMs > host.nowMs()) return null;
      await host.request((at) => ({ kind: 'moveVm', at, id, to }));
      return there(vmOf(host, VmId.parse(to)));
    },
    availabilitySet: (id) => setOf(host, id),
    availabilitySets: (scope) => {
      host.nowMs();
      const ids = [...resources.sets.keys()].filter((id) => id.startsWith(prefixOf(scope))).sort();
      return ids.flatMap((id) => setOf(host, id) ?? []);
    },
    async putAvailabilitySet(model) {
      await host.request((at) => ({ kind: 'putSet', at, model }));
      return there(setOf(host, SetId.parse(model['id'])));
    },
    async deleteAvailabilitySet(id) {
      if (setOf(host, id) === null) return false;
      await host.request((at) => ({ kind: 'deleteSet', at, id }));
      return true;
    },
  };
}

function featureApi(
  host: ResourceHost,
): Pick<
  SimulatedResources,
  'featureState' | 'registerFeature' | 'unregisterFeature' | 'providerState' | 'registerProvider' | 'optIn'
> {
  const { resources } = host.fleet;
  const setFeature = (subscription: string, feature: FeatureName, register: boolean): Promise<void> =>
    host.request((at) => ({ kind: 'feature', at, subscription, feature, register }));
  return {
    featureState(subscription, feature) {
      const nowMs = host.nowMs();
      return featureState(resources.feature(subscription, feature), nowMs);
    },
    registerFeature: (subscription, feature) => setFeature(subscription, feature, true),
    unregisterFeature: (subscription, feature) => setFeature(subscription, feature, false),
    providerState(subscription) {
      const nowMs = host.nowMs();
      return providerState(resources.provider(subscription), nowMs);
    },
    registerProvider: (subscription) => host.request((at) => ({ kind: 'provider', at, subscription })),
    optIn(subscription, feature) {
      const nowMs = host.nowMs();
      return optInOf(resources.feature(subscription, feature), resources.provider(subscription), nowMs);
    },
  };
}

function groupApi(
  host: ResourceHost,
): Pick<SimulatedResources, 'resourceGroup' | 'resourceGroups' | 'putResourceGroup' | 'deleteResourceGroup'> {
  const { resources } = host.fleet;
  const read = ({ subscriptionId, resourceGroup }: GroupKey): GroupResource | null => {
    const nowMs = host.nowMs();
    const found = resources.group(subscriptionId, resourceGroup, nowMs);
    return found === undefined ? null : groupOf(found);
  };
  return {
    resourceGroup: read,
    resourceGroups(subscriptionId) {
      const nowMs = host.nowMs();
      const own = subscriptionId.toLowerCase();
      const groups = [...resources.groups].filter(
        ([key, { goneMs }]) => key.startsWith(`${own}/`) && goneMs > nowMs,
      );
      return groups.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => groupOf(group));
    },
    async putResourceGroup({ subscriptionId, resourceGroup, location, tags }: NewGroup) {
      await host.request((at) => ({
        kind: 'putGroup',
        at,
        subscription: subscriptionId,
        group: resourceGroup,
        location,
        tags,
      }));
      return there(read({ subscriptionId, resourceGroup }));
    },
    async deleteResourceGroup(key) {
      if (read(key) === null) return null;
      const { subscriptionId: subscription, resourceGroup: group } = key;
      await host.request((at) => ({ kind: 'deleteGroup', at, subscription, group }));
      const nowMs = host.nowMs();
      return utcOf(resources.group(subscription, group, nowMs)?.goneMs ?? nowMs);
    },
  };
}

function groupOf({ subscriptionId, name, location, tags, goneMs }: StoredGroup): GroupResource {
  const armId = `/subscriptions/${subscriptionId}/resourceGroups/${name}`;
  const provisioningState = goneMs === Infinity ? 'Succeeded' : 'Deleting';
  return { name, armId, location, tags, provisioningState };
}

function prefixOf({ subscriptionId, resourceGroup }: Scope): string {
  const group = resourceGroup === undefined ? '' : `${resourceGroup}/`;
  return `/subscriptions/${subscriptionId}/resourcegroups/${group}`.toLowerCase();
}

/** In the order of the ids. A VM that is gone keeps its machine. */
function vmIdsOf(host: ResourceHost, scope: Scope): readonly VmId[] {
  const nowMs = host.nowMs();
  const { machines } = host.fleet;
  const prefix = prefixOf(scope);
  return sortedIds(machines).filter((id) => id.startsWith(prefix) && !isGone(machines.get(id), nowMs));
}

const isGone = (machine: Machine | undefined, nowMs: number): boolean =>
  machine === undefined || machine.goneMs <= nowMs;

/** Machines are added to a fleet, and none is taken out: as many are the same ones. */
const SORTED = new WeakMap<ReadonlyMap<VmId, Machine>, readonly VmId[]>();

function sortedIds(machines: ReadonlyMap<VmId, Machine>): readonly VmId[] {
  const known = SORTED.get(machines);
  if (known?.length === machines.size) return known;
  const ids = [...machines.keys()].sort();
  SORTED.set(machines, ids);
  return ids;
}

function vmOf(host: ResourceHost, id: VmId): VmResource | null {
  const nowMs = host.nowMs();
  const machine = host.fleet.machines.get(id);
  return machine === undefined || machine.goneMs <= nowMs ? null : describe(host.fleet, machine, nowMs);
}

function describe(fleet: SimulatedFleet, machine: Machine, nowMs: number): VmResource {
  const { vm } = readingOf(machine, nowMs);
  const known = fleet.resources.work.get(vm.id);
  const work = known?.machine === machine ? known : undefined;
  const model = work?.model ?? fleet.loaded?.models.get(vm.id) ?? {};
  const state: ProvisioningState =
    work === undefined ? imported(fleet, vm.id) : work.untilMs <= nowMs ? 'Succeeded' : work.state;
  return {
    id: vm.id,
    armId: vm.armId,
    vm,
    provisioningState: state,
    model: withoutInstance(model),
    provisionedUtc: utcOf(work?.untilMs ?? machine.bornMs),
    vmId: machine.vmId,
    createdUtc: utcOf(machine.bornMs),
    version: work === undefined ? 1 : work.changes + (work.createdMs <= nowMs ? 1 : 0),
    isAgentNew: nowMs < machine.agentSinceMs,
  };
}

/** As the fleet file has it, until the owner changes the VM. */
function imported(fleet: SimulatedFleet, id: VmId): ProvisioningState {
  const written = fleet.loaded?.instances.get(id)?.provisioningState?.toLowerCase();
  return IMPORTED_STATES.find((state) => state.toLowerCase() === written) ?? 'Succeeded';
}

const IMPORTED_STATES = ['Succeeded', 'Failed', 'Canceled'] as const satisfies readonly ProvisioningState[];

/** What Azure writes itself is not part of what its owner put. */
function withoutInstance(model: ArmResource): ArmResource {
  const { properties } = model;
  return {
    ...without(model, ['resources']),
    properties: isObject(properties) ? without(properties, WRITTEN_BY_AZURE) : {},
  };
}

const WRITTEN_BY_AZURE = ['instanceView', 'provisioningState', 'vmId', 'timeCreated'];

function without(record: ArmResource, members: readonly string[]): ArmResource {
  return Object.fromEntries(Object.entries(record).filter(([member]) => !members.includes(member)));
}

function setOf(host: ResourceHost, id: AvailabilitySetId): SetResource | null {
  host.nowMs();
  const stored: StoredSet | undefined = host.fleet.resources.sets.get(id);
  if (stored === undefined) return null;
  const { armId, model, updateDomainCount } = stored;
  const members = [...host.fleet.machines.values()]
    .filter(({ vm }) => vm.availabilitySetId === id)
    .flatMap((machine) => vmOf(host, machine.vm.id) ?? []);
  return { id, armId, model, updateDomainCount, members };
}

function utcOf(ms: number): string {
  return new Date(ms).toISOString();
}

function there<T>(found: T | null): T {
  if (found === null) throw new Error('What was put is not there.');
  return found;
}
