import { HOLDS, holdsOf, type HoldFacts } from '../../domain/holds';
import { AvailabilitySetId } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { aSet, aVm } from '../support/builders';
import { aStandingFreeze } from '../support/standingFreeze';

const NOW = '2026-11-13T03:15:00.000Z';
const OPEN = { opensUtc: '2026-11-13T03:00:00.000Z', closesUtc: '2026-11-13T11:00:00.000Z' };
const LATER = { opensUtc: '2026-11-13T13:00:00.000Z', closesUtc: '2026-11-13T21:00:00.000Z' };

/** A VM that may be patched, with everything looked at. */
const WELL: HoldFacts = {
  nowUtc: NOW,
  policy: defaultPolicy,
  control: { kind: 'go' },
  vm: aVm(),
  powerState: 'running',
  agentStatus: 'ready',
  health: { answer: 'healthy', because: '' },
  budgets: [{ budget: 'shop', max: 2, downCount: 1, down: 'shop-1', sinceUtc: null }],
  installInFlight: false,
  window: OPEN,
  minutes: { left: 60, min: 60 },
  windows: { left: true, endsBecause: 'superseded' },
};

/** For each hold, the facts that make it apply alone. */
const ALONE: Readonly<Record<string, readonly [facts: Partial<HoldFacts>, reason: string]>> = {
  rolloutStopped: [{ control: { kind: 'stop', reason: 'rolloutCancelled' } }, 'rolloutCancelled'],
  rolloutWaits: [{ control: { kind: 'wait', reason: 'rolloutPaused', why: 'paused' } }, 'rolloutPaused'],
  noWindowLeft: [{ windows: { left: false, endsBecause: 'deadlinePassed' } }, 'deadlinePassed'],
  vmDeleted: [{ vm: null }, 'vmDeleted'],
  placeChanged: [{ vm: aVm({ zone: '2' }), claimed: aVm({ zone: '1' }) }, 'placeChanged'],
  notEligible: [{ vm: aVm({ customImage: true }) }, 'customImage'],
  excludedForNow: [{ freezes: [aStandingFreeze('exclusion')] }, 'excludedForNow'],
  frozen: [{ freezes: [aStandingFreeze('freeze')] }, 'frozen'],
  poweredOff: [{ powerState: 'deallocated' }, 'poweredOff'],
  agentSilent: [{ agentStatus: 'notReady' }, 'agentSilent'],
  agentOutdated: [{ vm: aVm({ osType: 'Linux' }), agentVersion: '2.2.46' }, 'agentOutdated'],
  unhealthyBefore: [{ health: { answer: 'unhealthy', because: 'it is ill' } }, 'unhealthyBefore'],
  healthUnknown: [{ health: { answer: 'unknown', because: 'no heartbeat' } }, 'agentSilent'],
  budgetUsedUp: [
    { budgets: [{ budget: 'shop', max: 1, downCount: 1, down: 'shop-1', sinceUtc: null }] },
    'budgetUsedUp',
  ],
  installInFlight: [{ installInFlight: true }, 'installInFlight'],
  outsideWindow: [{ window: LATER }, 'windowMissed'],
  windowTooShort: [{ minutes: { left: 59, min: 60 } }, 'windowMissed'],
};

const reasons = (facts: HoldFacts): string[] => holdsOf(facts).map(({ reason }) => reason);

describe('holds', () => {
  it('a VM that is well, in its turn and in its window is held by none', () => {
    expect(holdsOf(WELL)).toEqual([]);
  });

  it('what was not looked at holds nothing', () => {
    expect(holdsOf({ nowUtc: NOW, policy: defaultPolicy })).toEqual([]);
  });

  it.each(HOLDS.map(([name]) => name))('%s holds by itself, and only where it applies', (name) => {
    const [facts, reason] = ALONE[name] ?? [{}, 'no facts are given for it in this test'];
    expect(reasons({ ...WELL, ...facts })).toEqual([reason]);
    expect(HOLDS.filter(([, hold]) => [hold({ ...WELL, ...facts }) ?? []].flat().length > 0)).toEqual([
      [name, expect.any(Function)],
    ]);
  });

  it.each([
    ['region', { region: 'westus' }],
    ['zone', { zone: '3' }],
    ['availability set', { availabilitySetId: aSet('db'), updateDomain: 1 }],
    ['update domain', { updateDomain: 2 }],
  ] as const)(
    'a VM whose %s is another than that of its claim is held, and the reason names both',
    (_what, moved) => {
      const planned = aVm({ zone: '1', availabilitySetId: aSet('web'), updateDomain: 1 });
      const [hold] = holdsOf({ ...WELL, vm: { ...planned, ...moved }, claimed: planned });
      expect(hold).toMatchObject({ kind: 'deferred', reason: 'placeChanged' });
      expect(hold?.detail).toMatch(
        /^It is in .+ now; its round has the right to disrupt .*set web, update domain 1\.$/,
      );
    },
  );

  it('a VM that was made anew in a scale set is held, though its availability set had the same name', () => {
    const planned = aVm({ availabilitySetId: aSet('web'), updateDomain: 1 });
    const scaleSet = AvailabilitySetId.parse(
      aSet('web').replace('availabilitysets', 'virtualmachinescalesets'),
    );
    const [hold] = holdsOf({ ...WELL, vm: { ...planned, availabilitySetId: scaleSet }, claimed: planned });
    expect(hold).toMatchObject({ reason: 'placeChanged' });
    expect(hold?.facts).toEqual({
      planned: `eastus, set ${aSet('web')}, update domain 1`,
      found: `eastus, set ${scaleSet}, update domain 1`,
    });
  });

  it('an update domain that the platform does not tell has not changed', () => {
    const planned = aVm({ availabilitySetId: aSet('web'), updateDomain: 3 });
    expect(holdsOf({ ...WELL, vm: { ...planned, updateDomain: null }, claimed: planned })).toEqual([]);
  });

  it('a VM that goes alone, because its update domain was not known, may be of any', () => {
    const planned = aVm({ availabilitySetId: aSet('web'), updateDomain: null });
    expect(holdsOf({ ...WELL, vm: { ...planned, updateDomain: 3 }, claimed: planned })).toEqual([]);
    const moved = { ...planned, availabilitySetId: aSet('db') };
    expect(holdsOf({ ...WELL, vm: moved, claimed: planned })).toMatchObject([{ reason: 'placeChanged' }]);
  });

  it('all that apply are returned, the most specific first, each reason once', () => {
    expect(
      reasons({
        ...WELL,
        control: { kind: 'wait', reason: 'rolloutHalted', why: 'ill' },
        vm: aVm({ patchMode: 'Manual', customImage: true }),
        agentStatus: 'unknown',
        health: { answer: 'unknown', because: 'the VM agent is unknown' },
        window: LATER,
        minutes: { left: 0, min: 60 },
      }),
    ).toEqual(['rolloutHalted', 'patchModeNotPlatform', 'customImage', 'agentSilent', 'windowMissed']);
  });

  it('a VM that is off is held by that alone: it has no agent to ask', () => {
    expect(
      reasons({
        ...WELL,
        powerState: 'stopped',
        agentStatus: 'notReady',
        health: { answer: 'unknown', because: 'silence' },
      }),
    ).toEqual(['poweredOff']);
  });
});
