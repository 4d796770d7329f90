import { chance } from '../../../domain/seed';
import type { HealthSignals } from '../../../domain/health';
import { monthIndexOf, monthStartMs, releaseMsOf, union, type Interval, type MonthIndex } from '../calendar';
import type { ActiveEffect, Installation, Machine, PowerSwitch } from './machine';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './rates';
import { agentGaps, offIntervals } from './schedules';
import { isDayOf, type EffectKind } from '../scenario';
import { tagOf } from '../../../domain/tags';
import type { VmReading } from '../../driver';

const NONE: readonly Interval[] = [];
const within = ({ fromMs, toMs }: Interval, ms: number): boolean => fromMs <= ms && ms < toMs;

/** The effect of this kind that strikes the VM at this instant. `call` numbers what may be struck by `percent`. */
export function strikes(
  machine: Machine,
  what: EffectKind,
  ms: number,
  call: string | number,
): ActiveEffect | undefined {
  return machine.effects.find(
    (active) =>
      active.effect.what === what &&
      within(active, ms) &&
      isDayOf(active.effect, ms) &&
      chance(active.dice, what, call) * 100 < active.effect.percent,
  );
}

/** When effects of a kind that has a time of its own last, in this month: clipped to it, so that no interval is longer. */
export function effectIntervals(machine: Machine, what: EffectKind, month: MonthIndex): readonly Interval[] {
  const effects = machine.effects.filter(({ effect }) => effect.what === what);
  if (effects.length === 0) return NONE;
  return effects.flatMap((active) =>
    [month - 1, month].flatMap((release) => {
      const { fromMs, toMs } = spanOf(active, release);
      const clipped = {
        fromMs: Math.max(fromMs, active.fromMs, monthStartMs(month)),
        toMs: Math.min(toMs, active.toMs, monthStartMs(month + 1)),
      };
      return clipped.fromMs < clipped.toMs ? [clipped] : [];
    }),
  );
}

/** The days of the effect after this release; with `forMinutes`, a stretch of that length that begins in them. */
export function spanOf({ effect, dice }: ActiveEffect, release: MonthIndex): Interval {
  const startMs = releaseMsOf(release);
  const nextMs = releaseMsOf(release + 1);
  const fromMs = Math.min(startMs + (effect.when?.fromDay ?? 0) * DAY_MS, nextMs);
  const toMs =
    effect.when === undefined ? nextMs : Math.min(startMs + (effect.when.toDay + 1) * DAY_MS, nextMs);
  if (effect.forMinutes === undefined || toMs <= fromMs) return { fromMs, toMs };
  const begins = Math.floor(fromMs + chance(dice, 'begins', release) * (toMs - fromMs));
  return { fromMs: begins, toMs: begins + effect.forMinutes * MINUTE_MS };
}

/** Off by the owner's habit or by a scenario: the intervals that start in this month, in order. */
export function offInMonth(machine: Machine, month: MonthIndex): readonly Interval[] {
  if (machine.habit === 'alwaysOn' && machine.effects.length === 0) return NONE;
  const known = machine.offByMonth.get(month);
  if (known !== undefined) return known;
  const habit =
    machine.habit === 'alwaysOn' ? NONE : offIntervals(machine.habit, machine.dice, machine.zone(), month);
  const off = union([...habit, ...effectIntervals(machine, 'poweredOff', month)]);
  machine.offByMonth.set(month, off);
  return off;
}

/** Manual switches win over habits: off until somebody starts it; on until the next time its owner would switch it off. */
export function isOn(machine: Machine, ms: number): boolean {
  return isOnAfter(machine, ms, lastSwitch(machine, ms));
}

/** The same, before anybody switched it at this very instant. */
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
  return !(
    offInMonth(machine, month).some((off) => off.fromMs > since && within(off, ms)) ||
    offInMonth(machine, month - 1).some((off) => off.fromMs > since && within(off, ms))
  );
}

function lastSwitch(machine: Machine, ms: number): PowerSwitch | undefined {
  return machine.switches.findLast(({ atMs }) => atMs <= ms);
}

/** A person started or restarted it: a hung reboot is over, and a pending one is done. */
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

/** When the agent is silent: the intervals that start in this month, by themselves or by a scenario. */
export function agentLostInMonth(machine: Machine, month: MonthIndex): readonly Interval[] {
  const gaps = agentGaps(machine.dice, month);
  return machine.effects.length === 0
    ? gaps
    : union([...gaps, ...effectIntervals(machine, 'agentLost', month)]);
}

export function hasAgent(machine: Machine): boolean {
  return machine.vm.provisionVMAgent !== false;
}

/** By which a fleet says what stands in the way of a VM's updates. */
const AGENT_VERSION_TAG = 'lowtide-agent-version';
const UPDATE_SERVICE_TAG = 'lowtide-windows-update-service';
const UPDATE_ENDPOINT_TAG = 'lowtide-update-endpoint';

export function agentVersionOf(machine: Machine): string | null {
  if (!hasAgent(machine)) return null;
  return tagOf(machine.vm.tags, AGENT_VERSION_TAG)?.trim() ?? machine.agentVersion;
}

/** as its tags say, and in order without them. */
export function guestOf({ vm }: Machine): NonNullable<VmReading['guest']> {
  const says = (tag: string, trouble: string): boolean =>
    tagOf(vm.tags, tag)?.trim().toLowerCase() === trouble;
  const service = says(UPDATE_SERVICE_TAG, 'stopped') ? 'stopped' : 'running';
  return {
    windowsUpdateService: vm.osType === 'Windows' ? service : 'unknown',
    updateEndpoint: says(UPDATE_ENDPOINT_TAG, 'unreachable') ? 'unreachable' : 'reachable',
  };
}

/** Without these the guest finds no updates and installs none. */
export function canReachUpdates(machine: Machine): boolean {
  const { windowsUpdateService, updateEndpoint } = guestOf(machine);
  return windowsUpdateService !== 'stopped' && updateEndpoint === 'reachable';
}

export function isAgentReady(machine: Machine, ms: number): boolean {
  if (!hasAgent(machine)) return false;
  const month = monthIndexOf(ms);
  return !(
    agentLostInMonth(machine, month).some((gap) => within(gap, ms)) ||
    agentLostInMonth(machine, month - 1).some((gap) => within(gap, ms)) ||
    machine.aftermaths.some(({ agentGap }) => agentGap !== null && within(agentGap, ms))
  );
}

export function powerStateOf(machine: Machine, ms: number): HealthSignals['powerState'] {
  if (isOn(machine, ms)) return 'running';
  return lastSwitch(machine, ms)?.deallocated === false ? 'stopped' : 'deallocated';
}

/** A hung reboot is first only slow. */
const REBOOT_PATIENCE_MS = 15 * MINUTE_MS;
/** How long one answer of a flapping VM lasts. */
const FLAP_MS = 5 * MINUTE_MS;

/** What platform signals say of the VM. */
export function signalsOf(machine: Machine, ms: number): HealthSignals {
  const powerState = powerStateOf(machine, ms);
  if (powerState !== 'running')
    return { powerState, vmAgent: 'unknown', resourceHealth: 'unknown', reboot: 'none', heartbeat: 'stale' };
  const reboot = rebootOf(machine.lastInstallation, ms);
  const fault = faultOf(machine, ms);
  if (fault === 'hung') return signals('notReady', 'unavailable', 'inProgress', 'stale');
  if (reboot === 'inProgress') return signals('notReady', 'unknown', reboot, 'stale');
  if (!isAgentReady(machine, ms)) return signals('notReady', 'unknown', reboot, 'stale');
  switch (fault) {
    case 'unhealthy':
      return signals('ready', 'unavailable', reboot, 'stale');
    case 'unknown':
      return signals('ready', 'unknown', reboot, 'unknown');
    case 'none':
      return signals('ready', 'available', reboot, 'fresh');
  }
}

function signals(
  vmAgent: HealthSignals['vmAgent'],
  resourceHealth: HealthSignals['resourceHealth'],
  reboot: HealthSignals['reboot'],
  heartbeat: HealthSignals['heartbeat'],
): HealthSignals {
  return { powerState: 'running', vmAgent, resourceHealth, reboot, heartbeat };
}

function rebootOf(installation: Installation | null, ms: number): HealthSignals['reboot'] {
  let answer: HealthSignals['reboot'] = 'none';
  for (const { atMs, action } of installation?.steps ?? []) {
    if (atMs > ms) break;
    if (action === 'rebootStarted') answer = 'inProgress';
    if (action === 'rebootCompleted') answer = 'completed';
    // A reboot that never completed is told by its fault; one cut short by the power switch is over when the VM runs again.
    if (action === 'installCompleted' && answer === 'inProgress') answer = 'none';
  }
  return answer;
}

function faultOf(machine: Machine, ms: number): 'none' | 'unhealthy' | 'unknown' | 'hung' {
  if (machine.effects.length > 0) {
    const sick = effectIntervals(machine, 'unhealthy', monthIndexOf(ms)).some((interval) =>
      within(interval, ms),
    );
    if (sick) return 'unhealthy';
  }
  for (const { faults } of machine.aftermaths)
    for (const fault of faults) {
      if (!within(fault, ms)) continue;
      if (fault.kind === 'unhealthy' || fault.kind === 'unknown') return fault.kind;
      if (fault.kind === 'rebootHangs') {
        if (wasStartedSince(machine, fault.fromMs, ms)) continue;
        return ms < fault.fromMs + REBOOT_PATIENCE_MS ? 'unknown' : 'hung';
      }
      if (chance(machine.dice, 'flap', Math.floor(ms / FLAP_MS)) < 0.5) return 'unhealthy';
    }
  return 'none';
}

const LATEST_EVERY_MS = 28 * DAY_MS;
/** Counted from here, so that the number of the latest version is plain. */
const EXTENSION_EPOCH_MS = Date.UTC(2024, 0, 1) + 9 * HOUR_MS;

/** The patch extension has a new version every four weeks. */
export function latestExtension(ms: number): string {
  return `1.6.${Math.max(0, Math.floor((ms - EXTENSION_EPOCH_MS) / LATEST_EVERY_MS))}`;
}
