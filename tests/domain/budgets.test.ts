import { Budget, budgetMax, budgetShares } from '../../domain/budgets';
import { conflict, type Disruption } from '../../domain/disruption';
import { emptyLedger, tryAcquire, type ClaimRequest, type LedgerState } from '../../domain/ledger';
import { packLedger, unpackLedger } from '../../domain/packedLedger';
import { aVm } from '../support/builders';

const budget = (max: number | string): Budget =>
  Budget.parse({ name: 'shop', selector: { tag: 'app=shop' }, max });

const taking = (region: string, count: number, max = 2): Disruption => ({
  region,
  zone: null,
  availabilitySetId: null,
  updateDomain: null,
  count,
  shareMax: null,
  budgets: [{ budget: 'shop', count, max }],
});

const asked = (claimId: string, disruption: Disruption): ClaimRequest => ({
  claimId,
  kind: 'rollout',
  disruption,
  startByUtc: '2026-11-11T05:00:00.000Z',
  expiresUtc: '2026-11-11T06:00:00.000Z',
  deadlineUtc: '2026-12-08T18:00:00.000Z',
  nowUtc: '2026-11-11T00:00:00.000Z',
  ticketLapseSeconds: 900,
});

function granted(state: LedgerState, claimId: string, disruption: Disruption): LedgerState | null {
  const said = tryAcquire(state, asked(claimId, disruption));
  return said.answer.kind === 'granted' ? said.state : null;
}

describe('INV-15: the budget of an application', () => {
  it.each([
    [3, null, 3],
    ['10%', 50, 5],
    ['10%', 59, 5],
    ['10%', 4, 1],
    ['10%', null, 1],
  ])('%p of %p VMs lets %p be down', (max, size, limit) => {
    expect(budgetMax(budget(max), size)).toBe(limit);
  });

  it('is used up across regions, also of a geo pair, which other ledgers keep apart', () => {
    expect(conflict(taking('eastus', 1), taking('westus', 1))).toBeNull();
    expect(conflict(taking('eastus', 1), taking('japaneast', 2))).toBe('budget');
  });

  it('is what all claims together may take, and never one more', () => {
    const first = granted(emptyLedger, 'a', taking('eastus', 1, 3));
    const second = first && granted(first, 'b', taking('japaneast', 1, 3));
    const third = second && granted(second, 'c', taking('northeurope', 1, 3));
    expect(third?.claims).toHaveLength(3);
    expect(third && granted(third, 'd', taking('brazilsouth', 1, 3))).toBeNull();
  });

  it('is kept in the ledger as it was claimed', () => {
    const state = granted(emptyLedger, 'a', taking('eastus', 2));
    if (state === null) throw new Error('It was not granted.');
    expect(unpackLedger(packLedger(state))).toEqual(state);
  });

  it('a round takes no more of it at once than there is, however many of its VMs it has', () => {
    const vms = [1, 2, 3, 4].map((n) => aVm({ name: `shop-${n}`, tags: { app: n === 4 ? 'x' : 'Shop' } }));
    expect(budgetShares(vms, [budget(2)], () => 3)).toEqual([{ budget: 'shop', count: 2, max: 2 }]);
    expect(budgetShares(vms.slice(3), [budget(2)], () => 3)).toEqual([]);
  });
});
