import { advanceRound } from '../../activities/advanceRound';
import { lookAtSet } from '../../activities/lookAtSet';
import { keyOf, RolloutId } from '../../domain/ids';
import { phaseIdOf } from '../../domain/phaseId';
import type { InstallOperation } from '../../store/operations';
import type { OutcomeRecord } from '../../store/outcomes';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aSet, vmsOf } from '../support/builders';
import { inSet } from '../support/claims';
import { anInstallation, HEALTHY } from '../support/fakeDriver';
import {
  aRound,
  someServices,
  WINDOW_CLOSES,
  WINDOW_OPENS,
  ROLLOUT,
  type FakeServices,
} from '../support/fakeServices';
import { START_BY } from '../support/rolloutScene';

const set = aSet('web');
const members = vmsOf(20, (n) => ({ availabilitySetId: set, updateDomain: n % 5, zone: null }));
/** Four VMs of one update domain: the share of the set. */
const own = members.filter(({ updateDomain }) => updateDomain === 0);
const ref = {
  rolloutId: ROLLOUT,
  phase: phaseIdOf(1),
  region: 'eastus',
  stage: 'regional',
  group: keyOf(set),
  round: 1,
};
const disruption = inSet('web', 0, { count: 4, shareMax: 4 });

async function round(down: readonly VirtualMachine[], health = HEALTHY): Promise<FakeServices> {
  const services = await someServices({ vms: members });
  await services.plans.addRounds(ROLLOUT, [
    aRound({
      stage: 'regional',
      zone: null,
      kind: 'availabilitySet',
      group: keyOf(set),
      availabilitySetId: set,
      setSize: 20,
      updateDomain: 0,
      vmIds: own.map(({ id }) => id),
    }),
  ]);
  for (const { id } of down)
    services.driver.change(id, health === HEALTHY ? { powerState: 'deallocated' } : { signals: health });
  return services;
}

const others = members.filter(({ updateDomain }) => updateDomain !== 0);
const claimed = (services: FakeServices): Promise<unknown> => services.run(lookAtSet, { ref, disruption });

describe('INV-1: the claim on a set', () => {
  it('covers the whole share while all members are up', async () => {
    expect(await claimed(await round([]))).toEqual({ disruption: { ...disruption, downCount: 0 } });
  });

  it('is less by the members that are off', async () => {
    expect(await claimed(await round(others.slice(0, 2)))).toEqual({
      disruption: { ...disruption, count: 2, downCount: 2 },
    });
  });

  it('is less by the members that are unhealthy', async () => {
    const unhealthy = { ...HEALTHY, resourceHealth: 'unavailable' as const };
    expect(await claimed(await round(others.slice(0, 1), unhealthy))).toEqual({
      disruption: { ...disruption, count: 3, downCount: 1 },
    });
  });

  it('is for one VM at a time where sixteen of twenty are off', async () => {
    expect(await claimed(await round(others))).toEqual({
      disruption: { ...disruption, count: 1, downCount: 16 },
    });
  });
});

/** How many of the four VMs of the round are installed in twenty minutes. */
async function startedIn(
  services: FakeServices,
  count = 4,
  updateDomain: number | null = 0,
): Promise<number> {
  const claim = { claimId: 'claim', startByUtc: START_BY, closesUtc: WINDOW_CLOSES };
  for (let call = 1; call <= 4; call += 1) {
    for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
    await services.run(advanceRound, {
      ref,
      claim,
      disruption: { ...disruption, count, updateDomain },
      call,
    });
    services.wait(300);
  }
  return services.driver.accepted.length;
}

describe('INV-1: the VMs of a round', () => {
  it('are installed all at once while the set has room for all of them', async () => {
    expect(await startedIn(await round([]))).toBe(4);
  });

  it('are no more at once than the claim covers', async () => {
    expect(await startedIn(await round([]), 1)).toBe(1);
  });

  it('are one at a time when their update domain is not known', async () => {
    expect(await startedIn(await round([]), 4, null)).toBe(1);
  });

  it('are fewer when members were switched off after the claim was granted', async () => {
    expect(await startedIn(await round(others.slice(0, 3)))).toBe(1);
  });
});

describe('INV-13: a member of another update domain that was updated by this rollout', () => {
  const UNHEALTHY = { ...HEALTHY, resourceHealth: 'unavailable' as const };
  const SILENT = { ...HEALTHY, vmAgent: 'unknown' as const };
  const other = members[1];
  if (other === undefined) throw new Error('The set has one member.');
  const installed = (over: Partial<InstallOperation> = {}): InstallOperation => ({
    vmId: other.id,
    region: 'eastus',
    rolloutId: ROLLOUT,
    claimId: 'earlier',
    intentUtc: WINDOW_OPENS,
    previousActivityId: null,
    deadlineUtc: WINDOW_CLOSES,
    operationId: 'install-earlier',
    endedUtc: WINDOW_OPENS,
    summary: null,
    ...over,
  });

  /** The member is as `health` says; `intentUtc`: when it was last installed on. */
  const updated = async (health: typeof HEALTHY, intentUtc = WINDOW_OPENS): Promise<FakeServices> => {
    const services = await round([]);
    services.driver.change(other.id, { signals: health });
    await services.operations.save(installed({ intentUtc }));
    return services;
  };

  it('lets the set go on while it is healthy, by a probe that stands in the log', async () => {
    const services = await updated(HEALTHY);
    services.driver.change(other.id, { lastInstallation: anInstallation({ startTime: WINDOW_OPENS }) });
    const probed = jest.spyOn(services.driver, 'probeHealth');
    expect(await startedIn(services)).toBe(4);
    expect(probed.mock.calls.map(([id]) => id)).toContain(other.id);
  });

  it('holds the set while it is unhealthy, although it was healthy after its soak', async () => {
    expect(await startedIn(await updated(UNHEALTHY))).toBe(0);
  });

  it('holds the set while its health is unknown', async () => {
    expect(await startedIn(await updated(SILENT))).toBe(0);
  });

  it('holds the set, too, when neither its update domain nor that of the round is known', async () => {
    const services = await updated(UNHEALTHY);
    services.driver.change(other.id, { vm: { ...other, updateDomain: null } });
    expect(await startedIn(services, 1, null)).toBe(0);
  });

  it('lets the set go on, by what is left of its share, when it was updated before the patches were released', async () => {
    expect(await startedIn(await updated(UNHEALTHY, '2026-10-20T02:00:00.000Z'))).toBe(3);
  });

  it.each([
    ['holds the set when it was never healthy after the update of the month before', 'unhealthy', 0],
    ['lets the set go on, by what is left, when it was', 'patched', 3],
  ] as const)('%s', async (_, kind, starts) => {
    const services = await updated(UNHEALTHY);
    const october = RolloutId.parse('rollout-2026-10');
    await services.operations.save(installed({ intentUtc: '2026-10-20T02:00:00.000Z', rolloutId: october }));
    const outcome: OutcomeRecord = {
      vmId: other.id,
      kind,
      reason: kind === 'patched' ? 'installed' : 'unhealthyAfterUpdate',
      detail: '',
      atUtc: '2026-10-20T03:00:00.000Z',
      phase: phaseIdOf(1),
      region: 'eastus',
      installation: null,
    };
    await services.outcomes.save(october, [outcome]);
    expect(await startedIn(services)).toBe(starts);
  });

  it('lets the set go on when a person has waived it', async () => {
    const services = await updated(UNHEALTHY);
    await services.operations.waive(other.region, other.id, services.nowUtc());
    expect(await startedIn(services)).toBe(3);
  });

  it('holds the set again after its next installation', async () => {
    const services = await updated(UNHEALTHY);
    await services.operations.waive(other.region, other.id, services.nowUtc());
    await services.operations.save(installed({ claimId: 'later' }));
    expect(await startedIn(services)).toBe(0);
  });
});
