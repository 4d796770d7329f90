import {
  budgetSizesNow,
  heldByBudget,
  saveBudgetSizes,
  withBudgets,
} from '../../activities/budgets/budgetShares';
import type { Services } from '../../activities/services';
import { defaultPolicy, Policy } from '../../domain/policy';
import { repositoriesOn } from '../../store/repositories';
import { memoryStore } from '../../store/memoryTable';
import { aVm } from '../support/builders';

const BUDGETS = [{ name: 'shop', selector: { tag: 'app=shop' }, max: '50%' }];
const vms = [1, 2, 3, 4].map((n) => aVm({ name: `shop-${n}`, tags: { app: 'shop' } }));
const other = aVm({ name: 'other', tags: {} });

async function services(budgets: readonly unknown[] = BUDGETS): Promise<Services> {
  const repositories = repositoriesOn(memoryStore(), defaultPolicy);
  for (const vm of [...vms, other]) await repositories.inventory.save(vm);
  return {
    ...repositories,
    nowUtc: () => '2026-11-13T03:15:00.000Z',
    policy: Policy.parse({ budgets }),
  } as unknown as Services;
}

/** None of its members is known to be down. */
const SHOP = { budget: 'shop', down: '', notClaimed: false };

const place = {
  region: 'eastus',
  zone: null,
  availabilitySetId: null,
  updateDomain: null,
  count: 5,
  shareMax: null,
};
const ids = [...vms, other].map(({ id }) => id);

it('a share is of the VMs that the last listing counted by the same selector; of one that is not counted it is one VM', async () => {
  const known = await services();
  expect((await withBudgets(known, place, ids)).budgets).toEqual([{ budget: 'shop', count: 1, max: 1 }]);
  await saveBudgetSizes(known, known.policy, [...vms, other]);
  expect((await withBudgets(known, place, ids)).budgets).toEqual([{ budget: 'shop', count: 2, max: 2 }]);
  const changed = { ...known, policy: Policy.parse({ budgets: [{ ...BUDGETS[0], selector: {} }] }) };
  expect([...(await budgetSizesNow(changed))]).toEqual([]);
});

it('of a round, only so many VMs of a budget begin at once as its claim covers, those under way included', async () => {
  const known = await services();
  const disruption = { ...place, budgets: [{ budget: 'shop', count: 2, max: 2 }] };
  expect(await heldByBudget(known, disruption, [], ids)).toEqual([null, null, SHOP, SHOP, null]);
  expect(await heldByBudget(known, disruption, ids.slice(0, 1), ids.slice(1))).toEqual([
    null,
    SHOP,
    SHOP,
    null,
  ]);
  expect(await heldByBudget(known, place, [], ids)).toEqual([null, null, null, null, null]);
});
