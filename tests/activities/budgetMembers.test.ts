import { advanceRound } from '../../activities/advanceRound';
import { budgetFactsOf, budgetsStanding, saveBudgetSizes } from '../../activities/budgets/budgetShares';
import { BUDGET_LOOK_SECONDS_MAX, countAsDown, STALE_LOOK_MAX } from '../../activities/budgets/budgetMembers';
import { collectMembersDown } from '../../activities/collectMembersDown';
import type { BudgetShare } from '../../domain/budgets';
import type { Disruption } from '../../domain/disruption';
import type { VmId } from '../../domain/ids';
import { addSeconds, secondsBetween } from '../../domain/instants';
import { defaultPolicy, Policy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { vmsOf } from '../support/builders';
import { HEALTHY } from '../support/fakeDriver';
import { aRound, ROLLOUT, someServices, WINDOW_CLOSES, type FakeServices } from '../support/fakeServices';
import { START_BY } from '../support/rolloutScene';

const BUDGET = { name: 'shop', selector: { tag: 'app=shop' } };
const members = vmsOf(8, () => ({ tags: { app: 'shop' }, zone: '1' }));
/** The round has the first four, the others are in no round that runs. */
const own = members.slice(0, 4);
const others = members.slice(4);
const { phase, region, stage, group } = aRound();
const ref = { rolloutId: ROLLOUT, phase, region, stage, group, round: 1 };

const DOWN = others
  .slice(0, 2)
  .map(({ name }) => name)
  .join(', ');

const claimOf = (share: BudgetShare): Disruption => ({
  region,
  zone: '1',
  availabilitySetId: null,
  updateDomain: null,
  count: 4,
  shareMax: null,
  budgets: [share],
});

async function fleet(max: number, vms: readonly VirtualMachine[] = members): Promise<FakeServices> {
  const { budgets } = Policy.parse({ budgets: [{ ...BUDGET, max }] });
  const services = await someServices({ vms, policy: { ...defaultPolicy, budgets } });
  await services.plans.addRounds(ROLLOUT, [aRound({ vmIds: vms.slice(0, 4).map(({ id }) => id) })]);
  await saveBudgetSizes(services, services.policy, vms);
  return services;
}

const switchOff = (services: FakeServices, vms: readonly VirtualMachine[]): void => {
  const signals = { ...HEALTHY, powerState: 'deallocated' as const };
  for (const { id } of vms) services.driver.change(id, { powerState: 'deallocated', signals });
};
const switchOn = (services: FakeServices, vms: readonly VirtualMachine[]): void => {
  for (const { id } of vms) services.driver.change(id, { powerState: 'running', signals: HEALTHY });
};

interface Seen {
  readonly disruption: Disruption;
  readonly full: readonly { readonly budget: string; readonly down: string }[];
  readonly againUtc?: string;
}
const look = async (services: FakeServices, max: number): Promise<Seen> =>
  (await services.run(collectMembersDown, {
    ref,
    disruption: claimOf({ budget: 'shop', count: Math.min(4, max), max }),
  })) as Seen;
const shareIn = ({ disruption }: Seen): BudgetShare | undefined => disruption.budgets?.[0];

describe('INV-15: what a claim may take of a budget', () => {
  it('is all that is asked for while every member is up', async () => {
    const seen = await look(await fleet(4), 4);
    expect(shareIn(seen)).toEqual({ budget: 'shop', count: 4, max: 4, downCount: 0 });
    expect(seen.full).toEqual([]);
  });

  it('is less by the members that are off or unhealthy, also those of no round', async () => {
    const services = await fleet(4);
    const [off, ill] = others;
    if (off === undefined || ill === undefined) throw new Error('There are no such VMs.');
    switchOff(services, [off]);
    services.driver.change(ill.id, {
      signals: { ...HEALTHY, resourceHealth: 'unavailable' },
    });
    expect(shareIn(await look(services, 4))).toEqual({ budget: 'shop', count: 2, max: 2, downCount: 2 });
  });

  it('is nothing while members that are down use the budget up, and they are named; it is whole again when they are back', async () => {
    const services = await fleet(2);
    switchOff(services, others.slice(0, 2));
    expect((await look(services, 2)).full).toEqual([{ budget: 'shop', down: DOWN }]);
    const [vm] = own;
    expect(vm && budgetFactsOf(vm, await budgetsStanding(services))).toMatchObject([
      { max: 2, downCount: 2, down: DOWN },
    ]);
    switchOn(services, others);
    expect(shareIn(await look(services, 2))).toMatchObject({ count: 2, max: 2, downCount: 0 });
  });

  it('is nothing where it is used up, but the round goes on for its VMs of no such budget; the others give way at once', async () => {
    const services = await fleet(2);
    const [beside] = vmsOf(1, () => ({ name: 'beside', zone: '1' }));
    if (beside === undefined) throw new Error('There is no such VM.');
    await services.inventory.save(beside);
    services.driver.add(beside);
    await services.plans.addRounds(ROLLOUT, [aRound({ vmIds: [own[0]?.id ?? beside.id, beside.id] })]);
    switchOff(services, others.slice(0, 2));
    const { full, disruption } = await look(services, 2);
    expect(full).toEqual([]);
    expect(disruption.budgets).toEqual([{ budget: 'shop', count: 0, max: 1, downCount: 2 }]);
    const claim = { claimId: 'mixed', startByUtc: START_BY, closesUtc: WINDOW_CLOSES };
    for (let call = 1; call <= 4; call += 1) {
      for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
      await services.run(advanceRound, { ref, claim, disruption, call });
      services.wait(300);
    }
    expect(services.driver.accepted.map(({ vmId }) => vmId)).toEqual([beside.id]);
    expect(await services.outcomes.read(ROLLOUT, own[0]?.id ?? beside.id)).toMatchObject({
      reason: 'budgetUsedUp',
      detail: expect.stringContaining(DOWN) as string,
    });
  });

  it('is waited for while what is down may be a restart, in a few looks; members that are off for good are not waited for', async () => {
    const services = await fleet(2);
    switchOff(services, others.slice(0, 2));
    const begunUtc = services.nowUtc();
    let seen = await look(services, 2);
    for (let looks = 1; seen.full.length > 0; looks += 1) {
      expect(looks).toBeLessThan(8);
      const seconds = secondsBetween(services.nowUtc(), seen.againUtc ?? '');
      services.wait(Math.max(60, seconds)); // the shortest pause of a claim
      seen = await look(services, 2);
    }
    expect(secondsBetween(begunUtc, services.nowUtc())).toBeGreaterThanOrEqual(1800);
    expect(secondsBetween(begunUtc, services.nowUtc())).toBeLessThan(3600);
    expect(seen).toEqual({
      disruption: claimOf({ budget: 'shop', count: 0, max: 1, downCount: 2 }),
      full: [],
    });
    switchOn(services, others);
    switchOff(services, others.slice(2, 3));
    expect(shareIn(await look(services, 2))?.count).toBe(1);
  });

  it('is waited for by a person that asks for one VM, which never goes on without it', async () => {
    const services = await fleet(2);
    switchOff(services, others.slice(0, 2));
    await look(services, 2);
    services.wait(86_400);
    const disruption = claimOf({ budget: 'shop', count: 1, max: 2 });
    expect(await services.run(collectMembersDown, { ref: null, disruption })).toMatchObject({
      full: [{ budget: 'shop', down: DOWN }],
      againUtc: addSeconds(services.nowUtc(), 900),
    });
  });

  it('is nothing for the VM that a person asks for when that is down itself: it takes no more of it', async () => {
    const services = await fleet(1);
    const [own] = others;
    switchOff(services, others.slice(0, 1));
    const disruption = claimOf({ budget: 'shop', count: 1, max: 1 });
    const asked = async (vmId: VmId | undefined): Promise<Seen> =>
      (await services.run(collectMembersDown, { ref: null, vmId, disruption })) as Seen;
    expect(await asked(own?.id)).toMatchObject({ full: [], disruption: { budgets: [{ count: 0 }] } });
    expect(await asked(others[1]?.id)).toMatchObject({ full: [{ budget: 'shop' }] });
  });

  it('is nothing for VMs that are off themselves: their round goes on, and they do not begin', async () => {
    const services = await fleet(2);
    switchOff(services, own);
    const seen = await look(services, 2);
    expect(seen.full).toEqual([]);
    expect(shareIn(seen)?.count).toBe(0);
  });

  it('counts a VM that was not healthy after its update until a probe says that it is', async () => {
    const services = await fleet(2);
    const [id] = others.map((vm) => vm.id);
    if (id === undefined) throw new Error('There is no such VM.');
    const silent = { ...HEALTHY, vmAgent: 'notReady' as const };
    services.driver.change(id, { signals: silent });
    expect(shareIn(await look(services, 2))?.downCount).toBe(0); // its agent is silent: no verdict
    await countAsDown(services, [id]);
    expect(shareIn(await look(services, 2))?.downCount).toBe(1);
    services.driver.change(id, { signals: HEALTHY });
    expect(shareIn(await look(services, 2))?.downCount).toBe(0);
  });

  it('is nothing before all members of a large budget have been looked at, so many a call', async () => {
    const many = vmsOf(STALE_LOOK_MAX + 300, () => ({ tags: { app: 'shop' }, zone: '1' }));
    const services = await fleet(2, many);
    const reads = jest.spyOn(services.driver, 'readVirtualMachine');
    const room: number[] = [];
    for (let call = 0; call < 3; call += 1) room.push((await look(services, 2)).full.length);
    expect(room[0]).toBe(1);
    expect(room.at(-1)).toBe(0);
    expect(reads.mock.calls.length).toBeLessThanOrEqual(3 * (STALE_LOOK_MAX + 100));
    services.wait(BUDGET_LOOK_SECONDS_MAX + 1);
    expect((await look(services, 2)).full).toHaveLength(1); // that was too long ago
  });
});

it('INV-15: members that go down after the claim was granted hold back VMs of the round, which say which', async () => {
  const services = await fleet(3);
  const disruption = claimOf({ budget: 'shop', count: 3, max: 3, downCount: 0 });
  switchOff(services, others.slice(0, 2));
  const claim = { claimId: 'claim', startByUtc: START_BY, closesUtc: WINDOW_CLOSES };
  const advance = async (call: number): Promise<void> => {
    for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
    await services.run(advanceRound, { ref, claim, disruption, call });
    services.wait(300);
  };
  for (let call = 1; call <= 4; call += 1) await advance(call);
  expect(services.driver.accepted).toHaveLength(1);
  switchOn(services, others);
  for (let call = 5; call <= 7; call += 1) await advance(call);
  expect(services.driver.accepted).toHaveLength(3);
});
