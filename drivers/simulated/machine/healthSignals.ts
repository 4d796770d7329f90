import type { HealthSignals } from '../../../domain/health';
import { chance } from '../../../domain/seed';
import { isWithinAny, monthIndexOf, within } from '../calendar';
import { MINUTE_MS } from '../../../domain/timeUnits';
import { isAgentReady } from './agent';
import type { Installation, Machine } from './machine';
import { powerStateOf, wasStartedSince } from './power';
import { effectIntervals } from './scenarioEffects';

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
    // A reboot that never completes shows in its fault; one cut short by the power switch is over when the VM runs again.
    if (action === 'installCompleted' && answer === 'inProgress') answer = 'none';
  }
  return answer;
}

function faultOf(machine: Machine, ms: number): 'none' | 'unhealthy' | 'unknown' | 'hung' {
  if (machine.effects.length > 0) {
    const isUnhealthy = isWithinAny(effectIntervals(machine, 'unhealthy', monthIndexOf(ms)), ms);
    if (isUnhealthy) return 'unhealthy';
  }
  for (const { faults } of machine.installationsWithFaults)
    for (const fault of faults) {
      if (!within(fault, ms)) continue;
      if (fault.kind === 'unhealthy' || fault.kind === 'unknown') return fault.kind;
      if (fault.kind === 'rebootHangs') {
        if (wasStartedSince(machine, fault.fromMs, ms)) continue;
        return ms < fault.fromMs + REBOOT_PATIENCE_MS ? 'unknown' : 'hung';
      }
      if (chance(machine.vmSeed, 'flap', Math.floor(ms / FLAP_MS)) < 0.5) return 'unhealthy';
    }
  return 'none';
}
