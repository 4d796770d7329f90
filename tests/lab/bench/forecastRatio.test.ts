import { VmId } from '../../../domain/ids';
import { finishRatios } from '../../../lab/bench/forecastRatio';
import type { Plan } from '../../../planning/plan';

const RELEASED = '2026-11-10T18:00:00.000Z';
const after = (hours: number): string => new Date(Date.parse(RELEASED) + hours * 3_600_000).toISOString();
const idOf = (n: number): VmId =>
  VmId.parse(`/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-${n}`);

test('a finish is calibrated over the VMs that were done: twice as long as foreseen is a ratio of one half', () => {
  const rounds = Array.from({ length: 20 }, (_, n) => ({ vmIds: [idOf(n)], expectedEndUtc: after(n + 1) }));
  const plan = {
    releasedUtc: RELEASED,
    phases: [{ regions: [{ stages: [{ groups: [{ rounds }] }] }] }],
  } as unknown as Plan;
  const virtualMachines = rounds.map(({ vmIds: [vm = ''] }, n) => ({
    vm,
    kind: 'patched',
    reason: 'installed',
    atUtc: after(2 * (n + 1)),
  }));
  expect(finishRatios(plan, { virtualMachines })).toEqual({ p50: 0.5, p95: 0.5 });
  // What was never done says nothing of the finish, however late its outcome is.
  const skipped = virtualMachines.map((one, n) =>
    n < 10 ? one : { ...one, kind: 'skipped', atUtc: after(700) },
  );
  expect(finishRatios(plan, { virtualMachines: skipped })).toEqual({ p50: 0.5, p95: 0.5 });
  const late = virtualMachines.map((one, n) => (n < 18 ? one : { ...one, atUtc: after(380) }));
  expect(finishRatios(plan, { virtualMachines: late })).toEqual({ p50: 0.5, p95: 19 / 380 });
});
