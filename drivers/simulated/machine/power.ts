import type { HealthSignals } from '../../../domain/health';
import { monthIndexOf, NO_INTERVALS, union, within, type Interval, type MonthIndex } from '../calendar';
import type { Machine, PowerSwitch } from './machine';
import { offIntervals } from './powerHabits';
import { effectIntervals } from './scenarioEffects';

/** Off by the owner's habit or by a scenario: the intervals that start in this month, in order. */
export function offInMonth(machine: Machine, month: MonthIndex): readonly Interval[] {
  if (machine.habit === 'alwaysOn' && machine.effects.length === 0) return NO_INTERVALS;
  const known = machine.offByMonth.get(month);
  if (known !== undefined) return known;
  const habit =
    machine.habit === 'alwaysOn'
      ? NO_INTERVALS
      : offIntervals(machine.habit, machine.vmSeed, machine.zone(), month);
  const off = union([...habit, ...effectIntervals(machine, 'poweredOff', month)]);
  machine.offByMonth.set(month, off);
  return off;
}

/** Manual switches win over habits: off until it is started; on until the next time its habit would switch it off. */
export function isOn(machine: Machine, ms: number): boolean {
  return isOnAfter(machine, ms, lastSwitch(machine, ms));
}

/** The same, before a switch at this very instant. */
export function wasOnAt(machine: Machine, ms: number): boolean {
  return isOnAfter(
    machine,
    ms,
    machine.switches.findLast(({ atMs }) => atMs < ms),
  );
}

function isOnAfter(machine: Machine, ms: number, last: PowerSwitch | undefined): boolean {
  if (last?.on === false) return false;
  const since = last?.atMs ?? -Infinity;
  const month = monthIndexOf(ms);
  return (
    !isOffIn(offInMonth(machine, month), since, ms) && !isOffIn(offInMonth(machine, month - 1), since, ms)
  );
}

/** They are in order. */
function isOffIn(intervals: readonly Interval[], since: number, ms: number): boolean {
  for (const off of intervals) {
    if (off.fromMs > ms) return false;
    if (off.fromMs > since && within(off, ms)) return true;
  }
  return false;
}

function lastSwitch({ switches }: Machine, ms: number): PowerSwitch | undefined {
  for (let n = switches.length - 1; n >= 0; n -= 1) {
    const one = switches[n];
    if (one !== undefined && one.atMs <= ms) return one;
  }
  return undefined;
}

/** It was started or restarted by a request: a hung reboot is over, and a pending one is done. */
export function wasStartedSince(machine: Machine, sinceMs: number, ms: number): boolean {
  return machine.switches.some(({ atMs, on }) => on && sinceMs < atMs && atMs <= ms);
}

/** The first instant after `afterMs`, and before `beforeMs`, at which a VM that is on goes off; Infinity for none. */
export function nextOffMs(machine: Machine, afterMs: number, beforeMs: number): number {
  for (let month = monthIndexOf(afterMs) - 1; month <= monthIndexOf(beforeMs); month += 1)
    for (const { fromMs } of offInMonth(machine, month))
      if (fromMs > afterMs && fromMs < beforeMs) return fromMs;
  return Infinity;
}

export function powerStateOf(machine: Machine, ms: number): HealthSignals['powerState'] {
  if (isOn(machine, ms)) return 'running';
  return lastSwitch(machine, ms)?.deallocated === false ? 'stopped' : 'deallocated';
}
