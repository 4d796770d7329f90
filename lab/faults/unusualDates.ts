import { DateTime } from 'luxon';
import type { Policy } from '../../domain/policy';
import { timeZoneOf } from '../../domain/timeZone';
import type { VirtualMachine } from '../../domain/virtualMachine';

/** What is unusual about the off-peak windows from one instant to another, where these VMs are. */
export function unusualDatesOf(
  vms: readonly VirtualMachine[],
  policy: Policy,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): string[] {
  const zones = [...new Set(vms.map((vm) => timeZoneOf(vm, policy).zone))];
  const offsetAt = (ms: number, zone: string): number => DateTime.fromMillis(ms, { zone }).offset;
  const [from, until] = [fromMs, untilMs].map((ms) => DateTime.fromMillis(ms, { zone: 'utc' }));
  const leapDay = DateTime.utc(from?.year ?? 0, 2, 29);
  return [
    ...(zones.some((zone) => offsetAt(fromMs, zone) !== offsetAt(untilMs, zone)) ? ['daylightSaving'] : []),
    ...(leapDay.isValid && leapDay.toMillis() > fromMs && leapDay.toMillis() < untilMs ? ['leapDay'] : []),
    ...(from?.year === until?.year ? [] : ['yearEnd']),
  ];
}
