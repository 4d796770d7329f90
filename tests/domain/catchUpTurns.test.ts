import { claimDeadline, release, type ClaimRequest } from '../../domain/ledger';
import { catchUpIdOf, phaseIdOf } from '../../domain/phaseId';
import { packLedger, unpackLedger } from '../../domain/packedLedger';
import { aDisruption, aRequest, Asked, DEADLINE, minutesAfter, NINE } from '../support/claims';

const ZONE_2 = aDisruption({ zone: '2' });

describe('catch-ups', () => {
  const catchUp = (id: string, disruption = aDisruption()): ClaimRequest =>
    aRequest(id, disruption, { kind: 'catchUp' });

  it('run as many in a window as the availability rules allow: side by side in a zone, one after another in two', () => {
    const ledger = new Asked();
    for (const id of ['a', 'b', 'c']) expect(ledger.rulesAgainst(catchUp(id))).toEqual([]);
    expect(ledger.rulesAgainst(catchUp('d', ZONE_2))).toEqual(['zones', 'zones', 'zones']);
    for (const id of ['a', 'b', 'c']) ledger.state = release(ledger.state, id, []);
    expect(ledger.rulesAgainst(catchUp('d', ZONE_2))).toEqual([]);
  });
});

describe('a catch-up and a rollout that exclude each other', () => {
  const endsUtc = minutesAfter(NINE, 20 * 24 * 60);
  /** The rollout runs in the region, a catch-up of another zone waits, and the next round of the rollout asks. */
  const nextRound = (): readonly string[] => {
    const ledger = new Asked();
    const by = (kind: 'rollout' | 'catchUp', minute: number): Partial<ClaimRequest> => ({
      kind,
      nowUtc: minutesAfter(NINE, minute),
      deadlineUtc: claimDeadline(kind, { phase: phaseIdOf(1), endsUtc }),
    });
    ledger.ask(aRequest('a', aDisruption(), by('rollout', 0)));
    expect(ledger.rulesAgainst(aRequest('late', ZONE_2, by('catchUp', 1)))).toEqual(['zones']);
    return ledger.rulesAgainst(aRequest('b', aDisruption({ count: 1 }), by('rollout', 2)));
  };

  it('go on with the rollout: the catch-up waits until no round wants the region', () => {
    expect(nextRound()).toEqual([]);
  });

  describe('and two phases of paired regions', () => {
    /** Two rounds of eastus run in the first phase, one of westus waits in the second, and when one has ended the next of eastus asks. */
    const nextRoundOfFirstPhase = (): readonly string[] => {
      const ledger = new Asked();
      const by = (phase: number, minute: number): Partial<ClaimRequest> => ({
        nowUtc: minutesAfter(NINE, minute),
        deadlineUtc: claimDeadline('rollout', { phase: phaseIdOf(phase), endsUtc }),
      });
      const westus = aDisruption({ region: 'westus' });
      ledger.ask(aRequest('a', aDisruption({ count: 1 }), by(1, 0)));
      ledger.ask(aRequest('b', aDisruption({ count: 1 }), by(1, 0)));
      expect(ledger.rulesAgainst(aRequest('west', westus, by(2, 1)))).toEqual(['geoPair', 'geoPair']);
      ledger.state = release(ledger.state, 'a', []);
      return ledger.rulesAgainst(aRequest('c', aDisruption({ count: 1 }), by(1, 5)));
    };

    it('go on with the earlier one, which has most of its rounds behind it', () => {
      expect(nextRoundOfFirstPhase()).toEqual([]);
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
      const deadlineUtc = claimDeadline('catchUp', { phase, endsUtc: DEADLINE });
      const late = { kind: 'catchUp', nowUtc: minutes(51), deadlineUtc } as const;
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
    ])('a catch-up %s', (_, over, rules) => {
      const { ledger, catchUp } = betweenRounds(over);
      expect(ledger.rulesAgainst(catchUp)).toEqual(rules);
    });

    it('no catch-up waits for a round of another one, or for a round that did not run', () => {
      const { ledger, catchUp } = betweenRounds({ nowUtc: minutes(120) });
      ledger.ask(aRequest('of another', aDisruption(), { kind: 'catchUp' }));
      ledger.ask(aRequest('did not run', aDisruption({ count: 1 })));
      ledger.state = release(release(ledger.state, 'of another', [], minutes(119)), 'did not run', []);
      expect(ledger.rulesAgainst(catchUp)).toEqual([]);
    });
  });
});
