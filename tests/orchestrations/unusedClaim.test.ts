import { awaitClaim } from '../../orchestrations/awaitClaim';
import { aDisruption } from '../support/claims';
import { WINDOW_CLOSES, WINDOW_OPENS } from '../support/fakeServices';
import { replay } from '../support/replay';
import { ACQUIRE_BY, ENDS, pace, START_BY } from '../support/rolloutScene';

describe('a claim of a region', () => {
  it('INV-15: is given back as unused while a budget refuses its part: no catch-up waits for a round that does not run', async () => {
    const disruption = { ...aDisruption(), budgets: [{ budget: 'shop', count: 1, max: 1 }] };
    const freeUtc = new Date(Date.parse(WINDOW_OPENS) + 60_000).toISOString();
    const refused = { kind: 'refused', because: [{ rule: 'budget', by: 'shop' }] };
    const { of } = await replay(awaitClaim, {
      input: {
        claimId: 'claim-1',
        kind: 'rollout',
        ledger: 'eastus',
        disruption,
        pace,
        untilUtc: ACQUIRE_BY,
        startByUtc: START_BY,
        closesUtc: WINDOW_CLOSES,
        deadlineUtc: ENDS,
      },
      nowUtc: WINDOW_OPENS,
      activities: { collectMembersDown: () => ({ disruption, full: [] }) },
      entities: {
        disruptionLedger: (operation, _input, key, nowUtc) => {
          if (operation === 'release') return { released: true };
          return key === 'eastus' || nowUtc >= freeUtc ? { kind: 'granted' } : refused;
        },
      },
    });
    expect(of('disruptionLedger.release')).toEqual([
      { claimId: 'claim-1', impaired: [], nowUtc: WINDOW_OPENS, isUnused: true },
    ]);
  });
});
