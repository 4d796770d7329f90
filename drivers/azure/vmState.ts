import type { VmId } from '../../domain/ids';
import type { PatchInstallationSummary } from '../../domain/patches';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { instanceViewOf, type InstanceView } from './instanceView';
import { COMPUTE_VERSION, readBudgets } from './computeReads';
import type { Inventory } from './inventory';
import { member } from './json';
import type { AzureOperation, OperationTable, Place } from './operationTable';
import { NotRead, type Reader } from './reader';
import { modelOfVm, virtualMachineOf, type VmModel } from './virtualMachine';

/** A VM as it is now: its model, its instance view, and what the driver itself started on it. */
export interface VmState {
  readonly vm: VirtualMachine;
  readonly model: VmModel;
  readonly view: InstanceView;
  /** With the reboot status, which an instance view lacks and the result of the operation has. */
  readonly installation: PatchInstallationSummary | null;
  readonly ownInstall: AzureOperation | null;
}

export interface VmStateSources {
  readonly reader: Reader;
  readonly inventory: Inventory;
  readonly operations: OperationTable;
  readonly sharedIs: 'skipped' | 'patched';
}

/**
 * Reads a VM with one GET. Null when it does not exist, which only a GET can say: Resource Graph may lag by hours. Throws when Azure does not
 * let it be read: that is no answer.
 */
export async function readVm(sources: VmStateSources, id: VmId): Promise<VmState | null> {
  const { reader, inventory, operations, sharedIs } = sources;
  const url = `${id}?$expand=instanceView&api-version=${COMPUTE_VERSION}`;
  const answer = await reader.read({ method: 'GET', url }, { budgets: readBudgets(id) });
  if (answer.status === 404) return null;
  const model = answer.status === 200 ? modelOfVm(answer.body) : null;
  if (model === null)
    throw new NotRead(`GET ${id} was answered ${answer.status}, which is not a VM.`, answer.status, null);
  const view = instanceViewOf(member(answer.body, 'properties', 'instanceView'));
  const assignments = await inventory.assignmentsFor(model.armId);
  const vm = virtualMachineOf(model, { domains: view, assignments, sharedIs });
  const ownInstall = await operations.latest(id, 'installation');
  return { vm, model, view, ownInstall, installation: withRebootStatus(view.lastInstallation, ownInstall) };
}

/** As its own result has it, once that is known. */
export function withRebootStatus(
  installation: PatchInstallationSummary | null,
  own: AzureOperation | null,
): PatchInstallationSummary | null {
  if (installation === null || own?.answer?.kind !== 'installed') return installation;
  const { summary } = own.answer;
  if (summary.installationActivityId !== installation.installationActivityId) return installation;
  // The result is the fuller one; the instance view of the same installation says nothing else.
  return installation.status === 'InProgress' ? installation : summary;
}

export function placeOf(vm: VirtualMachine, model: VmModel): Place {
  return {
    armId: vm.armId,
    region: vm.region,
    zone: vm.zone,
    availabilitySet: model.availabilitySet,
    updateDomain: vm.updateDomain,
    subscription: vm.subscriptionId,
  };
}
