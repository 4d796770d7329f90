import {
  emptyLedger,
  follow,
  followSet,
  grantable,
  narrow,
  heal,
  release,
  suspects,
  type ClaimRequest,
  type LedgerState,
} from '../../domain/ledger';
import type { Disruption } from '../../domain/disruption';
import { packLedger, unpackLedger } from '../../domain/packedLedger';
import { aVm } from '../support/builders';
import { aDisruption, anImpairment, aRequest, Asked, inSet, minutesAfter, NINE } from '../support/claims';

const ZONE_2 = aDisruption({ zone: '2' });

describe('a claim', () => {
  it('is granted when nothing is in the way', () => {
    expect(new Asked().ask(aRequest('a'))).toEqual({ kind: 'granted' });
  });

  it('asked for twice is granted once', () => {
    const ledger = new Asked();
    const first = ledger.ask(aRequest('a'));
    expect(ledger.ask(aRequest('a', aDisruption(), { nowUtc: minutesAfter(NINE, 5) }))).toEqual(first);
    expect(ledger.state.claims).toHaveLength(1);
  });

  it('of an epoch before a take-over is refused until its window is over, and keeps no place in the queue', () => {
    const of = (epoch: number): Partial<ClaimRequest> => ({ fence: { rolloutId: 'rollout-2026-11', epoch } });
    const ledger = new Asked();
    expect(ledger.ask(aRequest('first', aDisruption(), of(1)))).toEqual({ kind: 'granted' });
    expect(ledger.ask(aRequest('newer', ZONE_2, of(3)))).toMatchObject({ because: [{ rule: 'zones' }] });
    const { expiresUtc } = aRequest('old');
    const refused = { kind: 'refused', because: [{ rule: 'takenOver', by: 'rollout-2026-11' }] };
    for (const claimId of ['first', 'old'])
      expect(ledger.ask(aRequest(claimId, ZONE_2, of(1)))).toEqual({ ...refused, againUtc: expiresUtc });
    expect(ledger.state.tickets.map(({ claimId }) => claimId)).toEqual(['newer']);
    expect(ledger.state.claims.map(({ claimId }) => claimId)).toEqual(['first']); // what it has down is down
    expect(unpackLedger(packLedger(ledger.state))).toEqual(ledger.state);
  });

  it('of one rollout is not held back by the epoch of another, and neither is that of a person', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('a', aDisruption(), { fence: { rolloutId: 'rollout-2026-11', epoch: 4 } }));
    ledger.state = release(ledger.state, 'a', []);
    const next = { fence: { rolloutId: 'rollout-2026-12', epoch: 1 } };
    expect(ledger.ask(aRequest('b', aDisruption(), next))).toEqual({ kind: 'granted' });
    ledger.state = release(ledger.state, 'b', []);
    expect(ledger.ask(aRequest('c', aDisruption(), { kind: 'onDemand' }))).toEqual({ kind: 'granted' });
  });

  it('may be granted again in the place of one that was released', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('a'));
    ledger.state = release(ledger.state, 'a', []);
    expect(ledger.ask(aRequest('b'))).toEqual({ kind: 'granted' });
  });

  it('released twice is released once, and releasing one that never was changes nothing', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('a'));
    const once = release(ledger.state, 'a', [anImpairment('web')]);
    expect(release(once, 'a', once.impairments)).toEqual(once);
    expect(release(once, 'never-granted', [])).toEqual(once);
  });

  it('INV-3: of another zone is refused until the first is released, with the reason', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('a'));
    expect(ledger.ask(aRequest('b', ZONE_2))).toEqual({
      kind: 'refused',
      because: [{ rule: 'zones', by: 'a' }],
    });
    ledger.state = release(ledger.state, 'a', []);
    expect(ledger.rulesAgainst(aRequest('b', ZONE_2))).toEqual([]);
  });

  it('R-207: of a set counts together with all others of the set', () => {
    const ledger = new Asked();
    const one = inSet('web', 0, { count: 2, shareMax: 5 });
    expect(ledger.rulesAgainst(aRequest('a', one))).toEqual([]);
    expect(ledger.rulesAgainst(aRequest('b', one))).toEqual([]);
    expect(ledger.rulesAgainst(aRequest('c', one))).toEqual(['setShare']);
    expect(ledger.rulesAgainst(aRequest('d', { ...one, count: 1 }))).toEqual([]);
  });

  it('R-207: that alone is more than the share of its set is never granted', () => {
    expect(new Asked().rulesAgainst(aRequest('a', inSet('web', 0, { count: 5, shareMax: 4 })))).toEqual([
      'setShare',
    ]);
  });

  it('INV-15: counts the standalone VMs of a subscription in a region over all claims', () => {
    const ledger = new Asked();
    const of = (count: number, region = 'eastus') =>
      aDisruption({ region, subscriptions: [{ subscription: 'one', count, max: 4 }] });
    expect(ledger.rulesAgainst(aRequest('a', of(2)))).toEqual([]);
    expect(ledger.rulesAgainst(aRequest('b', of(1)))).toEqual([]);
    expect(ledger.rulesAgainst(aRequest('c', of(2)))).toEqual(['subscriptionShare']);
    expect(ledger.rulesAgainst(aRequest('d', of(4, 'japaneast')))).toEqual([]);
    ledger.state = release(ledger.state, 'a', []);
    expect(ledger.rulesAgainst(aRequest('c', of(2)))).toEqual([]);
  });

  it('INV-15: of stragglers keeps their part of a share, and no more; narrowed twice it is narrowed once', () => {
    const of = (count: number): Disruption =>
      aDisruption({ count, subscriptions: [{ subscription: 'shop', count, max: 8 }] });
    const ledger = new Asked();
    ledger.ask(aRequest('slow', of(8)));
    expect(ledger.ask(aRequest('next', of(7)))).toMatchObject({ because: [{ rule: 'subscriptionShare' }] });
    ledger.state = narrow(ledger.state, 'slow', of(1));
    expect(grantable(ledger.state, NINE, 5)).toEqual(['next']);
    expect(narrow(ledger.state, 'slow', of(1))).toEqual(ledger.state);
    expect(narrow(ledger.state, 'never-granted', of(1))).toEqual(ledger.state);
    expect(ledger.ask(aRequest('more', of(8)))).toMatchObject({ kind: 'refused' });
    expect(ledger.ask(aRequest('next', of(7)))).toEqual({ kind: 'granted' });
  });

  it('INV-1: counts the members of a set that are down by themselves, and lets one VM alone always go', () => {
    const few = inSet('web', 0, { count: 1, shareMax: 4, downCount: 16 });
    const ledger = new Asked();
    expect(ledger.rulesAgainst(aRequest('a', few))).toEqual([]);
    expect(ledger.rulesAgainst(aRequest('b', few))).toEqual(['setShare']);
    const half = inSet('db', 0, { count: 2, shareMax: 4, downCount: 2 });
    expect(ledger.rulesAgainst(aRequest('c', half))).toEqual([]);
    expect(ledger.rulesAgainst(aRequest('d', { ...half, count: 1 }))).toEqual(['setShare']);
  });

  it('gives every kind of reason, but not more than a message can carry', () => {
    const ledger = new Asked();
    for (let n = 0; n < 9; n += 1) ledger.ask(aRequest(`a${n}`));
    const answer = ledger.ask(aRequest('b', ZONE_2));
    expect(answer.kind === 'refused' && answer.because).toHaveLength(5);
  });
});

describe('INV-13: an unhealthy VM of a set', () => {
  const impaired = anImpairment('web');
  const withImpairment = (): Asked => {
    const ledger = new Asked();
    ledger.ask(aRequest('a', inSet('web', 0)));
    ledger.state = release(ledger.state, 'a', [impaired]);
    return ledger;
  };

  it.each([0, 1])('keeps every update domain of the set as it is: domain %d', (updateDomain) => {
    expect(withImpairment().rulesAgainst(aRequest('b', inSet('web', updateDomain)))).toEqual(['setImpaired']);
  });

  it('holds neither another set nor the rest of the region', () => {
    const ledger = withImpairment();
    expect(ledger.rulesAgainst(aRequest('b', inSet('db', 1)))).toEqual([]);
    expect(ledger.rulesAgainst(aRequest('c', aDisruption({ zone: null })))).toEqual([]);
  });

  it('holds the set that it is in after both were moved, and none when it is in none', () => {
    const { availabilitySetId, region } = anImpairment('web-moved');
    const { id: vmId } = aVm({ name: 'moved' });
    const state = release(emptyLedger, 'a', [impaired]);
    const followed = follow(state, impaired.vmId, { vmId, availabilitySetId, region });
    expect(followed.impairments).toEqual([{ ...impaired, vmId, availabilitySetId }]);
    expect(follow(followed, impaired.vmId, { vmId, availabilitySetId, region })).toEqual(followed);
    expect(follow(state, impaired.vmId, { vmId, availabilitySetId: null, region }).impairments).toEqual([]);
  });

  it('a claim in flight holds its set under the name that it has after a move, and so do the VMs that it leaves unhealthy', () => {
    const [from, to] = [anImpairment('web').availabilitySetId, anImpairment('web-moved').availabilitySetId];
    const ledger = new Asked();
    ledger.ask(aRequest('a', inSet('web', 0)));
    const moved = followSet(ledger.state, { from, to });
    expect(followSet(moved, { from, to })).toEqual(moved);
    ledger.state = moved;
    expect(ledger.rulesAgainst(aRequest('b', inSet('web-moved', 1)))).toEqual(['updateDomains']);
    expect(ledger.rulesAgainst(aRequest('c', inSet('db', 1)))).toEqual([]);
    const released = release(moved, 'a', [impaired]);
    expect(released.impairments).toEqual([{ ...impaired, availabilitySetId: to }]);
    const named = followSet(release(emptyLedger, 'x', [impaired]), { from, to });
    expect(named.impairments).toEqual([{ ...impaired, availabilitySetId: to }]);
  });

  it('holds its set no longer once it is healed', () => {
    const ledger = withImpairment();
    ledger.state = heal(ledger.state, [impaired.vmId]);
    expect(ledger.rulesAgainst(aRequest('b', inSet('web', 1)))).toEqual([]);
  });

  it('makes no request queue behind those it holds up', () => {
    const ledger = withImpairment();
    ledger.ask(aRequest('b', inSet('web', 1), { deadlineUtc: NINE }));
    expect(ledger.rulesAgainst(aRequest('c', aDisruption({ zone: '1' })))).toEqual([]);
  });
});

describe('tickets', () => {
  const EARLY = '2026-11-20T00:00:00.000Z';

  it('a request that conflicts with an older deadline waits behind it, though the place is free', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('holder'));
    ledger.ask(aRequest('urgent', ZONE_2, { deadlineUtc: EARLY }));
    ledger.state = release(ledger.state, 'holder', []);
    expect(ledger.ask(aRequest('late'))).toEqual({
      kind: 'refused',
      because: [{ rule: 'olderTicket', by: 'urgent' }],
    });
    expect(ledger.rulesAgainst(aRequest('urgent', ZONE_2, { deadlineUtc: EARLY }))).toEqual([]);
  });

  it('with the same deadline, the request that asked first is first, however often the others ask', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('holder'));
    ledger.ask(aRequest('first', ZONE_2, { nowUtc: minutesAfter(NINE, 1) }));
    ledger.ask(aRequest('second', aDisruption({ zone: '3' }), { nowUtc: minutesAfter(NINE, 2) }));
    ledger.ask(aRequest('first', ZONE_2, { nowUtc: minutesAfter(NINE, 3) }));
    ledger.state = release(ledger.state, 'holder', []);
    const second = aRequest('second', aDisruption({ zone: '3' }), { nowUtc: minutesAfter(NINE, 4) });
    expect(ledger.rulesAgainst(second)).toEqual(['olderTicket']);
    expect(ledger.rulesAgainst(aRequest('first', ZONE_2, { nowUtc: minutesAfter(NINE, 5) }))).toEqual([]);
  });

  it('hold up no request that they do not concern', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('holder'));
    ledger.ask(aRequest('urgent', ZONE_2, { deadlineUtc: EARLY }));
    expect(ledger.rulesAgainst(aRequest('elsewhere', aDisruption({ region: 'japaneast' })))).toEqual([]);
  });

  it('lapse when they are not polled', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('holder'));
    ledger.ask(aRequest('gone', ZONE_2, { deadlineUtc: EARLY }));
    ledger.state = release(ledger.state, 'holder', []);
    expect(ledger.rulesAgainst(aRequest('late', aDisruption(), { nowUtc: minutesAfter(NINE, 15) }))).toEqual([
      'olderTicket',
    ]);
    expect(ledger.rulesAgainst(aRequest('late', aDisruption(), { nowUtc: minutesAfter(NINE, 16) }))).toEqual(
      [],
    );
  });

  it('have lost their place when they are asked for again after that', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('holder'));
    ledger.ask(aRequest('first', ZONE_2));
    ledger.ask(aRequest('second', aDisruption({ zone: '3' }), { nowUtc: minutesAfter(NINE, 4) }));
    ledger.state = release(ledger.state, 'holder', []);
    const again = aRequest('first', ZONE_2, { nowUtc: minutesAfter(NINE, 16) });
    expect(ledger.rulesAgainst(again)).toEqual(['olderTicket']);
    const second = aRequest('second', aDisruption({ zone: '3' }), { nowUtc: minutesAfter(NINE, 17) });
    expect(ledger.rulesAgainst(second)).toEqual([]);
  });

  it('are taken back with the claim that never was', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('holder'));
    ledger.ask(aRequest('missed', ZONE_2, { deadlineUtc: EARLY }));
    ledger.state = release(release(ledger.state, 'missed', []), 'holder', []);
    expect(ledger.rulesAgainst(aRequest('late'))).toEqual([]);
    expect(ledger.state.tickets).toEqual([]);
  });
});

describe('a claim that outlives its window', () => {
  const expired = minutesAfter('2026-11-13T11:00:00.000Z', 91);

  it('is suspect after the grace, not before', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('a'));
    expect(suspects(ledger.state, minutesAfter(expired, -2), 5400)).toEqual([]);
    expect(suspects(ledger.state, expired, 5400).map(({ claimId }) => claimId)).toEqual(['a']);
  });

  it('still blocks: neither a dead orchestration nor an overrun breaks an invariant', () => {
    const ledger = new Asked();
    ledger.ask(aRequest('a'));
    expect(ledger.rulesAgainst(aRequest('b', ZONE_2, { nowUtc: minutesAfter(expired, 9999) }))).toEqual([
      'zones',
    ]);
  });
});

describe('a release names the claims that would be granted now', () => {
  const waiting = (...asked: readonly ClaimRequest[]): LedgerState => {
    const ledger = new Asked();
    ledger.ask(aRequest('held'));
    for (const request of asked) expect(ledger.ask(request).kind).toBe('refused');
    return ledger.state;
  };
  const later = (minutes: number): Partial<ClaimRequest> => ({ nowUtc: minutesAfter(NINE, minutes) });

  it('none while what they wait for is held', () => {
    expect(grantable(waiting(aRequest('a', ZONE_2)), NINE, 20)).toEqual([]);
  });

  it('the first by its deadline, and those that may go beside it', () => {
    const one = aDisruption({ zone: '2', count: 1 });
    const state = waiting(
      aRequest('later', aDisruption({ zone: '3' }), later(1)),
      aRequest('sooner', one, { ...later(2), deadlineUtc: NINE }),
      aRequest('beside', one, { ...later(3), deadlineUtc: NINE }),
    );
    expect(grantable(release(state, 'held', []), NINE, 20)).toEqual(['sooner', 'beside']);
    expect(grantable(release(state, 'held', []), NINE, 1)).toEqual(['sooner']);
  });

  it('none that has not been asked for since its ticket lapsed', () => {
    const state = release(waiting(aRequest('a', ZONE_2)), 'held', []);
    const [ticket] = state.tickets;
    expect(grantable(state, minutesAfter(ticket?.lapsesUtc ?? '', 1), 20)).toEqual([]);
  });

  it('together no more than their shares allow', () => {
    const two = inSet('web', 0, { count: 2, shareMax: 4 });
    const state = waiting(...['a', 'b', 'c'].map((claimId, n) => aRequest(claimId, two, later(n))));
    expect(grantable(release(state, 'held', []), NINE, 20)).toEqual(['a', 'b']);
  });
});
