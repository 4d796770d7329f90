import { eligibility } from '../domain/eligibility';
import { judgeHealth } from '../domain/health';
import { isOpen, windowAtOrAfter } from '../domain/offPeak';
import type { Outcome, OutcomeKind, OutcomeReason } from '../domain/outcome';
import { unmetRequirements } from '../domain/requirements';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { VmReading } from '../drivers/driver';
import * as contracts from './contracts';
import { askControl } from './control';
import { activity, type AnswerTo, type Services } from './services';

export type Ending = readonly [OutcomeKind, OutcomeReason, string];

export const lookAtVm = activity(
  contracts.lookAtVm,
  async (services, input): Promise<AnswerTo<typeof contracts.lookAtVm>> => {
    const ending = await obstacle(services, input);
    if (ending === null) return { kind: 'go' };
    return { kind: 'end', outcome: outcomeNow(services, input.vmId, ending) };
  },
);

async function obstacle(
  services: Services,
  input: {
    rolloutId: contracts.RoundScope['rolloutId'];
    phase: string;
    region: string;
    vmId: VirtualMachine['id'];
  },
): Promise<Ending | null> {
  const control = await askControl(services, input);
  if (control.kind === 'stop') return ['skipped', control.reason, ''];
  if (control.kind === 'wait') return ['deferred', control.reason, control.why];
  const reading = await services.driver.readVirtualMachine(input.vmId);
  if (reading === null) return ['skipped', 'vmDeleted', 'The VM does not exist any more.'];
  return obstacleIn(reading, services) ?? windowObstacle(reading.vm, services);
}

/** What the platform says of the VM itself. A VM that is unhealthy before is not counted against the update. */
function obstacleIn(reading: VmReading, { policy }: Services): Ending | null {
  const { vm, powerState, agent, signals } = reading;
  const eligible = eligibility(vm, policy);
  if (eligible.kind === 'ineligible') return ['skipped', eligible.reason, eligible.detail];
  if (powerState !== 'running')
    return ['deferred', 'poweredOff', `The VM is ${powerState} in its off-peak hours.`];
  if (agent.status !== 'ready') return ['deferred', 'agentSilent', `The VM agent is ${agent.status}.`];
  // R-502, asked at every look: an agent may be replaced by an older one, and an imported VM was never enabled by Lowtide.
  const outdated = unmetRequirements(reading).find(({ code }) => code === 'LinuxAgentOutdated');
  if (outdated !== undefined) return ['deferred', 'agentOutdated', outdated.message];
  const { answer, because } = judgeHealth(signals);
  if (answer === 'unhealthy') return ['skipped', 'unhealthyBefore', `Before its update ${because}.`];
  if (answer === 'unknown') return ['deferred', 'agentSilent', `Its health is unknown: ${because}.`];
  return null;
}

/** The plan was made for the time zone of that day; the owner may have changed it since. */
function windowObstacle(vm: VirtualMachine, { policy, nowUtc }: Services): Ending | null {
  const now = nowUtc();
  const window = windowAtOrAfter(timeZoneOf(vm, policy).zone, policy, now);
  if (isOpen(window, now)) return null;
  return ['deferred', 'windowMissed', `Its off-peak hours begin at ${window.opensUtc}.`];
}

export function outcomeNow(
  services: Services,
  vmId: VirtualMachine['id'],
  [kind, reason, detail]: Ending,
): Outcome {
  return { vmId, kind, reason, detail, atUtc: services.nowUtc() };
}
