import fc from 'fast-check';
import {
  checkPhaseProof,
  checkSilence,
  closesByTimeMs,
  nextCloseUtc,
  phaseIsClosed,
  type PhaseProgress,
} from '../../domain/gates';
import { countOutcomes, type OutcomeCounts } from '../../domain/outcomeCounts';
import { utcOf } from '../../domain/instants';
import { defaultPolicy as policy, Policy } from '../../domain/policy';
import { phaseIdOf } from '../../domain/phaseId';
import { counts, WINDOW_OPENS } from '../support/fakeServices';
import { minutesAfter } from '../support/claims';

describe('INV-10: unknown health', () => {
  const unknownTooLong = { kind: 'unhealthy', reason: 'unknownTooLong' } as const;
  const patched = { kind: 'patched', reason: 'installed' } as const;

  it('counts as unhealthy', () => {
    expect(countOutcomes([unknownTooLong, patched])).toEqual(
      counts({ patched: 1, unhealthy: 1, unknown: 1 }),
    );
  });

  it('of more than 20 % of a round, and two, holds its region', () => {
    fc.assert(
      fc.property(fc.nat(80), fc.nat(80), (well, silent) => {
        const outcomes = [
          ...Array<typeof patched>(well).fill(patched),
          ...Array<typeof unknownTooLong>(silent).fill(unknownTooLong),
        ];
        const tooMany = silent >= 2 && silent * 5 > well + silent;
        expect(checkSilence(countOutcomes(outcomes), policy).kind).toBe(tooMany ? 'hold' : 'open');
      }),
    );
  });
});

describe('a phase proves something', () => {
  it.each([
    ['holds when every installation failed', counts({ failed: 3, deferred: 2 }), 'hold'],
    ['opens on one VM that came out proven', counts({ failed: 3, patched: 1 }), 'open'],
    ['opens when nothing could be attempted: exposure does the rest', counts({ deferred: 20 }), 'open'],
    ['opens when nothing was there to install', counts({ upToDate: 4, failed: 1 }), 'open'],
  ] as const)('%s', (_rule, seen, verdict) => {
    expect(checkPhaseProof(phaseIdOf(2), seen).kind).toBe(verdict);
  });
});

describe('R-202, INV-6: the gate of a phase is decided', () => {
  const progress = (seen: Partial<OutcomeCounts>, over: Partial<PhaseProgress> = {}): PhaseProgress => ({
    planned: 100,
    counts: counts(seen),
    silentRegions: [],
    startedUtc: WINDOW_OPENS,
    closesUtc: null,
    ...over,
  });
  const soon = minutesAfter(WINDOW_OPENS, 60);
  const threeDaysLater = minutesAfter(WINDOW_OPENS, 3 * 24 * 60);

  it.each([
    ['when 90 % have an outcome', progress({ patched: 90 }), soon, true],
    ['not at 89 %', progress({ patched: 89 }), soon, false],
    [
      'also on outcomes that are none of its health',
      progress({ patched: 50, deferred: 30, skipped: 10 }),
      soon,
      true,
    ],
    [
      'not while a region has none',
      progress({ patched: 95 }, { silentRegions: ['japaneast'] }),
      minutesAfter(WINDOW_OPENS, 60),
      false,
    ],
    ['after three windows on a tenth of the evidence', progress({ patched: 10 }), threeDaysLater, true],
    ['not after three windows on less', progress({ patched: 9 }), threeDaysLater, false],
    ['not a minute earlier', progress({ patched: 10 }), minutesAfter(threeDaysLater, -1), false],
    [
      'not after three windows on deferred VMs: they prove nothing',
      progress({ deferred: 80 }),
      threeDaysLater,
      false,
    ],
    ['nor on VMs that were skipped', progress({ skipped: 80 }), threeDaysLater, false],
    ['when nothing could be attempted at all', progress({ deferred: 60, skipped: 40 }), soon, true],
  ] as const)('%s', (_when, so, nowUtc, closed) => {
    expect(phaseIsClosed(so, nowUtc, policy)).toBe(closed);
  });
});

const ALWAYS = Policy.parse({ offPeakOpens: '00:00', offPeakCloses: '00:00' });

describe('a phase may close by the passing of time', () => {
  const closesUtc = (startedUtc: string, calendars: readonly string[], by = policy): string =>
    utcOf(closesByTimeMs(Date.parse(startedUtc), calendars, by));
  const NOON = '2026-11-10T12:00:00.000Z';

  it.each([
    [
      'when the last of its windows within three days is over, and the soak of what was installed in it',
      closesUtc(NOON, ['Etc/UTC']),
      '2026-11-13T06:15:00.000Z',
    ],
    [
      'also where it begins with a window',
      closesUtc('2026-11-10T22:00:00.000Z', ['Etc/UTC']),
      '2026-11-13T06:15:00.000Z',
    ],
    [
      'after the last of several time zones',
      closesUtc(NOON, ['Etc/UTC', 'Asia/Tokyo', 'America/New_York']),
      '2026-11-13T11:15:00.000Z',
    ],
    [
      'after the whole three days while a window is open then',
      closesUtc('2026-11-10T23:30:00.000Z', ['Etc/UTC']),
      '2026-11-13T23:30:00.000Z',
    ],
    ['where it is always open', closesUtc(NOON, ['Etc/UTC'], ALWAYS), '2026-11-13T12:00:00.000Z'],
    ['without any round', closesUtc(NOON, []), '2026-11-13T12:00:00.000Z'],
  ])('%s', (_when, is, expected) => {
    expect(is).toBe(expected);
  });

  it('never before its first window is over, and never later than three days', () => {
    const zone = fc.constantFrom('Etc/UTC', 'Asia/Tokyo', 'America/New_York', 'Asia/Kathmandu');
    const start = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-01-01') });
    fc.assert(
      fc.property(start, fc.uniqueArray(zone, { minLength: 1 }), (startMs, zones) => {
        const ms = closesByTimeMs(startMs, zones, policy) - startMs;
        expect(ms).toBeLessThanOrEqual(3 * 24 * 3_600_000);
        expect(ms).toBeGreaterThan(2 * 24 * 3_600_000);
      }),
    );
  });

  it('counted from when it began, if an earlier version began it', () => {
    const seen = { planned: 100, counts: counts({ patched: 10 }), silentRegions: [], startedUtc: NOON };
    const early = { ...seen, closesUtc: '2026-11-13T06:15:00.000Z' };
    const at = '2026-11-13T07:00:00.000Z';
    expect(phaseIsClosed(early, at, policy)).toBe(true);
    expect(nextCloseUtc(early, at, policy)).toBeNull();
    expect(phaseIsClosed({ ...seen, closesUtc: null }, at, policy)).toBe(false);
    expect(nextCloseUtc({ ...seen, closesUtc: null }, at, policy)).toBe('2026-11-13T12:00:00.000Z');
  });
});
