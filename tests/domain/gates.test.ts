import fc from 'fast-check';
import { checkPhaseProof, checkSilence, phaseIsClosed, type PhaseProgress } from '../../domain/gates';
import { countOutcomes, type OutcomeCounts } from '../../domain/outcomeCounts';
import { defaultPolicy as policy } from '../../domain/policy';
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
