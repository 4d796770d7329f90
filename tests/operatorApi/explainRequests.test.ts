import { phaseIdOf } from '../../domain/phaseId';
import type { Freeze } from '../../domain/freezes';
import { explainRoutes } from '../../operatorApi/explain';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { forgetSharedFacts } from '../../operatorApi/sharedFacts';
import { RequestsMade } from '../../lab/bench/requestsMade';
import { repositoriesOn } from '../../store/repositories';
import { vmsOf } from '../support/builders';
import { ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';
import { planOf } from '../support/fleets';

const fleet = vmsOf(60, (n) => ({ region: n % 2 === 0 ? 'eastus' : 'westus' }));
const plan = planOf(fleet);

interface Asked {
  readonly services: FakeServices;
  /** What `why` says of the nth VM, and the requests to the tables that it took. */
  readonly why: (n: number) => Promise<{
    readonly holds: readonly string[];
    readonly place: unknown;
    readonly requests: readonly string[];
  }>;
}

async function aPlannedFleet(): Promise<Asked> {
  const services = await someServices({ vms: fleet });
  await services.plans.savePart(plan, 0, Infinity);
  for (const { phase, regions, vmCount } of plan.phases)
    await services.rollouts.savePhase(ROLLOUT, {
      phase: phaseIdOf(phase),
      regions: regions.map(({ region }) => region),
      vmCount,
      startedUtc: null,
      gate: null,
    });
  const made = new RequestsMade();
  const counted = { ...services, ...repositoriesOn(made.wrap(services.store), services.policy) };
  const [route] = explainRoutes;
  return {
    services: counted,
    why: async (n) => {
      const before = made.counts;
      const request = { query: (name: string) => (name === 'id' ? fleet[n]?.id : null) ?? null };
      const answer = await route?.handler(
        request as unknown as OperatorRequest,
        { services: counted } as unknown as OperatorContext,
      );
      const { holds, place } = answer?.jsonBody as { holds: { reason: string }[]; place: unknown };
      const requests = [...made.counts].flatMap(([name, count]) =>
        Array.from({ length: count - (before.get(name) ?? 0) }, () => name),
      );
      return { holds: holds.map(({ reason }) => reason), place, requests: requests.sort() };
    },
  };
}

describe('an explanation', () => {
  test('asks the tables for the three rows of its VM: what VMs share was read for the one before', async () => {
    const { why } = await aPlannedFleet();
    const first = await why(0);
    const second = await why(2);
    expect(first.requests.length).toBeGreaterThan(second.requests.length);
    expect(second.requests).toEqual(['inventory.get', 'operations.get', 'outcomes.get']);
    expect([first.place, second.place]).toEqual([
      expect.objectContaining({ region: 'eastus' }),
      expect.objectContaining({ region: 'eastus' }),
    ]);
  });

  test('of a VM in another region reads the rounds of that region once, and its own place in them', async () => {
    const { why } = await aPlannedFleet();
    await why(0);
    expect((await why(1)).requests).toEqual([
      'inventory.get',
      'operations.get',
      'outcomes.get',
      'plans.list',
    ]);
    const next = await why(3);
    expect(next.requests).not.toContain('plans.list');
    expect(next.place).toMatchObject({ region: 'westus' });
  });

  test('knows of a freeze at once where it was written, and on a clock that has jumped', async () => {
    const { services, why } = await aPlannedFleet();
    expect((await why(0)).holds).toEqual([]);
    const launch: Freeze = {
      id: 'launch',
      kind: 'freeze',
      selector: {},
      from: '2026-11-12',
      to: '2026-11-14',
      timeZone: null,
      reason: 'A launch.',
      owner: 'ops',
      createdUtc: services.nowUtc(),
      createdBy: 'me',
    };
    await services.freezes.save(launch, null);
    services.wait(121);
    expect((await why(0)).holds).toEqual(['frozen']);
    await services.freezes.remove(launch);
    forgetSharedFacts(services);
    expect((await why(0)).holds).toEqual([]);
  });
});
