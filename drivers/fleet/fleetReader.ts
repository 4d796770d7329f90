import { assignUpdateDomains, domainsDefault } from '../../domain/updateDomains';
import type { AvailabilitySetId, VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { toRestShape, type ArmResource } from './armModel';
import { notesOfVm, sumUpNotes, type NotedVm } from './fleetNotes';
import { unlistedSet, type ImportedSet } from './importedSet';
import { fullVmRecord } from './fullRecord';
import { isObject } from './isObject';
import type { Problem, RecordCounts } from './malformed';
import type { ParsedFleet } from './parsedFleet';
import { explain, fieldOf, nameOf } from './recordProblems';
import type { FleetRecord } from './readRecords';
import { readSet } from './setRecord';
import { quickVmRecord } from './quickRecord';
import type { VmRecord } from './vmFields';
import { instanceOf, vmOf, type ImportedInstance } from './vmRecord';

/** Takes the records of a fleet file one by one, and keeps of each only what is asked for. */
export class FleetReader {
  readonly problems: Problem[] = [];
  readonly #keepModels: boolean;
  readonly #counts = { VM: 0, 'availability set': 0 };
  readonly #vms: VirtualMachine[] = [];
  readonly #kept = new Map<VmId, Kept>();
  readonly #firstMembers = new Map<AvailabilitySetId, FirstMember>();
  readonly #firstAt = new Map<VmId, number>();
  readonly #sets = new Map<AvailabilitySetId, ImportedSet>();
  readonly #noted: NotedVm[] = [];

  /** Without models, and the instances that come with them, a fleet of a million VMs is some hundred megabytes. */
  constructor({ keepModels }: { readonly keepModels: boolean }) {
    this.#keepModels = keepModels;
  }

  addMachine({ index, line, value }: FleetRecord): void {
    this.#counts.VM += 1;
    const complain = (field: string, what: string, fix: string): void => {
      const record = { kind: 'VM', index, name: nameOf(value) } as const;
      this.problems.push({ record, line, field, what, fix });
    };
    const record = quickVmRecord(value) ?? checkedInFull(value, complain);
    if (record === null) return;
    const vm = vmOf(record);
    const first = this.#firstAt.get(vm.id);
    if (first !== undefined)
      complain('id', `It is the id of VM ${first + 1}, too (ids match without regard to case).`, 'Keep one.');
    this.#firstAt.set(vm.id, first ?? index);
    const notes = notesOfVm(vm, record);
    if (notes.length > 0) this.#noted.push({ vm, notes });
    this.#vms.push(vm);
    this.#noteSet(vm, record);
    if (!this.#keepModels || !isObject(value)) return;
    const instance = instanceOf(record);
    this.#kept.set(vm.id, { model: withPower(toRestShape(value), instance), instance });
  }

  /** Of a set that has no record of its own the first of its VMs, by id, says how its id is written and where it is. */
  #noteSet(vm: VirtualMachine, { properties }: VmRecord): void {
    const { availabilitySetId: id } = vm;
    if (id === null) return;
    const first = this.#firstMembers.get(id);
    if (first !== undefined && first.vm.id < vm.id) return;
    const armId = properties.availabilitySet?.id ?? properties.virtualMachineScaleSet?.id ?? id;
    this.#firstMembers.set(id, { vm, armId });
  }

  addSet(record: FleetRecord): void {
    this.#counts['availability set'] += 1;
    const set = readSet(record, this.problems);
    if (set === null) return;
    if (this.#sets.has(set.id))
      this.problems.push({
        record: { kind: 'availability set', index: record.index, name: nameOf(record.value) },
        line: record.line,
        field: 'id',
        what: 'Another availability set has the same id.',
        fix: 'Keep one.',
      });
    this.#sets.set(set.id, set);
  }

  /** Of the records that it was given. */
  get counts(): RecordCounts {
    return this.#counts;
  }

  /** Sorted by id, so that the order of the file never matters. */
  finish(notes: readonly string[]): ParsedFleet {
    const vms = this.#vms.sort(byId);
    const sets = this.#sets;
    for (const { vm, armId } of [...this.#firstMembers.values()].sort((a, b) => byId(a.vm, b.vm))) {
      const id = vm.availabilitySetId;
      if (id !== null && !sets.has(id)) sets.set(id, unlistedSet(id, armId, vm.region));
    }
    const models = new Map<VmId, ArmResource>();
    const instances = new Map<VmId, ImportedInstance>();
    if (this.#keepModels)
      for (const { id } of vms) {
        const kept = this.#kept.get(id);
        if (kept === undefined) continue;
        models.set(id, kept.model);
        instances.set(id, kept.instance);
      }
    return {
      vms: assignUpdateDomains(vms, (id) => sets.get(id)?.updateDomainCount ?? domainsDefault(id)),
      models,
      instances,
      availabilitySets: sets,
      notes: [...notes, ...sumUpNotes(this.#noted.sort((a, b) => byId(a.vm, b.vm)))],
    };
  }
}

/** What is kept of a VM beside what a plan needs. */
interface Kept {
  readonly model: ArmResource;
  readonly instance: ImportedInstance;
}

interface FirstMember {
  readonly vm: VirtualMachine;
  /** The id of the set as it is written. */
  readonly armId: string;
}

function byId(a: VirtualMachine, b: VirtualMachine): number {
  return a.id < b.id ? -1 : 1;
}

/** Null, and complaints, for what is no VM. */
function checkedInFull(
  value: unknown,
  complain: (field: string, what: string, fix: string) => void,
): VmRecord | null {
  if (!isObject(value)) {
    complain('', 'This is not an object.', 'Write the VM as { "id": …, "location": …, … }.');
    return null;
  }
  const read = fullVmRecord(value);
  if ('record' in read) return read.record;
  for (const issue of read.error.issues) complain(fieldOf(issue), ...explain(issue, read.model));
  return null;
}

/** A power state beside the model goes where REST has it, so that nothing read is lost in the model. */
function withPower(model: ArmResource, { power }: ImportedInstance): ArmResource {
  const properties = model['properties'];
  if (power === null || !isObject(properties) || isObject(properties['instanceView'])) return model;
  const statuses = [{ code: `PowerState/${power}` }];
  return { ...model, properties: { ...properties, instanceView: { statuses } } };
}
