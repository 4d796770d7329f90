import geoPairs from '../../audit/geoPairs.json';
import { OffPeakWindows } from '../../audit/offPeakWindows';
import regionTimeZones from '../../audit/regionTimeZones.json';
import { RegionFacts } from '../../audit/regionFacts';
import { auditTimeZone } from '../../audit/timeZone';
import { windowMsAtOrAfter } from '../../domain/offPeak';
import { defaultPolicy } from '../../domain/policy';
import { arePaired, knownRegions } from '../../domain/regions';
import { timeZoneOf } from '../../domain/timeZone';
import windowsTimeZones from '../../domain/windowsTimeZones.json';

const HOUR = 3_600_000;
const [from, until] = ['2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'].map((utc) => Date.parse(utc)) as [
  number,
  number,
];

function window(zone: string, utc: string, opens = '22:00', closes = '06:00') {
  const found = new OffPeakWindows({ opens, closes }, from, until).at(
    { timeZone: zone, ownWindows: null },
    Date.parse(utc),
  );
  return found && [found.opens, found.closes].map((instant) => new Date(instant).toISOString());
}

describe('the off-peak windows of a zone', () => {
  it.each([
    [
      'an ordinary window',
      'America/New_York',
      '2026-11-11T04:00Z',
      ['2026-11-11T03:00:00.000Z', '2026-11-11T11:00:00.000Z'],
    ],
    [
      'a window an hour longer',
      'America/New_York',
      '2026-11-01T05:30Z',
      ['2026-11-01T02:00:00.000Z', '2026-11-01T11:00:00.000Z'],
    ],
    [
      'a window an hour shorter',
      'America/New_York',
      '2026-03-08T05:30Z',
      ['2026-03-08T03:00:00.000Z', '2026-03-08T10:00:00.000Z'],
    ],
    [
      'a zone of +05:45',
      'Asia/Kathmandu',
      '2026-11-10T20:00Z',
      ['2026-11-10T16:15:00.000Z', '2026-11-11T00:15:00.000Z'],
    ],
    [
      'a change of half an hour',
      'Australia/Lord_Howe',
      '2026-04-04T14:00Z',
      ['2026-04-04T11:00:00.000Z', '2026-04-04T19:30:00.000Z'],
    ],
  ])('is right for %s', (_, zone, instant, expected) => {
    expect(window(zone, instant)).toEqual(expected);
  });

  it('opens at the first of two equal times, and forward of a time that is missing', () => {
    expect(window('America/New_York', '2026-11-01T05:45Z', '01:30', '03:00')?.[0]).toBe(
      '2026-11-01T05:30:00.000Z',
    );
    expect(window('America/New_York', '2026-03-08T08:00Z', '02:30', '05:00')?.[0]).toBe(
      '2026-03-08T07:30:00.000Z',
    );
  });

  it('is half open: shut as it closes', () => {
    expect(window('UTC', '2026-11-10T22:00:00.000Z')).not.toBeNull();
    expect(window('UTC', '2026-11-11T05:59:59.999Z')).not.toBeNull();
    expect(window('UTC', '2026-11-11T06:00:00.000Z')).toBeNull();
    expect(window('UTC', '2026-11-10T21:59:59.999Z')).toBeNull();
  });

  it('measures what lies outside', () => {
    const windows = new OffPeakWindows({ opens: '22:00', closes: '06:00' }, from, until);
    const measure = (a: string, b: string): number =>
      windows.outside({ timeZone: 'UTC', ownWindows: null }, Date.parse(a), Date.parse(b)) / HOUR;
    expect(measure('2026-11-10T21:00Z', '2026-11-11T07:00Z')).toBe(2);
    expect(measure('2026-11-10T12:00Z', '2026-11-12T12:00Z')).toBe(32);
    expect(measure('2026-11-10T22:00Z', '2026-11-11T06:00Z')).toBe(0);
  });
});

describe('the time zone of a VM', () => {
  const zoneOf = (facts: Partial<Parameters<typeof auditTimeZone>[0]>): string =>
    auditTimeZone(
      { tags: {}, timeZone: null, region: 'eastus', ...facts },
      'lowtide-timezone',
      new RegionFacts([]),
    );

  it('is its tag, its Windows setting, its region, UTC: the first that exists', () => {
    const timeZone = 'Tokyo Standard Time';
    expect(zoneOf({ tags: { 'Lowtide-TimeZone': 'Europe/Berlin' }, timeZone })).toBe('Europe/Berlin');
    expect(zoneOf({ tags: { 'lowtide-timezone': 'W. Europe Standard Time' }, timeZone })).toBe(
      'Europe/Berlin',
    );
    expect(zoneOf({ tags: { 'lowtide-timezone': 'Mars/Olympus' }, timeZone })).toBe('Asia/Tokyo');
    expect(zoneOf({ tags: { 'lowtide-timezone': '+05:45' }, timeZone: 'nonsense' })).toBe('America/New_York');
    expect(zoneOf({ region: 'East US' })).toBe('America/New_York');
    expect(zoneOf({ region: 'moonbase' })).toBe('UTC');
  });
});

/** Two readings of the same facts, made apart: where they differ, one of them is wrong. */
describe('the auditor and the app agree', () => {
  const windows = Object.keys(windowsTimeZones);

  it('on the zone of every Windows name and every region', () => {
    for (const timeZone of windows) {
      const vm = { tags: {}, timeZone, region: 'moonbase' };
      expect([timeZone, auditTimeZone(vm, 'x', new RegionFacts([]))]).toEqual([
        timeZone,
        timeZoneOf(vm, { timeZoneTag: 'x' }).zone,
      ]);
    }
    expect(Object.fromEntries(knownRegions().map(({ name, timeZone }) => [name, timeZone]))).toEqual(
      regionTimeZones,
    );
  });

  it('on which regions are pairs', () => {
    const names = knownRegions().map(({ name }) => name);
    const pairs = names.flatMap((a) => names.filter((b) => a < b && arePaired(a, b)).map((b) => [a, b]));
    expect(pairs.sort()).toEqual([...geoPairs].sort());
  });

  const regional = [...new Set(Object.values(regionTimeZones))];
  const shifty = [
    'America/New_York',
    'Australia/Lord_Howe',
    'Europe/Dublin',
    'Africa/Cairo',
    'America/Santiago',
  ];

  it.each([
    ['of every region, 22:00 to 06:00', regional, '22:00', '06:00'],
    ['that changes its clocks, 01:30 to 02:30', shifty, '01:30', '02:30'],
    ['that changes its clocks, 23:30 to 00:30', shifty, '23:30', '00:30'],
  ])('on every window of a year in every zone %s', (_, zones, opens, closes) => {
    const hours = { ...defaultPolicy, offPeakOpens: opens, offPeakCloses: closes };
    const windows = new OffPeakWindows({ opens, closes }, from, until);
    const differences: string[] = [];
    for (const zone of zones)
      for (let now = from; now < until;) {
        const { opensMs, closesMs } = windowMsAtOrAfter(zone, hours, now);
        const ours = windows.at({ timeZone: zone, ownWindows: null }, opensMs);
        if (ours?.opens !== opensMs || ours.closes !== closesMs)
          differences.push(
            `${zone}: ${new Date(opensMs).toISOString()} to ${new Date(closesMs).toISOString()}`,
          );
        now = closesMs;
      }
    expect(differences).toEqual([]);
  });
});

test('windows of VMs that have their own are those of the app, whatever the zone', () => {
  const own = {
    name: 'weekend',
    selector: { tag: 'tier=db' },
    open: [
      { days: ['sat' as const], opens: '08:00', closes: '12:00' },
      { days: ['fri' as const, 'sun' as const], opens: '22:00', closes: '04:00' },
    ],
  };
  const policy = { ...defaultPolicy, ownWindows: [own] };
  const windows = new OffPeakWindows({ opens: '22:00', closes: '06:00' }, from, until);
  for (const zone of ['Europe/Oslo', 'America/St_Johns', 'Australia/Lord_Howe'])
    for (let now = from; now < until;) {
      const { opensMs, closesMs } = windowMsAtOrAfter(`${zone}#weekend`, policy, now);
      const ours = windows.at({ timeZone: zone, ownWindows: own }, opensMs);
      expect(ours).toEqual({ opens: opensMs, closes: closesMs });
      expect(windows.at({ timeZone: zone, ownWindows: own }, closesMs)).toBeNull();
      now = closesMs;
    }
});

test('windows of VMs that have their own may overlap: an instant is off-peak for the auditor where it is for the app', () => {
  const own = {
    name: 'weekend',
    selector: {},
    open: [
      { opens: '22:00', closes: '04:00' },
      { days: ['sat' as const, 'sun' as const], opens: '00:00', closes: '00:00' },
      { days: ['wed' as const], opens: '06:00', closes: '06:00' },
    ],
  };
  const policy = { ...defaultPolicy, ownWindows: [own] };
  const hours = { timeZone: 'Australia/Lord_Howe', ownWindows: own };
  const windows = new OffPeakWindows({ opens: '22:00', closes: '06:00' }, from, until);
  let outside = 0;
  for (let now = from; now < until; now += HOUR / 2) {
    const isOpen = windowMsAtOrAfter('Australia/Lord_Howe#weekend', policy, now).opensMs <= now;
    expect(windows.at(hours, now) !== null).toBe(isOpen);
    if (!isOpen) outside += HOUR / 2;
  }
  expect(windows.outside(hours, from, until)).toBe(outside);
});
