import { planRollout } from '../../activities/planRollout';
import { Month, RolloutId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { phaseIdOf } from '../../domain/phaseId';
import { describeRollout } from '../../operatorApi/describeRollout';
import { aSet, aVm, vmsOf } from '../support/builders';
import { aControl, someServices, ROLLOUT, type FakeServices, outcomesIn } from '../support/fakeServices';
import { countCalls, dyingAt } from '../support/interleave';
import { ENDS } from '../support/rolloutScene';

const fleet = (): VirtualMachine[] => [
  ...vmsOf(30, (n) => ({ name: `zoned-${n}`, zone: `${(n % 3) + 1}` })),
  ...vmsOf(8, (n) => ({
    name: `set-${n}`,
    availabilitySetId: aSet('web'),
    updateDomain: n % 4,
    region: 'japaneast',
  })),
  ...vmsOf(2, (n) => ({ name: `manual-${n}`, patchMode: 'Manual' })),
];

const aPlanner = (vms = fleet()): Promise<FakeServices> =>
  someServices({ vms, nowUtc: '2026-11-10T18:05:00.000Z', control: { plannedUtc: null } });

const plan = (services: FakeServices): Promise<unknown> => services.run(planRollout, { rolloutId: ROLLOUT });

const planned = async (services: FakeServices): Promise<string[]> =>
  (await services.plans.allRounds(ROLLOUT))
    .flatMap(({ phase, vmIds }) => vmIds.map((id) => `${phase} ${id}`))
    .sort();

describe('R-103: the plan of the month', () => {
  it('has every eligible VM once, and an outcome for the others', async () => {
    const services = await aPlanner();
    expect(await plan(services)).toMatchObject({ endsUtc: ENDS, phases: expect.any(Array) as unknown });
    expect(await planned(services)).toHaveLength(38);
    expect((await outcomesIn(services)).map(({ reason }) => reason)).toEqual([
      ...['patchModeNotPlatform', 'patchModeNotPlatform'],
    ]);
    expect(await services.rollouts.read(ROLLOUT)).toMatchObject({
      vmCount: 40,
      plannedUtc: '2026-11-10T18:05:00.000Z',
    });
  });

  it('INV-17: gives no turn to VMs that a freeze or an exclusion holds to the end; lifted, they are caught up', async () => {
    const services = await aPlanner();
    const about = { timeZone: null, reason: 'r', owner: 'o', createdUtc: ENDS, createdBy: 'o' };
    const [from, to] = ['2026-11-01', '2027-01-01'];
    await services.freezes.save(
      {
        ...about,
        id: 'a',
        kind: 'freeze',
        from,
        to,
        selector: { region: 'japaneast' },
      },
      null,
    );
    await services.freezes.save(
      {
        ...about,
        id: 'b',
        kind: 'exclusion',
        from,
        to: '2026-11-20',
        selector: {},
      },
      null,
    );
    await plan(services);
    expect(await planned(services)).toHaveLength(30);
    const kept = (await outcomesIn(services)).filter(({ kind }) => kind === 'deferred');
    // Both hold them now; the exclusion is named first, and it is the freeze that holds them to the end.
    expect(
      new Set(kept.map(({ reason, otherReasons }) => `${reason} ${(otherReasons ?? []).join()}`)),
    ).toEqual(new Set(['excludedForNow frozen']));
    expect((await services.outcomes.totals(ROLLOUT)).waiting).toBe(8);
    expect(await services.secondChances.next(99)).toHaveLength(8);
  });

  it('that cannot be made says why on the rollout and in the audit, and is made when it can be', async () => {
    const services = await someServices({ vms: vmsOf(2), control: { plannedUtc: null } });
    const list = services.driver.listVirtualMachines.bind(services.driver);
    services.driver.listVirtualMachines = () => Promise.reject(new Error('Azure answers 500.'));
    await expect(plan(services)).rejects.toThrow('500');
    const described = await describeRollout(services, ROLLOUT);
    expect(described).toMatchObject({ state: 'planFailed', planFailed: { why: 'Azure answers 500.' } });
    expect((await services.audit.list(ROLLOUT)).map(({ what }) => what)).toEqual(['planFailed']);
    services.driver.listVirtualMachines = list;
    await plan(services);
    expect(await describeRollout(services, ROLLOUT)).toMatchObject({ state: 'running', planFailed: null });
  });

  it('sets a VM aside whose region cannot be understood: it has its reason, and the others their month', async () => {
    const odd = aVm({ region: 'east/us' });
    const services = await someServices({ vms: [odd, ...vmsOf(3)], control: { plannedUtc: null } });
    await plan(services);
    expect(await planned(services)).toHaveLength(3);
    expect(await services.outcomes.read(ROLLOUT, odd.id)).toMatchObject({ reason: 'placeInvalid' });
  });

  it('made again is the one that was kept, though the fleet has changed', async () => {
    const services = await aPlanner();
    const first = [await plan(services), await planned(services)];
    for (const more of vmsOf(20)) services.driver.add(more);
    services.wait(3600);
    expect([await plan(services), await planned(services)]).toEqual(first);
    expect((await services.audit.list(ROLLOUT)).map(({ what }) => what)).toEqual(['rolloutPlanned']);
  });

  it.each(['before', 'after'] as const)(
    'is whole although its maker died right %s any of its calls',
    async (when) => {
      const whole = await aPlanner();
      await plan(whole);
      const calls = await countCalls(await aPlanner(), (own) =>
        planRollout.handler(own)({ rolloutId: ROLLOUT }),
      );
      for (let n = 1; n <= calls; n += 1) {
        const services = await aPlanner();
        await dyingAt(services, n, when, (own) => planRollout.handler(own)({ rolloutId: ROLLOUT }));
        await plan(services);
        expect(await planned(services)).toEqual(await planned(whole));
        expect(await services.rollouts.phases(ROLLOUT)).toEqual(await services.rollouts.phases(ROLLOUT));
      }
    },
  );

  it.each([0, 1, 2, 3, 4])(
    'puts those that the rollout before did not reach first, but never alone into a first batch: VM %d',
    async (chosen) => {
      const before = RolloutId.parse('rollout-2026-10');
      const vms = vmsOf(60, (n) => ({ name: `left-${n}`, region: n < 30 ? 'eastus' : 'japaneast' }));
      const services = await aPlanner(vms);
      await services.rollouts.create(
        aControl({ rolloutId: before, month: Month.parse('2026-10'), endedUtc: ENDS }),
      );
      const left = vms[chosen];
      if (!left) throw new Error('no VM');
      const superseded = { kind: 'skipped', reason: 'superseded', detail: '' } as const;
      await services.outcomes.save(before, [
        {
          vmId: left.id,
          ...superseded,
          atUtc: '2026-11-10T18:00:00.000Z',
          phase: phaseIdOf(5),
          region: 'eastus',
          installation: null,
        },
      ]);
      await plan(services);
      const inItsRegion = (await services.plans.allRounds(ROLLOUT)).filter(
        ({ region }) => region === 'eastus',
      );
      expect(inItsRegion[0]).toMatchObject({ group: 'batch-1', vmIds: [expect.not.stringMatching(left.id)] });
      const second = inItsRegion.find(({ group }) => group === 'batch-2');
      expect(second).toMatchObject({ round: 1 });
      expect(second?.vmIds).toContain(left.id);
    },
  );
});
