import type { DurableClient } from 'durable-functions';
import { reviveRollouts } from '../../operatorApi/startRollout';
import { instanceNotFound } from '../support/durableClient';
import { someServices, ROLLOUT, type FakeServices } from '../support/fakeServices';

/** A host that knows one instance, or none. */
function aClient(runtimeStatus: string | null): { client: DurableClient; started: unknown[] } {
  const started: unknown[] = [];
  const client = {
    getStatus: () =>
      runtimeStatus === null ? Promise.reject(instanceNotFound(ROLLOUT)) : Promise.resolve({ runtimeStatus }),
    startNew: (name: string, { instanceId, input }: { instanceId: string; input: unknown }) => {
      started.push({ name, instanceId, input });
      return Promise.resolve(instanceId);
    },
  };
  return { client: client as unknown as DurableClient, started };
}

const revive = async (services: FakeServices, client: DurableClient): ReturnType<typeof reviveRollouts> =>
  reviveRollouts(services, client, await services.rollouts.list());

const generationOf = async (services: FakeServices): Promise<unknown> =>
  (await services.rollouts.read(ROLLOUT))?.generation;

describe('a rollout whose orchestration is gone', () => {
  it.each(['Failed', 'Terminated', 'Completed'])(
    'goes on as another execution, whose children have ids of their own: %s',
    async (runtimeStatus) => {
      const services = await someServices();
      const { client, started } = aClient(runtimeStatus);
      expect(await revive(services, client)).toEqual({
        revived: [ROLLOUT],
        foreign: [],
        open: [expect.objectContaining({ rolloutId: ROLLOUT })],
      });
      const input = { rolloutId: ROLLOUT, generation: 2, epoch: 1 };
      expect(started).toEqual([{ name: 'monthlyRollout', instanceId: ROLLOUT, input }]);
      expect(await generationOf(services)).toBe(2);
    },
  );

  it('starts as it was when it never did', async () => {
    const services = await someServices();
    const { client, started } = aClient(null);
    await revive(services, client);
    expect(started).toMatchObject([{ input: { generation: 1 } }]);
    expect(await generationOf(services)).toBe(1);
  });

  it('is revived once by two hosts that find it dead at the same time', async () => {
    const services = await someServices();
    const { client, started } = aClient('Failed');
    await Promise.all([revive(services, client), revive(services, client)]);
    expect(started).toHaveLength(1);
    expect(await generationOf(services)).toBe(2);
  });

  it.each([
    ['runs', 'Running', null],
    ['waits for its first turn', 'Pending', null],
    ['has ended', 'Completed', '2026-11-30T00:00:00.000Z'],
  ])('is left alone when it %s', async (_, runtimeStatus, endedUtc) => {
    const services = await someServices({ control: { endedUtc } });
    const { client, started } = aClient(runtimeStatus);
    expect((await revive(services, client)).revived).toEqual([]);
    expect([started, await generationOf(services)]).toEqual([[], 1]);
  });
});
