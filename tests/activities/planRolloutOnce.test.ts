import { planRollout } from '../../activities/planRollout';
import { vmsOf } from '../support/builders';
import { someServices, ROLLOUT, type FakeServices } from '../support/fakeServices';
import { countCalls, dyingAt } from '../support/interleave';

const scene = (): Promise<FakeServices> =>
  someServices({
    vms: vmsOf(6, (n) => ({ name: `vm-${n}`, region: n < 3 ? 'eastus' : 'northeurope' })),
    control: { plannedUtc: null, vmCount: null },
  });

/** Through the services it is given, which may be one that dies. */
const plan = (services: FakeServices): Promise<unknown> =>
  planRollout.handler(services)({ rolloutId: ROLLOUT });

describe('the plan of a month', () => {
  it.each(['before', 'after'] as const)(
    'is whole and known when it is asked for again after the process died right %s any of its calls',
    async (when) => {
      const whole = await scene();
      const calls = await countCalls(whole, plan);
      expect(calls).toBeGreaterThan(5);
      const phases = await whole.rollouts.phases(ROLLOUT);
      expect(phases.length).toBeGreaterThan(1);
      for (let n = 1; n <= calls; n += 1) {
        const services = await scene();
        await dyingAt(services, n, when, plan);
        await plan(services);
        expect(await services.rollouts.phases(ROLLOUT)).toEqual(phases);
        expect(await services.rollouts.read(ROLLOUT)).toMatchObject({
          vmCount: 6,
          plannedUtc: services.nowUtc(),
        });
        const rows = await services.audit.list(ROLLOUT);
        expect(rows.map(({ what }) => what)).toEqual(['rolloutPlanned']);
      }
    },
  );
});
