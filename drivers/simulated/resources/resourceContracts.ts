import type { FeatureName, FeatureState, OptIn, ProviderState } from '../../../domain/features';
import type { AvailabilitySetId, VmId } from '../../../domain/ids';
import type { VirtualMachine } from '../../../domain/virtualMachine';
import type { ArmResource } from '../../fleet/armModel';

export type ProvisioningState = 'Creating' | 'Updating' | 'Deleting' | 'Succeeded' | 'Failed' | 'Canceled';

/** A virtual machine as its owner knows it: what was put, less the secrets, and how far Azure is with it. */
export interface VmResource {
  readonly id: VmId;
  /** As first written. */
  readonly armId: string;
  /** In REST shape; without secrets, and without what only Azure writes. */
  readonly model: ArmResource;
  /** What Lowtide reads from it, `enabled` included. */
  readonly vm: VirtualMachine;
  readonly provisioningState: ProvisioningState;
  /** When the last creation, update or deletion is done. */
  readonly provisionedUtc: string;
  /** A GUID of this very VM: another one of the same name has another. */
  readonly vmId: string;
  readonly createdUtc: string;
  /** One more with every change: its ETag. */
  readonly version: number;
  /** The VM is new, and its agent has not reported yet. */
  readonly isAgentNew: boolean;
}

export interface SetResource {
  readonly id: AvailabilitySetId;
  readonly armId: string;
  readonly model: ArmResource;
  readonly updateDomainCount: number;
  readonly members: readonly VmResource[];
}

export interface GroupResource {
  /** As first written. */
  readonly name: string;
  readonly armId: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly provisioningState: 'Succeeded' | 'Deleting';
}

export interface GroupKey {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

export interface NewGroup extends GroupKey {
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The resources of the simulated Azure. A fleet that is loaded shows up in it, and its subscriptions count as opted in. Names match without
 * regard to case. What is requested is remembered in the journal; how long it takes follows from the seed and the clock.
 */
export interface SimulatedResources {
  /** Known ones, as first written; one is made up for a fleet without any, so that a client finds one to log in to. */
  subscriptions(): readonly string[];

  featureState(subscriptionId: string, feature: FeatureName): FeatureState;
  /** Asking again while it registers, or when it has, changes nothing. Takes 2 to 15 minutes. */
  registerFeature(subscriptionId: string, feature: FeatureName): Promise<void>;
  unregisterFeature(subscriptionId: string, feature: FeatureName): Promise<void>;
  /** Of Microsoft.Compute. */
  providerState(subscriptionId: string): ProviderState;
  registerProvider(subscriptionId: string): Promise<void>;
  /** May the subscription use what the feature is for? */
  optIn(subscriptionId: string, feature: FeatureName): OptIn;

  resourceGroup(key: GroupKey): GroupResource | null;
  /** In the order of their names. */
  resourceGroups(subscriptionId: string): readonly GroupResource[];
  /** Creates or changes one. The location of one that exists stays. */
  putResourceGroup(group: NewGroup): Promise<GroupResource>;
  /** With everything in it. Returns when that is done, which takes some minutes; null when there is none. */
  deleteResourceGroup(key: GroupKey): Promise<string | null>;

  virtualMachine(id: VmId): VmResource | null;
  /** In the order of their ids; of the whole subscription when no group is given. */
  virtualMachines(scope: {
    readonly subscriptionId: string;
    readonly resourceGroup?: string;
  }): readonly VmResource[];
  /** The same without what each is. */
  virtualMachineIds(scope: {
    readonly subscriptionId: string;
    readonly resourceGroup?: string;
  }): readonly VmId[];
  /**
   * Creates a VM or changes one: the model is complete and has been checked. Creation takes some minutes, a change less. A VM that
   * becomes AutomaticByPlatform is not enabled yet; one that ceases to be, no more.
   */
  putVirtualMachine(model: ArmResource): Promise<VmResource>;
  /** Returns when it is done, which takes some minutes, in which the VM can still be read; null when there is none. */
  deleteVirtualMachine(id: VmId): Promise<string | null>;
  /**
   * Moves a VM to another resource group or subscription: it is the same machine, GUID and patches included, under another id. Null when there is
   * none, when it is in a set, or while something is installed on it: Azure refuses that.
   */
  moveVirtualMachine(id: VmId, to: string): Promise<VmResource | null>;

  availabilitySet(id: AvailabilitySetId): SetResource | null;
  availabilitySets(scope: {
    readonly subscriptionId: string;
    readonly resourceGroup?: string;
  }): readonly SetResource[];
  putAvailabilitySet(model: ArmResource): Promise<SetResource>;
  deleteAvailabilitySet(id: AvailabilitySetId): Promise<boolean>;
}
