import { closeRollout } from '../../activities/closeRollout';
import { planRollout } from '../../activities/planRollout';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aSet, aVm, vmsOf } from '../support/builders';
import { outcomesIn, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';
import { countCalls, dyingAt } from '../support/interleave';

/** A set a VM, and so a round a VM; and VMs that are left out. */
const fleet = (sets: number, leftOut: number): VirtualMachine[] => [
  ...vmsOf(sets, (n) => ({ name: `set-${n}`, availabilitySetId: aSet(`set-${n}`), updateDomain: 0 })),
  ...vmsOf(leftOut, (n) => ({ name: `manual-${n}`, patchMode: 'Manual' })),
];

const aPlanner = (vms: readonly VirtualMachine[]): Promise<FakeServices> =>
  someServices({ vms, nowUtc: '2026-11-10T18:05:00.000Z', control: { plannedUtc: null, vmCount: null } });

const step = async (services: FakeServices): Promise<boolean> =>
  ((await planRollout.handler(services)({ rolloutId: ROLLOUT })) as { goesOn?: boolean }).goesOn === true;

async function steps(services: FakeServices): Promise<number> {
  for (let count = 1; ; count += 1) if (!(await step(services))) return count;
}

const roundsOf = async (services: FakeServices): Promise<unknown> => services.plans.allRounds(ROLLOUT);

describe('the plan of a large fleet', () => {
  it('is written in steps, each of a bounded number of rows, and is the plan that one step would have written', async () => {
    const services = await aPlanner(fleet(2_100, 1_700));
    const writes: number[] = [];
    const write = services.store.table('plans').write.bind(services.store.table('plans'));
    services.store.table('plans').write = async (partition, changes) => {
      writes.push(changes.upsert?.length ?? 0);
      await write(partition, changes);
    };
    expect(await steps(services)).toBe(3);
    expect(Math.max(...writes)).toBeLessThanOrEqual(500);
    expect(await roundsOf(services)).toHaveLength(2_100);
    expect(await outcomesIn(services)).toHaveLength(1_700);
    expect(await services.rollouts.read(ROLLOUT)).toMatchObject({ vmCount: 3_800 });
    expect(await services.plans.readWritten(ROLLOUT)).toBeNull();
  });

  it('lets others work while it is made', async () => {
    const services = await aPlanner(fleet(600, 1_400));
    let turns = 0;
    let isDone = false;
    const others = (): void => {
      turns += 1;
      if (!isDone) setImmediate(others);
    };
    setImmediate(others);
    await services.plans.readWritten(ROLLOUT);
    const before = turns;
    await step(services);
    isDone = true;
    expect(turns - before).toBeGreaterThan(10);
  });

  it('goes on where it was killed, and does not begin again', async () => {
    const services = await aPlanner(fleet(2_100, 700));
    expect(await step(services)).toBe(true);
    const before = await services.plans.readWritten(ROLLOUT);
    expect(before).toMatchObject({ ineligible: 900, rounds: 2_000 });
    services.wait(3_600); // its plan is that of the instant at which it was begun
    const saved: number[] = [];
    const save = services.outcomes.save.bind(services.outcomes);
    services.outcomes.save = (id, records) => {
      saved.push(records.length);
      return save(id, records);
    };
    expect(await step(services)).toBe(false);
    expect(saved).toEqual([]);
    const whole = await aPlanner(fleet(2_100, 700));
    await steps(whole);
    expect(await roundsOf(services)).toEqual(await roundsOf(whole));
  });

  it.each(['before', 'after'] as const)(
    'is whole after the process died right %s any of its calls',
    async (when) => {
      const vms = [...fleet(3, 2), aVm({ name: 'alone', region: 'japaneast' })];
      const whole = await aPlanner(vms);
      const calls = await countCalls(whole, step);
      for (let n = 1; n <= calls; n += 1) {
        const services = await aPlanner(vms);
        await dyingAt(services, n, when, step);
        await steps(services);
        expect(await roundsOf(services)).toEqual(await roundsOf(whole));
        expect(await services.outcomes.totals(ROLLOUT)).toEqual(await whole.outcomes.totals(ROLLOUT));
      }
    },
  );

  it('begins again when the fleet changed while it was being written, and leaves no round of the old one', async () => {
    const vms = fleet(2_100, 0);
    const services = await aPlanner(vms);
    expect(await step(services)).toBe(true);
    const [gone] = vms;
    if (gone === undefined) throw new Error('a VM');
    await services.inventory.change({ upsert: [], remove: [gone.id] });
    services.driver.remove(gone.id);
    await steps(services);
    const planned = (await services.plans.allRounds(ROLLOUT)).flatMap(({ vmIds }) => vmIds);
    expect(planned).toHaveLength(2_099);
    expect(planned).not.toContain(gone.id);
  });
});

describe('the end of a large rollout', () => {
  it('INV-8: gives every VM that was not reached an outcome, some hundred rounds a call', async () => {
    const services = await aPlanner(fleet(250, 0));
    await steps(services);
    const close = async (from: string | null): Promise<string | null> =>
      ((await services.run(closeRollout, { rolloutId: ROLLOUT, from })) as { next: string | null }).next;
    const first = await close(null);
    expect(await outcomesIn(services)).toHaveLength(100);
    expect((await services.rollouts.read(ROLLOUT))?.endedUtc).toBeNull();
    expect(await close(first)).not.toBeNull();
    await close(await close(first));
    expect(await outcomesIn(services)).toHaveLength(250);
    expect((await services.rollouts.read(ROLLOUT))?.mode).toBe('ended');
  });
});
