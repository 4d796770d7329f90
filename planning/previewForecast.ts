import type { RolloutControl } from '../domain/control';
import { imageFamilyOf } from '../domain/imageFamily';
import { eligibilityHolds } from '../domain/eligibility';
import { rolloutIdOf } from '../domain/ids';
import { timeZoneOf } from '../domain/timeZone';
import { tagOf } from '../domain/tags';
import type { VirtualMachine } from '../domain/virtualMachine';
import { forecastVm, type VmForecast } from './forecastVm';
import type { MonthPreview } from './monthPreview';
import type { RoundSlot } from './roundSlot';

/** Every VM against the 30 days, of a month that has only been previewed: nothing has an outcome yet. By its place in the fleet. */
export function previewForecast(
  { plan, policy, rows, vmOfRow }: MonthPreview,
  vms: readonly VirtualMachine[],
  asOfUtc: string,
): VmForecast[] {
  const planned = new Map<number, string>();
  for (const [n, { expectedStartUtc }] of rows.entries()) planned.set(vmOfRow[n] ?? -1, expectedStartUtc);
  const { releasedUtc } = plan;
  const control: RolloutControl = {
    rolloutId: rolloutIdOf(plan.month),
    month: plan.month,
    releasedUtc,
    endsUtc: plan.endsUtc,
    endsBecause: 'superseded',
    mode: 'running',
    generation: 1,
    requestedUtc: releasedUtc,
    requestedBy: 'preview',
    plannedUtc: releasedUtc,
    endedUtc: null,
    vmCount: vms.length,
    seed: plan.month,
    epoch: 1,
  };
  const starts = new Map<string, RoundSlot | null>();
  return vms.map((vm, place) =>
    forecastVm({
      asOfUtc,
      nowUtc: releasedUtc,
      policy,
      control,
      waitsForPerson: null,
      freezes: [],
      vm,
      timeZone: timeZoneOf(vm, policy).zone,
      ineligible: eligibilityHolds(vm, policy)[0] ?? null,
      outcome: null,
      plannedStartUtc: planned.get(place) ?? null,
      starts,
    }),
  );
}

/** What a VM is counted under: its region, subscription, image family, or the value of a tag. Null for an unknown way to count. */
export function groupOf(vm: VirtualMachine, by: string): string | null {
  if (by === 'region') return vm.region;
  if (by === 'subscription') return vm.subscriptionId;
  if (by === 'family') return imageFamilyOf(vm);
  return by.startsWith('tag:') ? (tagOf(vm.tags, by.slice('tag:'.length)) ?? 'none') : null;
}
