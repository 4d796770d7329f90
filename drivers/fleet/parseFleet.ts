import { z } from 'zod';
import { AvailabilitySetId, isScaleSet, type VmId } from '../../domain/ids';
import { assignUpdateDomains, domainsDefault } from '../../domain/updateDomains';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { toRestShape, type ArmResource } from './armModel';
import { fleetMalformed, type Problem } from './malformed';
import { unlistedSet, type ImportedSet } from './importedSet';
import { fleetNotes } from './fleetNotes';
import { isObject } from './isObject';
import { readRecords, type FleetRecord } from './readRecords';
import { readVmRecord, type ImportedInstance, type ImportedVm } from './vmRecord';

/** A fleet, read whole or not at all. Sorted by id, so that the order of the file never matters. */
export interface ParsedFleet {
  readonly vms: readonly VirtualMachine[];
  /** The VMs in REST shape, with everything the file says of them. */
  readonly models: ReadonlyMap<VmId, ArmResource>;
  readonly instances: ReadonlyMap<VmId, ImportedInstance>;
  readonly availabilitySets: ReadonlyMap<AvailabilitySetId, ImportedSet>;
  readonly notes: readonly string[];
}

/**
 * Reads a fleet file: what `az vm list -o json` prints, a REST list, an array or JSON lines of VMs, or an object with
 * `virtualMachines` and `availabilitySets`. Throws FLEET_MALFORMED naming every malformed record; then nothing is imported.
 */
export function parseFleet(text: string, file: string): ParsedFleet {
  const { machines, availabilitySets, notes, problems: broken } = readRecords(text, file);
  const problems: Problem[] = [...broken];
  const sets = readSets(availabilitySets, problems);
  const found = readMachines(machines, problems);
  if (problems.length > 0)
    throw fleetMalformed(
      file,
      problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    );
  found.sort((a, b) => (a.vm.id < b.vm.id ? -1 : 1));
  for (const { vm, model } of found) addUnlistedSet(sets, vm, model);
  return {
    vms: assignUpdateDomains(
      found.map(({ vm }) => vm),
      (id) => sets.get(id)?.updateDomainCount ?? domainsDefault(id),
    ),
    models: new Map(found.map(({ vm, model }) => [vm.id, model])),
    instances: new Map(found.map(({ vm, instance }) => [vm.id, instance])),
    availabilitySets: sets,
    notes: [...notes, ...fleetNotes(found)],
  };
}

/** A text that `parseFleet` reads back as the same fleet. */
export function printFleet(fleet: ParsedFleet): string {
  const lines = (resources: Iterable<ArmResource>): string =>
    [...resources].map((resource) => JSON.stringify(resource)).join(',\n');
  const sets = [...fleet.availabilitySets.values()].map((set) => set.model);
  return `{"virtualMachines":[\n${lines(fleet.models.values())}\n],"availabilitySets":[\n${lines(sets)}\n]}\n`;
}

type Found = ImportedVm & { readonly model: ArmResource };

function readMachines(records: readonly FleetRecord[], problems: Problem[]): Found[] {
  const found: Found[] = [];
  const firstAt = new Map<VmId, number>();
  for (const { index, line, value } of records) {
    const complain = (field: string, what: string, fix: string): number =>
      problems.push({ where: `record ${index}${nameOf(value)}`, line, field, what, fix });
    if (!isObject(value)) {
      complain('', 'This is not an object.', 'Write the VM as { "id": …, "location": …, … }.');
      continue;
    }
    const model = toRestShape(value);
    const read = readVmRecord({ ...model, powerState: powerStateText(value) });
    if ('error' in read) {
      for (const issue of read.error.issues) complain(fieldOf(issue), ...explain(issue, model));
      continue;
    }
    const { vm } = read.imported;
    const first = firstAt.get(vm.id);
    if (first !== undefined)
      complain('id', `It is the id of record ${first}, too (ids match without regard to case).`, 'Keep one.');
    firstAt.set(vm.id, first ?? index);
    found.push({ ...read.imported, model: withPower(model, read.imported) });
  }
  return found;
}

/** What `az vm list --show-details` and Get-AzVM -Status print beside the model. */
function powerStateText(record: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(record).find(([member]) => member.toLowerCase() === 'powerstate')?.[1];
}

/** A power state beside the model goes where REST has it, so that nothing read is lost in the model. */
function withPower(model: ArmResource, { instance }: ImportedVm): ArmResource {
  const properties = model['properties'];
  if (instance.power === null || !isObject(properties) || isObject(properties['instanceView'])) return model;
  const statuses = [{ code: `PowerState/${instance.power}` }];
  return { ...model, properties: { ...properties, instanceView: { statuses } } };
}

/** As the person wrote it: `az` has no `properties`. */
function fieldOf(issue: z.core.$ZodIssue): string {
  return issue.path.filter((part) => part !== 'properties').join('.');
}

const FIXES: Readonly<Record<string, string>> = {
  id: 'Give the full ARM id: /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/virtualMachines/….',
  location: 'Give the region, as "eastus".',
  zones: 'Write a list, as ["1"], or leave it out.',
  tags: 'Write an object of texts, as { "team": "web" }, or leave it out.',
};

function explain(issue: z.core.$ZodIssue, model: ArmResource): [what: string, fix: string] {
  const field = fieldOf(issue);
  const fix = FIXES[field] ?? FIXES[String(issue.path[0])] ?? 'Write it as Azure does, or leave it out.';
  const written = issue.path.reduce<unknown>((value, part) => memberOf(value, String(part)), model);
  if (written === undefined) return ['It is missing.', fix];
  if (issue.code === 'custom') return [`It ${issue.message}.`, fix];
  // ConvertTo-Json writes the name of the .NET type where its depth ends.
  if (typeof written === 'string' && written.startsWith('Microsoft.Azure.'))
    return [`PowerShell cut it off: it is only ${JSON.stringify(written)}.`, 'Use ConvertTo-Json -Depth 10.'];
  const wanted = issue.code === 'invalid_type' ? `, not ${TYPES[issue.expected] ?? issue.expected}` : '';
  return [`It is ${described(written)}${wanted}.`, fix];
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  record: 'an object',
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
};

function memberOf(value: unknown, member: string): unknown {
  if (Array.isArray(value)) return value[Number(member)] as unknown;
  return isObject(value) ? value[member] : undefined;
}

const SHOWN_MAX = 40;

function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  const shown = JSON.stringify(value).slice(0, SHOWN_MAX);
  return typeof value === 'string' ? `the text ${shown}` : `the ${typeof value} ${shown}`;
}

/** ` (web-01)`: the name of a record, or what its id ends in, for the person looking for it. Empty when it has neither. */
function nameOf(value: unknown): string {
  const { name, id } = isObject(value) ? toRestShape(value) : {};
  const found =
    typeof name === 'string' && name !== '' ? name : typeof id === 'string' ? id.split('/').at(-1) : '';
  return found === undefined || found === '' ? '' : ` (${found})`;
}

const SetRecord = z.looseObject({
  id: z
    .string()
    .refine((id) => AvailabilitySetId.safeParse(id).success, 'is not the id of an availability set'),
  properties: z.looseObject({
    platformUpdateDomainCount: z.number().int().min(1).nullish(),
    platformFaultDomainCount: z.number().int().min(1).nullish(),
  }),
});

function readSets(records: readonly FleetRecord[], problems: Problem[]): Map<AvailabilitySetId, ImportedSet> {
  const sets = new Map<AvailabilitySetId, ImportedSet>();
  for (const { index, line, value } of records) {
    const where = `availabilitySets record ${index}`;
    if (!isObject(value)) {
      problems.push({
        where,
        line,
        field: '',
        what: 'This is not an object.',
        fix: 'Write the set as an object.',
      });
      continue;
    }
    const model = toRestShape(value);
    const parsed = SetRecord.safeParse(model);
    if (!parsed.success) {
      for (const issue of parsed.error.issues)
        problems.push({
          where,
          line,
          field: fieldOf(issue),
          what: `It ${issue.code === 'custom' ? issue.message : 'is missing or of the wrong type'}.`,
          fix: 'Give the full ARM id, and a platformUpdateDomainCount of 1 or more.',
        });
      continue;
    }
    const id = AvailabilitySetId.parse(parsed.data.id);
    if (sets.has(id))
      problems.push({ where, line, field: 'id', what: 'Another record has the same id.', fix: 'Keep one.' });
    const { platformUpdateDomainCount, platformFaultDomainCount } = parsed.data.properties;
    const count =
      (isScaleSet(id) ? platformFaultDomainCount : platformUpdateDomainCount) ?? domainsDefault(id);
    sets.set(id, { id, armId: parsed.data.id, updateDomainCount: count, model });
  }
  return sets;
}

function addUnlistedSet(
  sets: Map<AvailabilitySetId, ImportedSet>,
  vm: VirtualMachine,
  model: ArmResource,
): void {
  const id = vm.availabilitySetId;
  if (id === null || sets.has(id)) return;
  const properties = model['properties'];
  const member = isScaleSet(id) ? 'virtualMachineScaleSet' : 'availabilitySet';
  const reference = isObject(properties) ? properties[member] : undefined;
  const armId = isObject(reference) ? String(reference['id']) : id;
  sets.set(id, unlistedSet(id, armId, vm.region));
}
