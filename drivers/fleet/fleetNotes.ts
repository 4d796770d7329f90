import { supportsHotpatching } from '../../domain/images';
import { listed } from '../../domain/listed';
import { defaultPolicy } from '../../domain/policy';
import { findRegion } from '../../domain/regions';
import { timeZoneOf } from '../../domain/timeZone';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { ArmResource } from './armModel';
import { isObject } from './isObject';

/** A VM of which there is something to be said. */
export interface NotedVm {
  readonly vm: VirtualMachine;
  readonly notes: readonly string[];
}

const NOTHING: readonly string[] = [];

/** Facts about a VM that are no errors, but change when and beside what it is patched. */
export function notesOfVm(vm: VirtualMachine, model: ArmResource): readonly string[] {
  const notes = [...notesOf(vm), ...hotpatchNotes(vm, model)];
  return notes.length === 0 ? NOTHING : notes;
}

/** One note for all VMs alike. */
export function sumUpNotes(noted: readonly NotedVm[]): readonly string[] {
  const namesByNote = new Map<string, string[]>();
  for (const { vm, notes } of noted)
    for (const note of notes) {
      const names = namesByNote.get(note);
      if (names === undefined) namesByNote.set(note, [vm.name]);
      else names.push(vm.name);
    }
  return [...namesByNote].map(([note, names]) => `${note} (${listed(names, NAMES_SHOWN_MAX)})`);
}

/** Azure refuses it on other images; a file may say it all the same, and Lowtide reboots such a VM as any other. */
function hotpatchNotes({ image }: VirtualMachine, model: ArmResource): readonly string[] {
  const path = ['properties', 'osProfile', 'windowsConfiguration', 'patchSettings', 'enableHotpatching'];
  const isHotpatched = path.reduce<unknown>(
    (value, member) => (isObject(value) ? value[member] : null),
    model,
  );
  return isHotpatched === true && !supportsHotpatching(image)
    ? ['enableHotpatching is true, and its image has no hotpatches: it is patched with reboots']
    : NOTHING;
}

function notesOf(vm: VirtualMachine): readonly string[] {
  const { zone, source, invalid } = timeZoneOf(vm, defaultPolicy);
  const used = source === 'utc' ? 'UTC' : `${zone}, by ${SOURCES[source]}`;
  const zones = invalid
    .filter((wrong) => wrong.source !== 'region')
    .map(
      ({ source: from, value }) =>
        `«${value}», ${SOURCES[from]}, is not a known time zone: the off-peak hours are those of ${used}`,
    );
  const region = findRegion(vm.region) === undefined ? [unknownRegion(vm.region)] : [];
  return [...zones, ...region];
}

const SOURCES = {
  tag: 'the tag lowtide-timezone',
  windows: 'the timeZone of its Windows configuration',
  region: 'the region',
  utc: 'UTC',
} as const;

function unknownRegion(region: string): string {
  return `region ${region} is not known, nor its pair and time zone: its VMs are skipped until LOWTIDE_EXTRA_REGIONS gives them`;
}

const NAMES_SHOWN_MAX = 3;
