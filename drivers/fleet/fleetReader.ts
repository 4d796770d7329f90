import { domainsDefault } from '../../domain/updateDomains';
import type { AvailabilitySetId, VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { toRestShape, type ArmResource } from './armModel';
import { CompactVms, listOf } from './compactVms';
import { notesOfVm, sumUpNotes, type NotedVm } from './fleetNotes';
import { unlistedSet, type ImportedSet } from './importedSet';
import { fullVmRecord } from './fullRecord';
import { isObject } from '../../domain/isObject';
import type { Problem, RecordCounts } from './malformed';
import type { ListedFleet, ParsedFleet } from './parsedFleet';
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
  readonly #vms = new CompactVms();
  /** Of each VM the number of its record. */
  readonly #indexes: number[] = [];
  readonly #kept = new Map<VmId, Kept>();
  readonly #firstMembers = new Map<AvailabilitySetId, FirstMember>();
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
    const first = this.#kept.get(vm.id);
    if (first !== undefined) complain('id', ...sameId(first.index));
    const notes = notesOfVm(vm, record);
    if (notes.length > 0) this.#noted.push({ vm, notes });
    this.#vms.add(vm);
    this.#indexes.push(index);
    if (!this.#keepModels || !isObject(value)) return;
    this.#noteSet(vm, record);
    const instance = instanceOf(record);
    const model = withPower(toRestShape(value), instance);
    this.#kept.set(vm.id, { index: first?.index ?? index, model, instance });
  }

  /** Of a set that has no record of its own the first of its VMs, by id, says how its id is written and where it is. */
  #noteSet(vm: VirtualMachine, { properties }: VmRecord): void {
    const { availabilitySetId: id } = vm;
    if (id === null) return;
    const first = this.#firstMembers.get(id);
    if (first !== undefined && first.vmId < vm.id) return;
    const setArmId = properties.availabilitySet?.id ?? properties.virtualMachineScaleSet?.id ?? id;
    this.#firstMembers.set(id, { vmId: vm.id, region: vm.region, setArmId });
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

  /** The fleet with its models. Null if there are problems. */
  finish(notes: readonly string[]): ParsedFleet | null {
    const listed = this.finishListed(notes);
    if (listed === null) return null;
    const vms = [...listed.vms];
    const sets = this.#sets;
    const firstMembers = [...this.#firstMembers].sort(([, a], [, b]) => (a.vmId < b.vmId ? -1 : 1));
    for (const [id, { region, setArmId }] of firstMembers)
      if (!sets.has(id)) sets.set(id, unlistedSet(id, setArmId, region));
    const models = new Map<VmId, ArmResource>();
    const instances = new Map<VmId, ImportedInstance>();
    for (const { id } of vms) {
      const kept = this.#kept.get(id);
      if (kept === undefined) continue;
      models.set(id, kept.model);
      instances.set(id, kept.instance);
    }
    return { vms, models, instances, availabilitySets: sets, notes: listed.notes };
  }

  /** Without the models. Sorted by id, so that the order of the file never matters. */
  finishListed(notes: readonly string[]): ListedFleet | null {
    const { order, same } = this.#vms.inOrder();
    // Where models are kept, their ids have said so already.
    if (!this.#keepModels) for (const [first, again] of same) this.#complainOfSameId(first, again);
    if (this.problems.length > 0) return null;
    this.#vms.assignDomains(order, (id) => this.#sets.get(id)?.updateDomainCount ?? domainsDefault(id));
    return {
      vms: listOf(this.#vms, order),
      notes: [...notes, ...sumUpNotes(this.#noted.sort((a, b) => (a.vm.id < b.vm.id ? -1 : 1)))],
    };
  }

  #complainOfSameId(first: number, again: number): void {
    const { name } = this.#vms.vm(again);
    const record = { kind: 'VM', index: this.#indexes[again] ?? 0, name } as const;
    const [what, fix] = sameId(this.#indexes[first] ?? 0);
    this.problems.push({ record, line: null, field: 'id', what, fix });
  }
}

/** What is kept of a VM beside what a plan needs. */
interface Kept {
  /** Of its record. */
  readonly index: number;
  readonly model: ArmResource;
  readonly instance: ImportedInstance;
}

interface FirstMember {
  readonly vmId: VmId;
  readonly region: string;
  /** The id of the set as it is written. */
  readonly setArmId: string;
}

/** What is wrong with an id that an earlier record has, too, and how to mend it. */
function sameId(firstIndex: number): readonly [what: string, fix: string] {
  return [`It is the id of VM ${firstIndex + 1}, too (ids match without regard to case).`, 'Keep one.'];
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
