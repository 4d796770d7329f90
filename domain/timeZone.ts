import { IANAZone } from 'luxon';
import type { Policy } from './policy';
import { findRegion } from './regions';
import { tagOf } from './tags';
import type { VirtualMachine } from './virtualMachine';
import windowsTimeZones from './windowsTimeZones.json';

export type TimeZoneSource = 'tag' | 'windows' | 'region' | 'utc';

export interface VmTimeZone {
  /** IANA name; always one that exists. */
  readonly zone: string;
  readonly source: TimeZoneSource;
  /** What was written and could not be used, in order of preference; to be shown on the VM. */
  readonly invalid: readonly { readonly source: TimeZoneSource; readonly value: string }[];
}

/** In the registry of every Windows, and in no row of CLDR. */
const OLD_ZONES = {
  'Mid-Atlantic Standard Time': 'Etc/GMT+2',
  'Kamchatka Standard Time': 'Asia/Kamchatka',
};

const ianaOfWindows: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...windowsTimeZones, ...OLD_ZONES }).map(([windows, iana]) => [
    windows.toLowerCase(),
    iana,
  ]),
);

/**
 * The zone of the VM's off-peak hours, by design section 5: the explicit tag (an IANA or a Windows name), the
 * zone of the Windows configuration, the region, UTC. One that cannot be used is reported and the next is asked.
 */
export function timeZoneOf(
  vm: Pick<VirtualMachine, 'tags' | 'timeZone' | 'region'>,
  policy: Pick<Policy, 'timeZoneTag'>,
): VmTimeZone {
  const invalid: { source: TimeZoneSource; value: string }[] = [];
  const tag = tagOf(vm.tags, policy.timeZoneTag);
  const written = [
    { source: 'tag', value: tag, zone: tag === undefined ? undefined : zoneNamed(tag) },
    {
      source: 'windows',
      value: vm.timeZone,
      zone: vm.timeZone === null ? undefined : windowsZone(vm.timeZone),
    },
    { source: 'region', value: vm.region, zone: findRegion(vm.region)?.timeZone },
  ] as const;
  for (const { source, value, zone } of written) {
    if (zone !== undefined) return { zone, source, invalid };
    if (value !== undefined && value !== null) invalid.push({ source, value });
  }
  return { zone: 'UTC', source: 'utc', invalid };
}

/** Is it a time zone as Windows names them? */
export function isWindowsTimeZone(name: string): boolean {
  return windowsZone(name) !== undefined;
}

/** The IANA zone that an IANA or Windows name means; undefined when it means none. */
export function zoneNamed(written: string): string | undefined {
  return ianaZone(written) ?? windowsZone(written);
}

function windowsZone(written: string): string | undefined {
  return ianaOfWindows.get(written.trim().toLowerCase());
}

/** Asking the platform costs tens of microseconds and names repeat; tags are other people's input, so the memory is bounded. */
const CHECKED_ZONES_MAX = 2_000;
const checkedZones = new Map<string, string | undefined>();

function ianaZone(written: string): string | undefined {
  if (checkedZones.has(written)) return checkedZones.get(written);
  const name = written.trim();
  // Newer runtimes also take offsets (`+05:45`). They have no daylight saving and would mean one thing here and nothing there.
  const zone = /^[a-z]/i.test(name) && IANAZone.isValidZone(name) ? name : undefined;
  if (checkedZones.size >= CHECKED_ZONES_MAX) checkedZones.clear();
  checkedZones.set(written, zone);
  return zone;
}
