import { startLowtideHost, type Host } from '../emulator/support/nativeHost';

const RELEASED = '2026-11-10T18:00:00.000Z';
const ROLLOUT = '/api/rollouts/rollout-2026-11';
const FLEET = [
  {
    id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web-1',
    location: 'eastus',
  },
];

describe('a rollout whose driver lists no VM', () => {
  let host: Host;
  const start = async (): Promise<void> => {
    host = await startLowtideHost({
      clock: { kind: 'virtual', startUtc: RELEASED },
      store: { kind: 'memory' },
      strict: true,
      environment: { LOWTIDE_STORE: 'memory', LOWTIDE_STATE_DIR: '', LOWTIDE_FLEET: '' },
    });
    await host.request('POST', '/api/rollouts', { month: '2026-11' });
    await host.runUntil('2026-11-12T18:30:00.000Z');
  };

  const rollout = async (): Promise<unknown> => (await host.request('GET', ROLLOUT)).body;
  const audit = async (): Promise<unknown> =>
    ((await host.request('GET', `${ROLLOUT}/audit`)).body as { value: unknown }).value;

  describe('and that goes on', () => {
    beforeAll(start);
    afterAll(() => host.close());

    it('does not end: it waits, and says since when and why', async () => {
      expect(await rollout()).toMatchObject({
        state: 'waitingForInventory',
        waitsForInventory: { sinceUtc: RELEASED, why: expect.stringMatching(/lists no VM/) as string },
        endedUtc: null,
        vmCount: null,
      });
    });

    it('costs one look an hour: it does not poll', () => {
      const rows = host.instance('rollout-2026-11.1:inventory')?.history.length ?? Infinity;
      expect(rows).toBeLessThan(20);
      expect(host.stats.durableSteps).toBeLessThan(49 * 25);
    });

    it('is planned at once when VMs are listed', async () => {
      await host.request('POST', '/api/fleet', FLEET);
      await host.runUntil('2026-11-12T18:31:00.000Z');
      expect(await rollout()).toMatchObject({ waitsForInventory: null, vmCount: 1 });
    });
  });

  describe('ends', () => {
    beforeEach(start);
    afterEach(() => host.close());

    it('when a person cancels it', async () => {
      await host.request('POST', `${ROLLOUT}/cancel`, { reason: 'wrong subscription' });
      await host.runUntil('2026-11-12T19:31:00.000Z');
      expect(await rollout()).toMatchObject({ state: 'cancelled', waitsForInventory: null });
    });

    it('with its time, and its audit says that nothing was planned', async () => {
      await host.runUntil('2026-12-11T18:00:00.000Z');
      expect(await rollout()).toMatchObject({ state: 'ended', vmCount: null, outcomes: {} });
      expect(await audit()).toContainEqual(
        expect.objectContaining({
          what: 'rolloutEnded',
          why: expect.stringMatching(/^Nothing was planned/) as string,
        }),
      );
    });
  });
});
