import fc from 'fast-check';
import { DateTime } from 'luxon';
import { isOpen, windowAtOrAfter, windowOpeningAfter, type OffPeakWindow } from '../../domain/offPeak';
import { WEEKDAYS } from '../../domain/ownWindows';

const hours = { offPeakOpens: '22:00', offPeakCloses: '06:00' };
const hoursOf = ({ opensUtc, closesUtc }: OffPeakWindow): number =>
  (Date.parse(closesUtc) - Date.parse(opensUtc)) / 3_600_000;
const local = (utc: string, zone: string): string =>
  DateTime.fromISO(utc, { zone }).toFormat('yyyy-MM-dd HH:mm');

const time = fc
  .integer({ min: 0, max: 24 * 60 - 1 })
  .map((m) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`);
const instant = fc
  .integer({ min: Date.UTC(2020, 0, 1) / 60_000, max: Date.UTC(2037, 0, 1) / 60_000 })
  .map((m) => new Date(m * 60_000).toISOString());

describe('off-peak windows', () => {
  test('R-108: off-peak hours are those of the time zone: 22:00 to 06:00 on its own clocks', () => {
    expect(windowAtOrAfter('America/New_York', hours, '2026-11-10T18:00:00.000Z')).toEqual({
      opensUtc: '2026-11-11T03:00:00.000Z',
      closesUtc: '2026-11-11T11:00:00.000Z',
    });
    expect(windowAtOrAfter('Asia/Tokyo', hours, '2026-11-10T18:00:00.000Z')).toEqual({
      opensUtc: '2026-11-10T13:00:00.000Z',
      closesUtc: '2026-11-10T21:00:00.000Z',
    });
  });

  test('R-108: a window across midnight contains the hours on both sides of it', () => {
    const window = { opensUtc: '2026-11-10T22:00:00.000Z', closesUtc: '2026-11-11T06:00:00.000Z' };
    expect(windowAtOrAfter('UTC', hours, '2026-11-10T23:59:00.000Z')).toEqual(window);
    expect(windowAtOrAfter('UTC', hours, '2026-11-11T00:01:00.000Z')).toEqual(window);
  });

  test('R-108: a window within one day is not taken for one across midnight', () => {
    const siesta = { offPeakOpens: '13:00', offPeakCloses: '16:30' };
    expect(windowAtOrAfter('Europe/Madrid', siesta, '2026-07-01T10:00:00.000Z')).toEqual({
      opensUtc: '2026-07-01T11:00:00.000Z',
      closesUtc: '2026-07-01T14:30:00.000Z',
    });
  });

  test('R-108: a window is open from the instant it opens until just before it closes', () => {
    const window = windowAtOrAfter('UTC', hours, '2026-11-10T12:00:00.000Z');
    expect(isOpen(window, '2026-11-10T21:59:59.999Z')).toBe(false);
    expect(isOpen(window, window.opensUtc)).toBe(true);
    expect(isOpen(window, '2026-11-11T05:59:59.999Z')).toBe(true);
    expect(isOpen(window, window.closesUtc)).toBe(false);
    expect(windowAtOrAfter('UTC', hours, window.opensUtc)).toEqual(window);
    expect(windowAtOrAfter('UTC', hours, window.closesUtc).opensUtc).toBe('2026-11-11T22:00:00.000Z');
    expect(windowOpeningAfter('UTC', hours, window.opensUtc).opensUtc).toBe('2026-11-11T22:00:00.000Z');
  });

  test('R-108: where clocks go forward in a window, it is an hour shorter; where they go back, an hour longer', () => {
    const spring = windowAtOrAfter('America/New_York', hours, '2026-03-08T00:00:00.000Z');
    expect([spring.opensUtc, hoursOf(spring)]).toEqual(['2026-03-08T03:00:00.000Z', 7]);
    const autumn = windowAtOrAfter('America/New_York', hours, '2026-11-01T00:00:00.000Z');
    expect([autumn.opensUtc, hoursOf(autumn)]).toEqual(['2026-11-01T02:00:00.000Z', 9]);
  });

  test('R-108: an opening time that does not exist moves forward by the missing hour', () => {
    const hours = { offPeakOpens: '02:30', offPeakCloses: '06:00' };
    const window = windowAtOrAfter('America/New_York', hours, '2026-03-08T05:00:00.000Z');
    expect(local(window.opensUtc, 'America/New_York')).toBe('2026-03-08 03:30');
    expect(hoursOf(window)).toBe(2.5);
  });

  test('R-108: a closing time that does not exist moves forward by the missing hour', () => {
    const hours = { offPeakOpens: '22:00', offPeakCloses: '02:30' };
    const window = windowAtOrAfter('Europe/Berlin', hours, '2026-03-28T20:00:00.000Z');
    expect(local(window.closesUtc, 'Europe/Berlin')).toBe('2026-03-29 03:30');
    expect(hoursOf(window)).toBe(4.5);
  });

  test('R-108: a time that comes twice counts at its first occurrence, to open and to close', () => {
    const opening = { offPeakOpens: '01:30', offPeakCloses: '06:00' };
    const opens = windowAtOrAfter('America/New_York', opening, '2026-11-01T04:00:00.000Z');
    expect([opens.opensUtc, hoursOf(opens)]).toEqual(['2026-11-01T05:30:00.000Z', 5.5]);
    const closing = { offPeakOpens: '22:00', offPeakCloses: '01:30' };
    const closes = windowAtOrAfter('America/New_York', closing, '2026-11-01T03:00:00.000Z');
    expect([closes.closesUtc, hoursOf(closes)]).toEqual(['2026-11-01T05:30:00.000Z', 3.5]);
    expect(isOpen(closes, '2026-11-01T06:00:00.000Z')).toBe(false);
  });

  test('R-108: a window that the change of clocks swallows is left out', () => {
    const hours = { offPeakOpens: '02:30', offPeakCloses: '03:15' };
    const window = windowAtOrAfter('America/New_York', hours, '2026-03-08T05:00:00.000Z');
    expect(local(window.opensUtc, 'America/New_York')).toBe('2026-03-09 02:30');
  });

  test('R-108: Kathmandu is five hours and three quarters ahead', () => {
    expect(windowAtOrAfter('Asia/Kathmandu', hours, '2026-11-10T12:00:00.000Z')).toEqual({
      opensUtc: '2026-11-10T16:15:00.000Z',
      closesUtc: '2026-11-11T00:15:00.000Z',
    });
  });

  test('R-108: Lord Howe Island changes its clocks by half an hour', () => {
    const spring = windowAtOrAfter('Australia/Lord_Howe', hours, '2026-10-03T10:00:00.000Z');
    expect(hoursOf(spring)).toBe(7.5);
    const autumn = windowAtOrAfter('Australia/Lord_Howe', hours, '2026-04-04T10:00:00.000Z');
    expect(hoursOf(autumn)).toBe(8.5);
  });

  test('R-108: a date that a zone left out has no window of its own', () => {
    const window = windowAtOrAfter('Pacific/Apia', hours, '2011-12-30T18:00:00.000Z');
    expect(local(window.opensUtc, 'Pacific/Apia')).toBe('2011-12-31 22:00');
  });

  test('R-108: equal times mean always open, and the next window opens when these 24 hours are over', () => {
    const always = { offPeakOpens: '00:00', offPeakCloses: '00:00' };
    const now = '2026-11-10T18:00:00.000Z';
    expect(windowAtOrAfter('Asia/Tokyo', always, now)).toEqual({
      opensUtc: now,
      closesUtc: '2026-11-11T18:00:00.000Z',
    });
    expect(windowOpeningAfter('Asia/Tokyo', always, now).opensUtc).toBe('2026-11-11T18:00:00.000Z');
  });

  test('a zone that does not exist is a broken assumption, not a window', () => {
    expect(() => windowAtOrAfter('Mars/Olympus', hours, '2026-11-10T18:00:00.000Z')).toThrow(
      /no IANA time zone/,
    );
  });

  const zones = [
    'UTC',
    'America/New_York',
    'America/St_Johns',
    'America/Sao_Paulo',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Pacific/Auckland',
    'Pacific/Kiritimati',
    'Pacific/Pago_Pago',
  ];
  test('R-108: at every minute and in every zone the window is the first that has not closed, and shows the policy times', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        time,
        time,
        instant,
        (zone, offPeakOpens, offPeakCloses, now) => {
          fc.pre(offPeakOpens !== offPeakCloses);
          const policy = { offPeakOpens, offPeakCloses };
          const window = windowAtOrAfter(zone, policy, now);
          expect(window.closesUtc > now).toBe(true);
          expect(window.opensUtc < window.closesUtc).toBe(true);
          expect(hoursOf(window)).toBeLessThanOrEqual(25);
          const next = windowOpeningAfter(zone, policy, window.opensUtc);
          expect(next.opensUtc > window.opensUtc).toBe(true);
          expect(next.opensUtc >= window.closesUtc || hoursOf(window) > 23).toBe(true);
          const shown = local(window.opensUtc, zone).slice(11);
          const shifted = DateTime.fromISO(window.opensUtc, { zone }).minus({ hours: 1 });
          const changed = shifted.offset !== DateTime.fromISO(window.opensUtc, { zone }).offset;
          expect(shown === offPeakOpens || changed).toBe(true);
          expect(
            window.opensUtc <= now || windowOpeningAfter(zone, policy, now).opensUtc === window.opensUtc,
          ).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('windows of VMs that have their own', () => {
  const ownWindows = [
    {
      name: 'weekend',
      selector: { tag: 'tier=db' },
      open: [
        { days: ['sat' as const], opens: '08:00', closes: '12:00' },
        { days: ['fri' as const, 'sat' as const], opens: '22:00', closes: '04:00' },
      ],
    },
  ];
  const policy = { offPeakOpens: '22:00', offPeakCloses: '06:00', ownWindows };
  const opens = (calendar: string, utc: string): string => windowAtOrAfter(calendar, policy, utc).opensUtc;

  it('are several a week, of days of the week, and a window is of the day on which it opens', () => {
    const monday = '2026-11-09T12:00:00.000Z';
    const found: string[] = [];
    for (let at = monday; found.length < 4;) {
      const window = windowAtOrAfter('UTC#weekend', policy, at);
      found.push(`${window.opensUtc.slice(5, 16)} to ${window.closesUtc.slice(5, 16)}`);
      at = window.closesUtc;
    }
    expect(found).toEqual([
      '11-13T22:00 to 11-14T04:00',
      '11-14T08:00 to 11-14T12:00',
      '11-14T22:00 to 11-15T04:00',
      '11-20T22:00 to 11-21T04:00',
    ]);
  });

  it('are in the VM’s own time zone, and a name that the policy has no more is the hours of the fleet', () => {
    expect(opens('Asia/Tokyo#weekend', '2026-11-09T12:00:00.000Z')).toBe('2026-11-13T13:00:00.000Z');
    expect(opens('UTC#gone', '2026-11-09T12:00:00.000Z')).toBe('2026-11-09T22:00:00.000Z');
  });

  it('are also of a fleet whose other VMs are always off-peak', () => {
    const always = { ...policy, offPeakOpens: '00:00', offPeakCloses: '00:00' };
    expect(windowAtOrAfter('UTC#weekend', always, '2026-11-09T12:00:00.000Z').opensUtc).toBe(
      '2026-11-13T22:00:00.000Z',
    );
  });

  const dailyAndSaturday = {
    name: 'weekend',
    selector: {},
    open: [
      { opens: '22:00', closes: '04:00' },
      { days: ['sat' as const], opens: '06:00', closes: '06:00' },
    ],
  };

  it('may lie in one another: a VM is off-peak in the long one before the short one opens', () => {
    const both = { ...policy, ownWindows: [dailyAndSaturday] };
    const saturday = { opensUtc: '2026-11-14T06:00:00.000Z', closesUtc: '2026-11-15T06:00:00.000Z' };
    expect(windowAtOrAfter('UTC#weekend', both, '2026-11-14T12:00:00.000Z')).toEqual(saturday);
    expect(windowAtOrAfter('UTC#weekend', both, '2026-11-14T23:00:00.000Z')).toEqual(saturday);
    expect(windowOpeningAfter('UTC#weekend', both, '2026-11-14T05:00:00.000Z')).toEqual(saturday);
  });

  it('may overlap: a VM is off-peak at an instant where one of them is open, until the last of those closes', () => {
    const weekday = fc.constantFrom(...WEEKDAYS);
    const openings = fc.array(
      fc.record({ days: fc.uniqueArray(weekday, { minLength: 1 }), opens: time, closes: time }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(openings, instant, (open, now) => {
        const own = { ...policy, ownWindows: [{ name: 'weekend', selector: {}, open }] };
        const midnight = Date.parse(`${now.slice(0, 10)}T00:00:00.000Z`);
        const closes = [-1, 0].flatMap((day) =>
          open.flatMap((one) => {
            const dayMs = midnight + day * 86_400_000;
            if (!one.days.includes(WEEKDAYS[new Date(dayMs).getUTCDay()] ?? 'sun')) return [];
            const at = (written: string, later: number): string =>
              new Date(dayMs + later + Date.parse(`1970-01-01T${written}:00.000Z`)).toISOString();
            const closesUtc = at(one.closes, one.closes > one.opens ? 0 : 86_400_000);
            return at(one.opens, 0) <= now && now < closesUtc ? [closesUtc] : [];
          }),
        );
        const window = windowAtOrAfter('UTC#weekend', own, now);
        expect(isOpen(window, now) ? window.closesUtc : null).toBe(closes.sort().at(-1) ?? null);
      }),
    );
  });
});
