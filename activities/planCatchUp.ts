import { setShare } from '../domain/disruption';
import type { AvailabilitySetId } from '../domain/ids';
import type { VirtualMachine } from '../domain/virtualMachine';
import { planCatchUpRounds, type CatchUpVm } from '../planning/planCatchUpRounds';
import * as contracts from './contracts';
import { activity, type Services } from './services';
import { sideBySide } from './sideBySide';

/** The plan is made whole last: a repeat after a crash makes the same one, and the rounds of a catch-up that runs are not touched any more. */
export const planCatchUp = activity(contracts.planCatchUp, async (services, { rolloutId, region, phase }) => {
  const kept = await services.plans.catchUpRounds(rolloutId, phase, region);
  if (kept !== null) return { rounds: kept };
  const taken = await services.secondChances.taken(phase, rolloutId, region);
  const known = await sideBySide(taken, ({ vmId }) => services.inventory.read(vmId));
  const vms = taken.flatMap(({ timeZone }, n): CatchUpVm[] => {
    const vm = known[n] ?? null;
    return vm === null ? [] : [{ vm, timeZone }];
  });
  const sets = await sharesOf(
    services,
    vms.map(({ vm }) => vm),
  );
  const rounds = planCatchUpRounds(vms, sets, phase, services.nowUtc());
  await services.plans.saveCatchUp(rolloutId, phase, region, rounds);
  return { rounds: rounds.length };
});

async function sharesOf(
  { inventory, policy }: Services,
  vms: readonly VirtualMachine[],
): Promise<ReadonlyMap<AvailabilitySetId, { size: number; share: number }>> {
  const ids = new Set(vms.flatMap(({ availabilitySetId: id }) => (id === null ? [] : [id])));
  const sizes = await sideBySide([...ids], async (id) => [id, await inventory.setSize(id)] as const);
  return new Map(sizes.map(([id, size]) => [id, { size, share: setShare(size, policy) }]));
}
