import { IANAZone } from 'luxon';
import windowsZones from 'cldr-core/supplemental/windowsZones.json';
import type { AuditVm } from './auditInput';
import { regionName, type RegionFacts } from './regionFacts';

/** CLDR names one zone of each Windows name for the whole world: territory 001. */
const zoneOfWindowsName = new Map(
  windowsZones.supplemental.windowsZones.mapTimezones
    .filter(({ mapZone }) => mapZone._territory === '001')
    .map(({ mapZone }) => [mapZone._other.toLowerCase(), mapZone._type] as const),
);

/** IANA name of the zone whose windows count for the VM: its tag, its Windows setting, its region, UTC; the first that exists. */
export function auditTimeZone(
  vm: Pick<AuditVm, 'tags' | 'timeZone' | 'region'>,
  tagName: string,
  regions: RegionFacts,
): string {
  const tag = Object.entries(vm.tags).find(([name]) => name.toLowerCase() === tagName.toLowerCase())?.[1];
  return zoneNamed(tag) ?? windowsZone(vm.timeZone) ?? regions.timeZoneOf(regionName(vm.region)) ?? 'UTC';
}

/** By its IANA or Windows name. */
export const zoneNamed = (name: string | undefined): string | undefined =>
  existing(name) ?? windowsZone(name);

function windowsZone(name: string | null | undefined): string | undefined {
  return zoneOfWindowsName.get((name ?? '').trim().toLowerCase());
}

/** Asking the platform takes tens of microseconds, and ten thousand VMs name a few dozen zones. */
const asked = new Map<string, boolean>();

/** A place, not an offset: `+05:45` would pass for a zone on some runtimes. */
function existing(name: string | undefined): string | undefined {
  const place = (name ?? '').trim();
  let exists = asked.get(place);
  if (exists === undefined) asked.set(place, (exists = /^[a-z]/i.test(place) && IANAZone.isValidZone(place)));
  return exists ? place : undefined;
}
