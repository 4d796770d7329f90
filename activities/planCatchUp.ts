import type { z } from 'zod';
import type { AvailabilitySetId, VmId } from '../domain/ids';
import type { VirtualMachine } from '../domain/virtualMachine';
import { makeCatchUpPlan, type CatchUpRequest } from '../planning/makeCatchUpPlan';
import { allPages, PAGE_OF_ONE_REQUEST } from '../store/listPage';
import type { TakenChance } from '../store/secondChances';
import * as contracts from './contracts';
import { budgetsDown, budgetSizesNow } from './budgets/budgetShares';
import { stagesOf } from './readRegion';
import { activity, type Services } from './services';
import { sideBySide } from './sideBySide';

/** The plan is made whole last: a repeat after a crash makes the same one, and the rounds of a catch-up that runs are not touched any more. */
export const planCatchUp = activity(contracts.planCatchUp, async (services, where) => {
  const kept = await services.plans.catchUpRounds(where.rolloutId, where.phase, where.region);
  const rounds = kept ?? (await planned(services, where));
  return { rounds, stages: await stagesOf(services, where) };
});

async function planned(
  services: Services,
  { rolloutId, region, phase }: z.output<typeof contracts.planCatchUp.input>,
): Promise<number> {
  const taken = await services.secondChances.taken(phase, rolloutId, region);
  const vms = await knownVms(services, taken);
  const { policy } = services;
  const budgets = { sizes: await budgetSizesNow(services), downCounts: await budgetsDown(services) };
  const regions = makeCatchUpPlan({
    vms,
    policy,
    budgets,
    nowUtc: services.nowUtc(),
    ...(await sizesFor(services, vms)),
  });
  const here = regions.find((one) => one.region === region) ?? null;
  return services.plans.saveCatchUp(rolloutId, phase, region, here);
}

/** VMs that are read one by one. A region has up to 50,000: of more than these the pages of the whole inventory take less time. */
const READ_ALONE_MAX = 2000;

/** Those of the inventory, in any order. */
async function knownVms(
  { inventory }: Services,
  taken: readonly TakenChance[],
): Promise<readonly VirtualMachine[]> {
  if (taken.length <= READ_ALONE_MAX) {
    const read = await sideBySide(taken, ({ vmId }) => inventory.read(vmId));
    return read.filter((vm) => vm !== null);
  }
  const wanted = new Set<VmId>(taken.map(({ vmId }) => vmId));
  const vms: VirtualMachine[] = [];
  for await (const vm of allPages((after) => inventory.page(after, PAGE_OF_ONE_REQUEST)))
    if (wanted.has(vm.id)) vms.push(vm);
  return vms;
}

/** How large the sets and the subscriptions of these VMs are in the inventory: shares are shares of that. */
async function sizesFor(
  { inventory }: Services,
  vms: readonly VirtualMachine[],
): Promise<Pick<CatchUpRequest, 'setSizes' | 'standaloneCount'>> {
  const ids = new Set<AvailabilitySetId>(
    vms.flatMap(({ availabilitySetId: id }) => (id === null ? [] : [id])),
  );
  const sizes = await sideBySide([...ids], async (id) => [id, await inventory.setSize(id)] as const);
  const standalone = new Map<string, VirtualMachine>(
    vms.flatMap((vm) => (vm.availabilitySetId === null ? [[placeOf(vm.region, vm.subscriptionId), vm]] : [])),
  );
  const counts = await sideBySide(
    [...standalone],
    async ([place, { subscriptionId, region }]) =>
      [place, await inventory.standaloneCount(subscriptionId, region)] as const,
  );
  const countOf = new Map(counts);
  return {
    setSizes: new Map(sizes),
    standaloneCount: (region, subscriptionId) => countOf.get(placeOf(region, subscriptionId)) ?? 1,
  };
}

const placeOf = (region: string, subscriptionId: string): string =>
  `${region} ${subscriptionId.toLowerCase()}`;
