import { VmId } from '../../../domain/ids';
import { calibrationOf } from '../../../lab/bench/calibration';
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
  expect(finishRatios(plan, { virtualMachines })).toEqual({
    p50: 0.5,
    p95: 0.5,
    p50OffHours: -10,
    p95OffHours: -19,
  });
  // What was never done says nothing of the finish, however late its outcome is.
  const skipped = virtualMachines.map((one, n) =>
    n < 10 ? one : { ...one, kind: 'skipped', atUtc: after(700) },
  );
  expect(finishRatios(plan, { virtualMachines: skipped })).toMatchObject({ p50: 0.5, p95: 0.5 });
  const late = virtualMachines.map((one, n) => (n < 18 ? one : { ...one, atUtc: after(380) }));
  expect(finishRatios(plan, { virtualMachines: late })).toMatchObject({ p50: 0.5, p95: 19 / 380 });
});

test('a month keeps to its finish within 10 %, or within a window', () => {
  const month = (ratio: number, offHours: number): Record<string, number> => ({
    finishP50: ratio,
    finishP50OffHours: offHours,
    finishP95: ratio,
    finishP95OffHours: offHours,
  });
  const months = [month(1.09, 30), month(0.8, -20), month(0.8, -40), month(1.3, 25)];
  expect(calibrationOf(months).map(({ median }) => median)).toEqual([25, 50, 25, 50]);
});
