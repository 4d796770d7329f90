import { countAsDown } from '../../activities/budgets/budgetMembers';
import { collectSecondChances } from '../../activities/collectSecondChances';
import { saveOutcomes } from '../../activities/rollout/saveOutcomes';
import { outcomeOf } from '../../domain/outcome';
import { Policy } from '../../domain/policy';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import { because } from '../../domain/reasons';
import { aVm } from '../support/builders';
import { HEALTHY } from '../support/fakeDriver';
import { aPhase, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';

const NOW = '2026-11-13T04:10:00.000Z';
const WINDOW_BEFORE = '2026-11-12T05:00:00.000Z';
const [vm, off, beside] = [
  aVm({ zone: '1', tags: { app: 'shop' } }),
  aVm({ zone: '1', tags: { app: 'shop' } }),
  aVm({ zone: '1' }),
];

/** A budget of one VM, which a member that is off uses up; one VM of it waits for a second chance, and one beside it. */
async function usedUp(): Promise<FakeServices> {
  const { budgets } = Policy.parse({ budgets: [{ name: 'shop', selector: { tag: 'app=shop' }, max: 1 }] });
  const services = await someServices({ vms: [vm, off, beside], nowUtc: NOW, policy: { budgets } });
  await services.rollouts.savePhase(ROLLOUT, aPhase());
  const waiting = [vm, beside].map(({ id, region }) => ({
    ...outcomeOf(id, WINDOW_BEFORE, because('budgetUsedUp', { budget: 'shop' })),
    phase: phaseIdOf(1),
    region,
    installation: null,
  }));
  await saveOutcomes(services, ROLLOUT, waiting);
  services.driver.change(off.id, { signals: { ...HEALTHY, powerState: 'deallocated' } });
  await countAsDown(services, [off.id]);
  return services;
}

async function takenBy(services: FakeServices, name: string): Promise<readonly string[]> {
  const phase = PhaseId.parse(name);
  await services.run(collectSecondChances, { nowUtc: services.nowUtc(), phase });
  return (await services.secondChances.taken(phase, ROLLOUT, 'eastus')).map(({ vmId }) => vmId);
}

it('INV-15: a VM of a budget that members use up waits for them as one that is off: no catch-up takes it; others go', async () => {
  const services = await usedUp();
  const probes = jest.spyOn(services.driver, 'probeHealth');
  expect(await takenBy(services, 'catchup-1')).toEqual([beside.id]);
  services.wait(3600);
  expect(await takenBy(services, 'catchup-2')).toEqual([]);
  expect(probes).toHaveBeenCalledTimes(1); // what was seen minutes ago is not probed
  services.driver.change(off.id, { signals: HEALTHY });
  services.wait(3600);
  expect(await takenBy(services, 'catchup-3')).toEqual([vm.id]);
});
