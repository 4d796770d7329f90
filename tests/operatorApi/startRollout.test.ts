import type { DurableClient } from 'durable-functions';
import { Month } from '../../domain/ids';
import { requestRollout } from '../../operatorApi/startRollout';
import { instanceNotFound } from '../support/durableClient';
import { aControl, someServices, ROLLOUT, type FakeServices } from '../support/fakeServices';

const NOVEMBER = Month.parse('2026-11');
const RELEASED = '2026-11-10T18:05:00.000Z';

/** A client that knows instances by id, throws for others as the library does, and can be made to fail. */
class FakeClient {
  readonly started: { id: string; input: unknown }[] = [];
  readonly known = new Set<string>();
  failNextStart: 'before' | 'after' | null = null;

  getStatus(id: string): Promise<object> {
    return this.known.has(id)
      ? Promise.resolve({ instanceId: id, runtimeStatus: 'Running' })
      : Promise.reject(instanceNotFound(id));
  }

  startNew(name: string, { instanceId, input }: { instanceId: string; input: unknown }): Promise<string> {
    const fail = this.failNextStart;
    this.failNextStart = null;
    if (fail === 'before') return Promise.reject(new Error('connection reset'));
    if (name !== 'monthlyRollout') return Promise.reject(new Error(`no orchestration ${name}`));
    this.started.push({ id: instanceId, input });
    this.known.add(instanceId);
    return fail === 'after' ? Promise.reject(new Error('connection reset')) : Promise.resolve(instanceId);
  }
}

const request = (
  services: FakeServices,
  client: FakeClient,
  month = NOVEMBER,
): ReturnType<typeof requestRollout> =>
  requestRollout(services, client as unknown as DurableClient, month, 'monthly timer');

const nothingYet = (nowUtc = RELEASED): Promise<FakeServices> => someServices({ control: null, nowUtc });

describe('R-103: the rollout of a month', () => {
  it('is a row first, then an orchestration of its name', async () => {
    const [services, client] = [await nothingYet(), new FakeClient()];
    const { control, created } = await request(services, client);
    expect(created).toBe(true);
    expect(control).toMatchObject({
      rolloutId: ROLLOUT,
      releasedUtc: '2026-11-10T18:00:00.000Z',
      endsUtc: '2026-12-08T18:00:00.000Z',
      endsBecause: 'superseded',
      mode: 'running',
      requestedBy: 'monthly timer',
    });
    expect(client.started).toEqual([{ id: ROLLOUT, input: { rolloutId: ROLLOUT, generation: 1, epoch: 1 } }]);
    expect((await services.audit.list(ROLLOUT)).map(({ what }) => what)).toEqual(['rolloutRequested']);
  });

  it('asked for twice is one: same row, same instance, one line in the audit', async () => {
    const [services, client] = [await nothingYet(), new FakeClient()];
    const first = await request(services, client);
    services.wait(86_400);
    expect(await request(services, client)).toEqual({ control: first.control, created: false });
    expect(client.started).toHaveLength(1);
    expect(await services.audit.list(ROLLOUT)).toHaveLength(1);
  });

  it('asked for twice at the same time is one', async () => {
    const [services, client] = [await nothingYet(), new FakeClient()];
    const both = await Promise.all([request(services, client), request(services, client)]);
    expect(both.map(({ created }) => created).sort()).toEqual([false, true]);
    expect(new Set(client.started.map(({ id }) => id))).toEqual(new Set([ROLLOUT]));
    expect(await services.rollouts.list()).toHaveLength(1);
  });

  it('whose host crashed between row and instance is started by the next request', async () => {
    const [services, client] = [await nothingYet(), new FakeClient()];
    client.failNextStart = 'before';
    await expect(request(services, client)).rejects.toThrow('connection reset');
    expect(client.started).toEqual([]);
    expect(await request(services, client)).toMatchObject({ created: false });
    expect(client.started).toHaveLength(1);
  });

  it('whose start was not answered has started nevertheless', async () => {
    const [services, client] = [await nothingYet(), new FakeClient()];
    client.failNextStart = 'after';
    expect(await request(services, client)).toMatchObject({ created: true });
    await request(services, client);
    expect(client.started).toHaveLength(1);
  });

  it('that has finished is never started again, although the host has forgotten its instance', async () => {
    const services = await someServices({ control: { mode: 'ended', endedUtc: '2026-11-30T00:00:00.000Z' } });
    const client = new FakeClient();
    services.clock.nowUtc = '2026-12-01T18:05:00.000Z';
    expect(await request(services, client)).toMatchObject({ created: false });
    expect(client.started).toEqual([]);
  });
});

describe('a rollout that makes no sense', () => {
  it.each([
    ['before its release', '2026-11-10T17:59:59.000Z', /not out yet/],
    ['after its end', '2026-12-08T18:00:00.000Z', /is over/],
  ])('is refused %s, without a trace', async (_when, nowUtc, why) => {
    const [services, client] = [await nothingYet(nowUtc), new FakeClient()];
    await expect(request(services, client)).rejects.toThrow(why);
    expect([await services.rollouts.list(), client.started]).toEqual([[], []]);
  });
});

describe('R-109: its end', () => {
  it.each([
    ['2026-11', '2026-12-08T18:00:00.000Z', 'superseded'],
    ['2026-08', '2026-09-08T17:00:00.000Z', 'superseded'],
    ['2026-06', '2026-07-09T17:00:00.000Z', 'deadlinePassed'],
  ])('of %s is %s: the next release, or 30 days', async (month, endsUtc, endsBecause) => {
    const releasedUtc = {
      '2026-11': RELEASED,
      '2026-08': '2026-08-12T00:00:00.000Z',
      '2026-06': '2026-06-10T00:00:00.000Z',
    };
    const services = await nothingYet(releasedUtc[month as keyof typeof releasedUtc]);
    const { control } = await request(services, new FakeClient(), Month.parse(month));
    expect(control).toEqual({ ...aControl(), ...control, endsUtc, endsBecause });
  });
});
