import { saveBudgetSizes } from '../../activities/budgets/budgetShares';
import { planStep } from '../../activities/rollout/planStep';
import { defaultPolicy, Policy } from '../../domain/policy';
import { forecastOf } from '../../operatorApi/keptForecasts';
import { previewPage } from '../../operatorApi/keptPreviews';
import { allPages } from '../../store/listPage';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { Month } from '../../domain/ids';
import { vmsOf } from '../support/builders';
import { HEALTHY } from '../support/fakeDriver';
import { aControl, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';

const members = vmsOf(6, () => ({ tags: { app: 'shop' } }));
const [first, second] = members;

/** The plan of a fleet of which some members of a budget of 2 are off, and what a preview says of the same fleet. */
async function planned(off: readonly (VirtualMachine | undefined)[]): Promise<FakeServices> {
  const budgets = [{ name: 'shop', selector: { tag: 'app=shop' }, max: 2 }];
  const policy = Policy.parse({ ...defaultPolicy, budgets, evidenceFirst: 100, standaloneSharePercent: 100 });
  const services = await someServices({ vms: members, policy, nowUtc: '2026-11-10T18:05:00.000Z' });
  await saveBudgetSizes(services, policy, members);
  for (const vm of off)
    if (vm !== undefined)
      services.driver.change(vm.id, {
        powerState: 'deallocated',
        signals: { ...HEALTHY, powerState: 'deallocated' },
      });
  await planStep(services, aControl({ seed: '2026-11' }));
  return services;
}

/** The most VMs whose rounds are planned for the same time, by the plan and by the preview. */
async function mostAtOnce(services: FakeServices): Promise<readonly number[]> {
  const counted = (starts: readonly string[]): number =>
    Math.max(...starts.map((start) => starts.filter((one) => one === start).length));
  const rounds: string[] = [];
  const pages = allPages((after) => services.plans.roundsPage(ROLLOUT, after, 100));
  for await (const { vmIds, expectedStartUtc } of pages) rounds.push(...vmIds.map(() => expectedStartUtc));
  const { answer } = await previewOf(services);
  const rows = answer.body['value'] as readonly { readonly expectedStartUtc: string }[];
  return [counted(rounds), counted(rows.map(({ expectedStartUtc }) => expectedStartUtc))];
}

const previewOf = (services: FakeServices): ReturnType<typeof previewPage> =>
  previewPage(
    services,
    { month: Month.parse('2026-11'), policy: services.policy },
    { selector: {}, after: 0, take: 100 },
  );

describe('INV-15: a budget with members that are down by themselves', () => {
  it('has as many of its VMs at once in plan and preview as its rounds get, no more', async () => {
    expect(await mostAtOnce(await planned([]))).toEqual([2, 2]);
    const services = await planned([first]);
    expect(await mostAtOnce(services)).toEqual([1, 1]);
    const { answer } = await previewOf(services);
    expect(answer.body['budgets']).toMatchObject([{ limit: 2, downCount: 1, room: 1, largestRound: 1 }]);
  });

  it('used up by them, is why its other VMs are at risk in the forecast, once no restart takes so long', async () => {
    const services = await planned([first, second]);
    const { answer } = await previewOf(services);
    expect(answer.body['budgets']).toMatchObject([{ downCount: 2, room: 0 }]);
    const whyOf = async (): Promise<readonly string[]> => {
      const forecast = await forecastOf(services, null);
      return [...new Set(forecast?.byPlace.map(({ state, why }) => `${state} ${why}`))].sort();
    };
    expect(await whyOf()).toEqual(['onTime ']);
    services.wait(2_000);
    const down = [first?.name, second?.name].join(', ');
    expect(await whyOf()).toEqual([
      `atRisk The budget shop has no room for one more: of its VMs ${down} are down by themselves.`,
      'onTime ',
    ]);
  });
});
