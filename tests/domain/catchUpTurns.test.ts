import { claimDeadline, release, type ClaimRequest } from '../../domain/ledger';
import { catchUpIdOf, phaseIdOf } from '../../domain/phaseId';
import { packLedger, unpackLedger } from '../../domain/ledgerState';
import { aDisruption, aRequest, Asked, DEADLINE, minutesAfter, NINE } from '../support/claims';

const ZONE_2 = aDisruption({ zone: '2' });

describe('catch-ups', () => {
  const catchUp = (id: string, over: Partial<ClaimRequest> = {}): ClaimRequest =>
    aRequest(id, aDisruption(), { kind: 'catchUp', catchUp: 'first', ...over });
  const granted = (ledger: Asked, request: ClaimRequest): boolean => ledger.ask(request).kind === 'granted';

  it('run all their rounds in one slot, one after another or side by side', () => {
    const ledger = new Asked();
    expect(granted(ledger, catchUp('a'))).toBe(true);
    expect(granted(ledger, catchUp('b'))).toBe(true);
    ledger.state = release(release(ledger.state, 'a', []), 'b', []);
    expect(granted(ledger, catchUp('c', { expiresUtc: '2026-11-13T12:00:00.000Z' }))).toBe(true);
  });

  it.each([1, 2])('have at most %d slots a window in a region', (catchUpSlotsMax) => {
    const ledger = new Asked();
    for (let slot = 1; slot <= catchUpSlotsMax; slot += 1)
      expect(granted(ledger, catchUp(`a-${slot}`, { catchUp: `catch-up ${slot}`, catchUpSlotsMax }))).toBe(
        true,
      );
    const more = catchUp('more', { catchUp: 'one more', catchUpSlotsMax });
    expect(ledger.rulesAgainst(more)).toEqual(['catchUpSlot']);
  });

  it('have another slot when the window is over, and in another region', () => {
    const ledger = new Asked();
    ledger.ask(catchUp('a'));
    ledger.state = release(ledger.state, 'a', []);
    const later = { catchUp: 'second', expiresUtc: '2026-11-14T11:00:00.000Z' };
    const { expiresUtc: againUtc } = catchUp('a');
    // It says when: asking sooner is in vain.
    expect(ledger.ask(catchUp('b', later))).toMatchObject({ kind: 'refused', againUtc });
    expect(granted(ledger, catchUp('b', { ...later, nowUtc: '2026-11-13T11:00:00.000Z' }))).toBe(true);
    const elsewhere = { ...catchUp('c', later), disruption: aDisruption({ region: 'japaneast' }) };
    expect(granted(ledger, elsewhere)).toBe(true);
  });

  it('that find no slot make no rollout wait', () => {
    const ledger = new Asked();
    ledger.ask(catchUp('a'));
    ledger.state = release(ledger.state, 'a', []);
    ledger.ask({ ...catchUp('b', { catchUp: 'second' }), disruption: ZONE_2, deadlineUtc: NINE });
    expect(granted(ledger, aRequest('rollout'))).toBe(true);
  });
});

describe('a catch-up and a rollout that exclude each other', () => {
  const endsUtc = minutesAfter(NINE, 20 * 24 * 60);
  /** The rollout runs in the region, a catch-up of another zone waits, and the next round of the rollout asks. */
  const nextRound = (catchUpSlotsMax: number): readonly string[] => {
    const ledger = new Asked();
    const by = (kind: 'rollout' | 'catchUp', minute: number): Partial<ClaimRequest> => ({
      kind,
      catchUpSlotsMax,
      nowUtc: minutesAfter(NINE, minute),
      deadlineUtc: claimDeadline(kind, { phase: phaseIdOf(1), endsUtc, catchUpSlotsMax }),
    });
    ledger.ask(aRequest('a', aDisruption(), by('rollout', 0)));
    expect(ledger.rulesAgainst(aRequest('late', ZONE_2, by('catchUp', 1)))).toEqual(['zones']);
    return ledger.rulesAgainst(aRequest('b', aDisruption({ count: 1 }), by('rollout', 2)));
  };

  it('go on with the rollout: the catch-up waits until no round wants the region', () => {
    expect(nextRound(1)).toEqual([]);
  });

  it('take their turns in the order of asking once the rollout ought to be done', () => {
    expect(nextRound(2)).toEqual(['olderTicket']);
  });

  describe('and two phases of paired regions', () => {
    /** Two rounds of eastus run in the first phase, one of westus waits in the second, and when one has ended the next of eastus asks. */
    const nextRoundOfFirstPhase = (catchUpSlotsMax: number): readonly string[] => {
      const ledger = new Asked();
      const by = (phase: number, minute: number): Partial<ClaimRequest> => ({
        catchUpSlotsMax,
        nowUtc: minutesAfter(NINE, minute),
        deadlineUtc: claimDeadline('rollout', { phase: phaseIdOf(phase), endsUtc, catchUpSlotsMax }),
      });
      const westus = aDisruption({ region: 'westus' });
      ledger.ask(aRequest('a', aDisruption({ count: 1 }), by(1, 0)));
      ledger.ask(aRequest('b', aDisruption({ count: 1 }), by(1, 0)));
      expect(ledger.rulesAgainst(aRequest('west', westus, by(2, 1)))).toEqual(['geoPair', 'geoPair']);
      ledger.state = release(ledger.state, 'a', []);
      return ledger.rulesAgainst(aRequest('c', aDisruption({ count: 1 }), by(1, 5)));
    };

    it('go on with the earlier one, which has most of its rounds behind it', () => {
      expect(nextRoundOfFirstPhase(1)).toEqual([]);
    });

    it('take their turns in the order of asking once the rollout ought to be done', () => {
      expect(nextRoundOfFirstPhase(2)).toEqual(['olderTicket']);
    });
  });

  describe('between two rounds, when the rollout asks for nothing', () => {
    const minutes = (minute: number): string => minutesAfter(NINE, minute);
    /** A round of zone 1 has ended, and a minute later a catch-up asks. */
    const betweenRounds = (over: Partial<ClaimRequest> = {}): { ledger: Asked; catchUp: ClaimRequest } => {
      const ledger = new Asked();
      ledger.ask(aRequest('a'));
      ledger.state = release(ledger.state, 'a', [], minutes(50));
      ledger.state = unpackLedger(packLedger(ledger.state));
      const phase = catchUpIdOf(NINE);
      const deadlineUtc = claimDeadline('catchUp', { phase, endsUtc: DEADLINE, catchUpSlotsMax: 1 });
      const late = { kind: 'catchUp', catchUp: 'late', nowUtc: minutes(51), deadlineUtc } as const;
      return { ledger, catchUp: aRequest('late', ZONE_2, { ...late, ...over }) };
    };

    it('the catch-up waits some minutes for the next round, and then for its end', () => {
      const { ledger, catchUp } = betweenRounds();
      expect(ledger.ask(catchUp)).toEqual({
        kind: 'refused',
        because: [{ rule: 'nextRound', by: 'eastus' }],
        againUtc: minutes(55),
      });
      expect(ledger.rulesAgainst(aRequest('b', aDisruption(), { nowUtc: minutes(52) }))).toEqual([]);
      expect(ledger.rulesAgainst({ ...catchUp, nowUtc: minutes(55) })).toEqual(['zones']);
    });

    it('the catch-up goes when none has come', () => {
      const { ledger, catchUp } = betweenRounds();
      ledger.ask(catchUp);
      expect(ledger.rulesAgainst({ ...catchUp, nowUtc: minutes(55) })).toEqual([]);
    });

    it.each<[string, Partial<ClaimRequest>, string[]]>([
      ['of the paired region waits', { disruption: aDisruption({ region: 'westus' }) }, ['nextRound']],
      ['of the same zone goes beside it', { disruption: aDisruption() }, []],
      ['of any other region goes', { disruption: aDisruption({ region: 'japaneast' }) }, []],
      ['goes once the rollout ought to be done', { catchUpSlotsMax: 2 }, []],
    ])('a catch-up %s', (_, over, rules) => {
      const { ledger, catchUp } = betweenRounds(over);
      expect(ledger.rulesAgainst(catchUp)).toEqual(rules);
    });

    it('no catch-up waits for a round of another one, or for a round that did not run', () => {
      const { ledger, catchUp } = betweenRounds({ nowUtc: minutes(120) });
      ledger.ask(aRequest('of another', aDisruption(), { kind: 'catchUp', catchUp: 'late' }));
      ledger.ask(aRequest('did not run', aDisruption({ count: 1 })));
      ledger.state = release(release(ledger.state, 'of another', [], minutes(119)), 'did not run', []);
      expect(ledger.rulesAgainst(catchUp)).toEqual([]);
    });
  });
});
