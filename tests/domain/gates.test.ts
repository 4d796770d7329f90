import fc from 'fast-check';
import {
  countOutcomes,
  judgeRound,
  judgeScope,
  phaseIsClosed,
  type OutcomeCounts,
  type PhaseProgress,
} from '../../domain/gates';
import { defaultPolicy as policy } from '../../domain/policy';
import { counts, WINDOW_OPENS } from '../support/fakeServices';
import { minutesAfter } from '../support/claims';

describe('R-204: the gate after a round', () => {
  it.each([
    ['opens when all are healthy', counts({ patched: 10 }), 'open'],
    ['opens when there was nothing to install', counts({ upToDate: 3 }), 'open'],
    ['opens on one unhealthy VM among many', counts({ patched: 9, unhealthy: 1 }), 'open'],
    ['opens on one unhealthy VM of one: two are the least evidence', counts({ unhealthy: 1 }), 'open'],
    ['halts when all of two are unhealthy', counts({ unhealthy: 2 }), 'halt'],
    ['halts at 20 % and two', counts({ patched: 8, unhealthy: 2 }), 'halt'],
    ['opens on two below 20 %', counts({ patched: 9, unhealthy: 2 }), 'open'],
    ['halts at 20 % of many', counts({ patched: 64, unhealthy: 16 }), 'halt'],
    ['holds when 30 % of five installs failed: a bad source', counts({ patched: 3, failed: 2 }), 'hold'],
    ['opens when fewer than five were tried', counts({ patched: 1, failed: 3 }), 'open'],
    ['opens below 30 % failed', counts({ patched: 8, failed: 3 }), 'open'],
    ['opens without evidence when none could be attempted', counts({ deferred: 20, skipped: 5 }), 'open'],
  ] as const)('%s', (_rule, seen, verdict) => {
    expect(judgeRound(seen, policy).kind).toBe(verdict);
  });

  it('halts when all of two or more are unhealthy, however many policy puts up with', () => {
    const patient = { ...policy, batchUnhealthyMin: 10 };
    expect(judgeRound(counts({ unhealthy: 2 }), patient).kind).toBe('halt');
    expect(judgeRound(counts({ patched: 1, unhealthy: 2 }), patient).kind).toBe('open');
  });

  it('deferred and skipped VMs leave the denominator', () => {
    const seen = counts({ patched: 4, unhealthy: 2, deferred: 500, skipped: 500 });
    expect(judgeRound(seen, policy).kind).toBe('halt');
  });

  it('failed installs dilute no sick VMs: health is judged among VMs whose health is known', () => {
    expect(judgeRound(counts({ patched: 6, unhealthy: 2, failed: 20 }), policy).kind).toBe('halt');
  });

  it.each([counts({ unhealthy: 2 }), counts({ patched: 3, failed: 2 })])(
    'a gate that does not open says why, with its numbers: %j',
    (seen) => {
      const verdict = judgeRound(seen, policy);
      expect(verdict.kind === 'open' ? '' : verdict.why).toMatch(/\d/);
    },
  );
});

describe('INV-10: unknown health', () => {
  const unknownTooLong = { kind: 'unhealthy', reason: 'unknownTooLong' } as const;
  const patched = { kind: 'patched', reason: 'installed' } as const;

  it('counts as unhealthy', () => {
    expect(countOutcomes([unknownTooLong, patched])).toEqual(
      counts({ patched: 1, unhealthy: 1, unknown: 1 }),
    );
  });

  it('of more than 20 % of a round never opens its gate', () => {
    fc.assert(
      fc.property(fc.nat(80), fc.integer({ min: 2, max: 80 }), (well, silent) => {
        fc.pre(silent * 5 > well + silent);
        const outcomes = [
          ...Array<typeof patched>(well).fill(patched),
          ...Array<typeof unknownTooLong>(silent).fill(unknownTooLong),
        ];
        return judgeRound(countOutcomes(outcomes), policy).kind !== 'open';
      }),
    );
  });

  it('holds by itself where a policy tolerates more unhealthy VMs than silent ones', () => {
    const lenient = { ...policy, batchUnhealthyPercent: 50 };
    expect(judgeRound(counts({ patched: 7, unhealthy: 3, unknown: 3 }), lenient).kind).toBe('hold');
  });

  it('in the canary phase halts at the first', () => {
    expect(judgeScope('phase-1', countOutcomes([unknownTooLong, patched]), policy, true).kind).toBe('halt');
  });
});

describe('R-202: the gate of a region or a phase', () => {
  it.each([
    [counts({ patched: 10, unhealthy: 2 }), 'open'],
    [counts({ patched: 10, unhealthy: 3 }), 'halt'],
    [counts({ patched: 95, unhealthy: 5 }), 'open'],
    [counts({ patched: 94, unhealthy: 6 }), 'halt'],
    [counts({ patched: 0, unhealthy: 2 }), 'open'],
  ] as const)('halts above two VMs and 5 %%: %j', (seen, verdict) => {
    expect(judgeScope('eastus', seen, policy, false).kind).toBe(verdict);
  });

  it('of the canary halts at any unhealthy VM', () => {
    expect(judgeScope('phase-1', counts({ patched: 500, unhealthy: 1 }), policy, true).kind).toBe('halt');
    expect(judgeScope('phase-1', counts({ patched: 500 }), policy, true).kind).toBe('open');
  });

  it('does not open again because more VMs turn out to be sick', () => {
    const some = fc.record({
      patched: fc.nat(500),
      unhealthy: fc.nat(100),
      more: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(some, fc.boolean(), ({ patched, unhealthy, more }, canary) => {
        const verdict = (sick: number): string =>
          judgeScope('phase-2', counts({ patched, unhealthy: sick }), policy, canary).kind;
        return verdict(unhealthy) === 'open' || verdict(unhealthy + more) !== 'open';
      }),
    );
  });
});

describe('R-202, INV-6: a phase is judged', () => {
  const progress = (seen: Partial<OutcomeCounts>, over: Partial<PhaseProgress> = {}): PhaseProgress => ({
    planned: 100,
    counts: counts(seen),
    silentRegions: [],
    startedUtc: WINDOW_OPENS,
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
    ['when nothing could be attempted at all', progress({ deferred: 60, skipped: 40 }), soon, true],
  ] as const)('%s', (_when, so, nowUtc, closed) => {
    expect(phaseIsClosed(so, nowUtc, policy)).toBe(closed);
  });
});
