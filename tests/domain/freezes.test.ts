import {
  freeFrom,
  FreezeInput,
  freezesOf,
  freezeState,
  spanOf,
  standingFreezes,
  type Freeze,
} from '../../domain/freezes';
import { selects, Selector } from '../../domain/selector';
import { aSet, aVm } from '../support/builders';

function aFreeze(over: Partial<Freeze> = {}): Freeze {
  return {
    id: 'year-end',
    kind: 'freeze',
    selector: {},
    from: '2026-12-20',
    to: '2027-01-02',
    timeZone: null,
    reason: 'Year end.',
    owner: 'ops',
    createdUtc: '2026-11-01T00:00:00.000Z',
    createdBy: 'ops',
    ...over,
  };
}

describe('when a freeze is in force', () => {
  it('a date is a day of the VM’s own time zone, and the last day is included', () => {
    expect(spanOf(aFreeze(), 'America/New_York')).toEqual({
      fromUtc: '2026-12-20T05:00:00.000Z',
      toUtc: '2027-01-03T05:00:00.000Z',
    });
  });

  it('a local time is of the zone that is named, IANA or Windows', () => {
    const times = { from: '2026-12-20T08:00', to: '2026-12-20T12:00' };
    const tokyo = { fromUtc: '2026-12-19T23:00:00.000Z', toUtc: '2026-12-20T03:00:00.000Z' };
    expect(spanOf(aFreeze({ ...times, timeZone: 'Asia/Tokyo' }), 'UTC')).toEqual(tokyo);
    expect(spanOf(aFreeze({ ...times, timeZone: 'Tokyo Standard Time' }), 'UTC')).toEqual(tokyo);
  });

  it('an instant is the same everywhere, whatever its offset', () => {
    const span = { fromUtc: '2026-12-20T08:00:00.000Z', toUtc: '2026-12-20T12:00:00.000Z' };
    const freeze = aFreeze({ from: '2026-12-20T09:00:00+01:00', to: '2026-12-20T12:00:00Z' });
    expect([spanOf(freeze, 'Asia/Tokyo'), spanOf(freeze, 'UTC')]).toEqual([span, span]);
  });

  it('of two that overlap, VMs are free after the last; a gap between two is free', () => {
    const vm = aVm();
    const all = [
      aFreeze({ id: 'a', from: '2026-12-01T00:00Z', to: '2026-12-05T00:00Z' }),
      aFreeze({ id: 'b', from: '2026-12-04T00:00Z', to: '2026-12-08T00:00Z' }),
      aFreeze({ id: 'c', from: '2026-12-10T00:00Z', to: '2026-12-12T00:00Z' }),
    ];
    const freezes = freezesOf(all, vm, 'UTC');
    expect(freeFrom(freezes, '2026-12-02T00:00:00.000Z')).toBe('2026-12-08T00:00:00.000Z');
    expect(freeFrom(freezes, '2026-12-09T00:00:00.000Z')).toBe('2026-12-09T00:00:00.000Z');
    const standing = standingFreezes(all, vm, 'UTC', '2026-12-04T12:00:00.000Z');
    expect(standing.map(({ freeze }) => freeze.id)).toEqual(['b', 'a']);
  });

  it('one in local times stands as long as it does anywhere', () => {
    const states = [
      '2026-12-19T09:00:00.000Z',
      '2026-12-19T11:00:00.000Z',
      '2027-01-03T11:00:00.000Z',
      '2027-01-03T12:00:00.000Z',
    ];
    expect(states.map((now) => freezeState(aFreeze(), now))).toEqual([
      'planned',
      'standing',
      'standing',
      'over',
    ]);
  });

  it.each([
    [{ from: '2026-12-20', to: '2026-12-19' }, 'to'],
    [{ from: '2026-13-20', to: '2026-12-19' }, 'from'],
    [{ from: 'tomorrow', to: '2026-12-19' }, 'from'],
    [{ from: '2026-12-18', to: '2026-12-19', timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ from: '2026-12-18', to: '2026-12-19', colour: 'blue' }, ''],
    [{ from: '2026-12-18', to: '2026-12-19', selector: { regoin: 'eastus' } }, 'selector'],
  ])('%j is refused, and the member named', (given, member) => {
    const parsed = FreezeInput.safeParse({ reason: 'r', owner: 'o', ...given });
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toContain(member);
  });

  const pacific = 'America/Los_Angeles';
  it.each([
    ['2026-12-20T08:00', '2026-12-20T09:00Z', pacific, false],
    ['2026-12-20T00:30', '2026-12-20T09:00Z', pacific, true],
    ['2026-12-20T10:00', '2026-12-20T09:00Z', 'Asia/Tokyo', true],
    ['2026-12-20T10:00', '2026-12-20T09:00Z', null, true],
    ['2026-12-21', '2026-12-20T09:00Z', null, false],
    ['2026-12-20T09:00Z', '2026-12-20T10:00', 'Asia/Tokyo', false],
  ])('from %s to %s in the zone %s is in force somewhere: %s', (from, to, timeZone, isAccepted) => {
    const parsed = FreezeInput.safeParse({ reason: 'r', owner: 'o', from, to, timeZone });
    expect(parsed.success).toBe(isAccepted);
  });
});

describe('which VMs a selector means', () => {
  const vm = aVm({
    name: 'web-01',
    region: 'eastus',
    availabilitySetId: aSet('web'),
    tags: { App: 'Shop', tier: 'web' },
  });
  it.each([
    [{}, true],
    [{ region: 'East US' }, true],
    [{ region: 'westus' }, false],
    [{ tag: 'app=shop' }, true],
    [{ tag: 'app' }, true],
    [{ tag: ['app=shop', 'tier=db'] }, false],
    [{ family: 'microsoftwindowsserver:windowsserver:2019-datacenter' }, true],
    [{ availabilitySet: aSet('web').toUpperCase() }, true],
    [{ vm: vm.armId }, true],
    [{ vm: `${vm.armId}x`, region: 'eastus' }, false],
    [{ subscription: vm.subscriptionId, resourceGroup: 'APP' }, true],
  ])('%j: %s', (given, fits) => {
    expect(selects(Selector.parse(given), vm)).toBe(fits);
  });
});
