import { supportsHotpatching } from '../../domain/images';
import { listed } from '../../domain/listed';
import { defaultPolicy } from '../../domain/policy';
import { findRegion } from '../../domain/regions';
import { tagOf } from '../../domain/tags';
import { isWindowsTimeZone, timeZoneOf } from '../../domain/timeZone';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { VmRecord } from './vmFields';

/** A VM of which there is something to be said. */
export interface NotedVm {
  readonly vm: VirtualMachine;
  readonly notes: readonly string[];
}

const NOTHING: readonly string[] = [];

/** Facts about a VM that are no errors, but change when and beside what it is patched. */
export function notesOfVm(vm: VirtualMachine, record: VmRecord): readonly string[] {
  const [own, hotpatching] = [notesOf(vm), hotpatchNotes(vm, record)];
  return hotpatching.length === 0 ? own : [...own, ...hotpatching];
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
function hotpatchNotes({ image }: VirtualMachine, { properties }: VmRecord): readonly string[] {
  const patchSettings = properties.osProfile?.windowsConfiguration?.patchSettings;
  return patchSettings?.enableHotpatching === true && !supportsHotpatching(image)
    ? ['enableHotpatching is true, and its image has no hotpatches: it is patched with reboots']
    : NOTHING;
}

function notesOf(vm: VirtualMachine): readonly string[] {
  if (isAsUsual(vm)) return NOTHING;
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

/** Nearly every VM: there is nothing to be said, and no need to find the words. */
function isAsUsual({ tags, timeZone, region }: VirtualMachine): boolean {
  return (
    findRegion(region) !== undefined &&
    (timeZone === null || isWindowsTimeZone(timeZone)) &&
    tagOf(tags, defaultPolicy.timeZoneTag) === undefined
  );
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
