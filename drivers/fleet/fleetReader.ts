import { assignUpdateDomains, domainsDefault } from '../../domain/updateDomains';
import { isScaleSet, type AvailabilitySetId, type VmId } from '../../domain/ids';
import { toRestShape, type ArmResource } from './armModel';
import { notesOfVm, sumUpNotes, type NotedVm } from './fleetNotes';
import { unlistedSet, type ImportedSet } from './importedSet';
import { isObject } from './isObject';
import type { Problem, RecordCounts } from './malformed';
import { spellingOf } from './memberNames';
import type { ParsedFleet } from './parsedFleet';
import { explain, fieldOf, nameOf } from './recordProblems';
import type { FleetRecord } from './readRecords';
import { readSet } from './setRecord';
import { readVmRecord, type ImportedInstance, type ImportedVm } from './vmRecord';

/** Takes the records of a fleet file one by one, and keeps of each only what is asked for. */
export class FleetReader {
  readonly problems: Problem[] = [];
  readonly #keepModels: boolean;
  readonly #counts = { VM: 0, 'availability set': 0 };
  readonly #found: Found[] = [];
  readonly #firstAt = new Map<VmId, number>();
  readonly #sets = new Map<AvailabilitySetId, ImportedSet>();
  readonly #noted: NotedVm[] = [];

  /** Without models, and the instances that come with them, a fleet of a million VMs is some hundred megabytes. */
  constructor({ keepModels }: { readonly keepModels: boolean }) {
    this.#keepModels = keepModels;
  }

  addMachine({ index, line, value }: FleetRecord): void {
    this.#counts.VM += 1;
    const complain = (field: string, what: string, fix: string): number =>
      this.problems.push({
        record: { kind: 'VM', index, name: nameOf(value) },
        line,
        field,
        what,
        fix,
      });
    if (!isObject(value)) {
      complain('', 'This is not an object.', 'Write the VM as { "id": …, "location": …, … }.');
      return;
    }
    const model = toRestShape(value);
    const read = readVmRecord(withPowerText(model, value));
    if ('error' in read) {
      for (const issue of read.error.issues) complain(fieldOf(issue), ...explain(issue, model));
      return;
    }
    const { vm } = read.imported;
    const first = this.#firstAt.get(vm.id);
    if (first !== undefined)
      complain('id', `It is the id of VM ${first + 1}, too (ids match without regard to case).`, 'Keep one.');
    this.#firstAt.set(vm.id, first ?? index);
    const notes = notesOfVm(vm, model);
    if (notes.length > 0) this.#noted.push({ vm, notes });
    const setArmId = armIdOfSet(vm.availabilitySetId, model);
    if (!this.#keepModels) this.#found.push({ vm, setArmId, model: null, instance: null });
    else {
      const { instance } = read.imported;
      this.#found.push({ vm, setArmId, model: withPower(model, read.imported), instance });
    }
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
    const found = sortedById(this.#found);
    const sets = this.#sets;
    const models = new Map<VmId, ArmResource>();
    const instances = new Map<VmId, ImportedInstance>();
    for (const { vm, setArmId, model, instance } of found) {
      const id = vm.availabilitySetId;
      if (id !== null && !sets.has(id)) sets.set(id, unlistedSet(id, setArmId ?? id, vm.region));
      if (model !== null) models.set(vm.id, model);
      if (instance !== null) instances.set(vm.id, instance);
    }
    return {
      vms: assignUpdateDomains(
        found.map(({ vm }) => vm),
        (id) => sets.get(id)?.updateDomainCount ?? domainsDefault(id),
      ),
      models,
      instances,
      availabilitySets: sets,
      notes: [...notes, ...sumUpNotes(sortedById(this.#noted))],
    };
  }
}

interface Found {
  readonly vm: ImportedVm['vm'];
  /** The id of its set as it is written. */
  readonly setArmId: string | null;
  readonly model: ArmResource | null;
  readonly instance: ImportedInstance | null;
}

function sortedById<T extends { readonly vm: { readonly id: VmId } }>(found: T[]): T[] {
  return found.sort((a, b) => (a.vm.id < b.vm.id ? -1 : 1));
}

function armIdOfSet(id: AvailabilitySetId | null, { properties }: ArmResource): string | null {
  if (id === null || !isObject(properties)) return null;
  const reference = properties[isScaleSet(id) ? 'virtualMachineScaleSet' : 'availabilitySet'];
  return isObject(reference) ? String(reference['id']) : null;
}

/** What `az vm list --show-details` and Get-AzVM -Status print beside the model. */
function withPowerText(model: ArmResource, record: Readonly<Record<string, unknown>>): ArmResource {
  const member = Object.keys(record).find((name) => spellingOf(name).name === 'powerState');
  return member === undefined ? model : { ...model, powerState: record[member] };
}

/** A power state beside the model goes where REST has it, so that nothing read is lost in the model. */
function withPower(model: ArmResource, { instance }: ImportedVm): ArmResource {
  const properties = model['properties'];
  if (instance.power === null || !isObject(properties) || isObject(properties['instanceView'])) return model;
  const statuses = [{ code: `PowerState/${instance.power}` }];
  return { ...model, properties: { ...properties, instanceView: { statuses } } };
}
