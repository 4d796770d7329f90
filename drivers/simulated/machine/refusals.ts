import { unmetRequirements, type RequirementFacts } from '../../../domain/requirements';
import { chance } from '../../../domain/seed';
import type { StartAnswer } from '../../driver';
import type { Machine, Operation } from './machine';
import { MINUTE_MS } from '../../../domain/timeUnits';
import { RATES } from './normalMonthRates';
import { agentVersionOf, guestOf, isAgentReady } from './agent';
import { isOn } from './power';
import { activeEffect } from './scenarioEffects';

type Refusal = Extract<StartAnswer, { kind: 'refused' }>;

/** Why the platform would not start this now; null when it would. */
export function refusalOf(
  machine: Machine | undefined,
  kind: Operation['kind'],
  nowMs: number,
): Refusal | null {
  if (machine === undefined || machine.goneMs <= nowMs) return refused('notFound', 'The VM does not exist.');
  // By the minute, so that asking again a little later is worth it.
  const minute = Math.floor(nowMs / MINUTE_MS);
  const throttled =
    activeEffect(machine, 'throttled', nowMs, minute) !== undefined ||
    chance(machine.vmSeed, 'throttled', minute) < RATES.throttled;
  if (throttled) {
    const seconds = Math.ceil(((minute + 1) * MINUTE_MS - nowMs) / 1_000);
    return refused('throttled', 'Too many calls for this VM. Try again later.', seconds);
  }
  if (!isOn(machine, nowMs)) return refused('notRunning', 'The VM is not running.');
  if (!isAgentReady(machine, nowMs)) return refused('agentNotReady', 'The VM agent does not report ready.');
  if (machine.current !== null && machine.current.endMs > nowMs)
    return refused('conflict', `Another operation is in progress on the VM (${machine.current.kind}).`, 60);
  const unmet = unmetRequirements(requirementFacts(machine)).find(
    ({ code }) => kind === 'extension' || code === 'LinuxAgentOutdated',
  );
  if (unmet !== undefined) return refused('notAllowed', unmet.message);
  if (kind === 'installation' && machine.enabledMs > nowMs)
    return refused('extensionMissing', 'The patch extension is not installed on the VM.');
  return null;
}

function requirementFacts(machine: Machine): RequirementFacts {
  return { vm: machine.vm, agent: { version: agentVersionOf(machine) }, guest: guestOf(machine) };
}

function refused(code: Refusal['code'], message: string, retryAfterSeconds: number | null = null): Refusal {
  return { kind: 'refused', code, message, retryAfterSeconds };
}
