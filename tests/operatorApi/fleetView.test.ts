import { RolloutId } from '../../domain/ids';
import { conditional } from '../../operatorApi/conditional';
import { fleetView, forgetFleetView } from '../../operatorApi/fleetView';
import { listFleet } from '../../operatorApi/listFleet';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { aVm, vmsOf } from '../support/builders';
import { aControl, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';

const BEFORE = RolloutId.parse('rollout-2026-10');
const vm = aVm({ name: 'web-01' });

/** Counts how often the inventory is read. */
async function counted(): Promise<{ services: FakeServices; readCount: () => number }> {
  const services = await someServices({ vms: [vm] });
  await services.rollouts.create(aControl({ rolloutId: BEFORE }));
  const list = jest.spyOn(services.inventory, 'page');
  return { services, readCount: () => list.mock.calls.length };
}

const request = (query: Readonly<Record<string, string>>): OperatorRequest =>
  ({ query: (name: string) => query[name] ?? null, path: '/api/fleet' }) as unknown as OperatorRequest;

describe('the view of a fleet', () => {
  test('is read once for everything that asks at a time, for each rollout', async () => {
    const { services, readCount } = await counted();
    const [first, second] = await Promise.all([fleetView(services), fleetView(services, ROLLOUT)]);
    expect([second === first, readCount()]).toEqual([true, 1]);
    const before = await fleetView(services, BEFORE);
    expect([before.control?.rolloutId, readCount()]).toEqual([BEFORE, 2]);
    expect(await fleetView(services)).toBe(first);
  });

  test('is forgotten when a person has changed something, and read again on a clock that has jumped', async () => {
    const { services, readCount } = await counted();
    await fleetView(services);
    forgetFleetView(services);
    await fleetView(services);
    services.wait(3_600);
    const later = await fleetView(services);
    expect([readCount(), later.asOfUtc]).toEqual([3, services.nowUtc()]);
  });

  test.each([
    ['small', 1, false],
    ['large', 5_000, true],
  ])('of a %s fleet is read beside the answers or waited for', async (_size, count, stands) => {
    const services = await someServices({ vms: vmsOf(count) });
    let nowMs = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    try {
      const first = await fleetView(services);
      nowMs = 2_000;
      const second = await fleetView(services);
      expect(second === first).toBe(stands);
      // Nothing asked meanwhile: what is there is too old for any fleet.
      nowMs = 20_000;
      expect(await fleetView(services)).not.toBe(first);
    } finally {
      clock.mockRestore();
    }
  });

  test('a reading that failed is not remembered', async () => {
    const { services } = await counted();
    jest.spyOn(services.plans, 'roundsPage').mockRejectedValueOnce(new Error('The table is away.'));
    await expect(fleetView(services)).rejects.toThrow('The table is away.');
    expect((await fleetView(services)).vms.map(({ vm: { name } }) => name)).toEqual(['web-01']);
  });
});

describe('the table of the fleet', () => {
  test('says in whose hands each VM is, counts them, and counts whose the others are', async () => {
    const weekly = 'Azure Update Manager patches it by the maintenance configuration weekly';
    const vms = [
      aVm({ control: { kind: 'inCharge' } }),
      aVm({ control: { kind: 'notInCharge', because: weekly } }),
      aVm({ control: { kind: 'notInCharge', because: weekly } }),
      aVm({ control: { kind: 'notInCharge', because: 'Windows updates itself (AutomaticByOS)' } }),
      aVm({ control: { kind: 'shared', because: 'its image may update itself (ImageDefault)' } }),
      aVm(),
    ];
    const services = await someServices({ vms });
    const groupsOf = async (query: Readonly<Record<string, string>>): Promise<unknown> =>
      (
        (await listFleet.handler(request(query), { services } as unknown as OperatorContext)).jsonBody as {
          groups: { name: string; count: number }[];
        }
      ).groups.map(({ name, count }) => [name, count]);
    expect(await groupsOf({ group: 'control' })).toEqual([
      ['notInCharge', 3],
      ['inCharge', 1],
      ['none', 1],
      ['shared', 1],
    ]);
    expect(await groupsOf({ reason: 'notInCharge', group: 'detail' })).toEqual([
      [expect.stringContaining(weekly), 2],
      [expect.stringContaining('AutomaticByOS'), 1],
      [expect.stringContaining('ImageDefault'), 1],
    ]);
  });

  test('is of the rollout that is named, and of none that is not there', async () => {
    const { services } = await counted();
    const rolloutOf = async (query: Readonly<Record<string, string>>): Promise<unknown> =>
      (
        (await listFleet.handler(request(query), { services } as unknown as OperatorContext)).jsonBody as {
          rolloutId: string;
        }
      ).rolloutId;
    expect(await rolloutOf({})).toBe(ROLLOUT);
    expect(await rolloutOf({ rollout: BEFORE })).toBe(BEFORE);
    await expect(rolloutOf({ rollout: 'rollout-2025-01' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(rolloutOf({ rollout: 'october' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  test('has the same tag as long as nothing but the time of its reading has changed', () => {
    const tagOf = (asOfUtc: string, total: number): unknown =>
      (
        conditional({ jsonBody: { asOfUtc, total } }, null, { nowUtc: asOfUtc, route: 'fleet' })
          .headers as Record<string, string>
      )['etag'];
    const tag = tagOf('2026-11-10T18:00:00.000Z', 1);
    expect(tagOf('2026-11-10T18:00:05.000Z', 1)).toBe(tag);
    expect(tagOf('2026-11-10T18:00:05.000Z', 2)).not.toBe(tag);
  });
});
