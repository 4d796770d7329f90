import cldr from 'cldr-core/supplemental/windowsZones.json';
import { IANAZone } from 'luxon';
import { defaultPolicy } from '../../domain/policy';
import { isWindowsTimeZone, timeZoneOf, zoneNamed } from '../../domain/timeZone';
import windowsTimeZones from '../../domain/windowsTimeZones.json';
import { aVm } from '../support/builders';

const tagged = (value: string, name = 'lowtide-timezone'): Record<string, string> => ({ [name]: value });

describe("a VM's time zone", () => {
  test('R-108: the tag comes before the Windows zone, that before the region, and UTC is last', () => {
    const windows = { timeZone: 'Tokyo Standard Time', region: 'westeurope' };
    const tag = aVm({ ...windows, tags: tagged('America/Lima') });
    expect(timeZoneOf(tag, defaultPolicy)).toEqual({ zone: 'America/Lima', source: 'tag', invalid: [] });
    expect(timeZoneOf(aVm(windows), defaultPolicy)).toEqual({
      zone: 'Asia/Tokyo',
      source: 'windows',
      invalid: [],
    });
    expect(timeZoneOf(aVm({ region: 'westeurope' }), defaultPolicy)).toEqual({
      zone: 'Europe/Amsterdam',
      source: 'region',
      invalid: [],
    });
  });

  test('R-108: an invalid zone is reported, and the next one in order counts', () => {
    const vm = aVm({ tags: tagged('Mars/Olympus'), timeZone: 'Nowhere Standard Time', region: 'atlantis' });
    expect(timeZoneOf(vm, defaultPolicy)).toEqual({
      zone: 'UTC',
      source: 'utc',
      invalid: [
        { source: 'tag', value: 'Mars/Olympus' },
        { source: 'windows', value: 'Nowhere Standard Time' },
        { source: 'region', value: 'atlantis' },
      ],
    });
  });

  test('R-108: the tag may be a Windows name, and its own name may be written in any case', () => {
    const vm = aVm({ tags: tagged('nepal standard time', 'Lowtide-TimeZone') });
    expect(timeZoneOf(vm, defaultPolicy)).toMatchObject({ zone: 'Asia/Katmandu', source: 'tag' });
  });

  test('R-108: an offset is not a time zone: it does not know when clocks change', () => {
    const vm = aVm({ tags: tagged('+05:45') });
    expect(timeZoneOf(vm, defaultPolicy)).toMatchObject({
      zone: 'America/New_York',
      invalid: [{ source: 'tag', value: '+05:45' }],
    });
  });

  test('R-108: policy may give the tag another name', () => {
    const vm = aVm({ tags: tagged('Asia/Kolkata', 'tz') });
    expect(timeZoneOf(vm, { timeZoneTag: 'tz' }).zone).toBe('Asia/Kolkata');
  });

  test('the two old zones that every Windows has and CLDR lacks are known', () => {
    const zones = ['Mid-Atlantic Standard Time', 'Kamchatka Standard Time'].map((name) => zoneNamed(name));
    expect(zones).toEqual(['Etc/GMT+2', 'Asia/Kamchatka']);
    expect(isWindowsTimeZone('kamchatka standard time')).toBe(true);
  });

  test('the Windows zones are those of CLDR, each with the IANA zone of the world (001)', () => {
    const rows = cldr.supplemental.windowsZones.mapTimezones.map(({ mapZone }) => mapZone);
    const world = rows.filter(({ _territory }) => _territory === '001');
    expect(windowsTimeZones).toEqual(Object.fromEntries(world.map((row) => [row._other, row._type])));
    expect(Object.values(windowsTimeZones).filter((zone) => !IANAZone.isValidZone(zone))).toEqual([]);
  });
});
