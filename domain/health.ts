import { z } from 'zod';

/**
 * What the platform says of a VM at one instant. Each probe keeps its signals, so that the reason can be shown. `notDeclared`: the driver has
 * no such signal of this VM, or one that can only object; health does not wait for it. A `pending` reboot is no fault: the VM works, and some
 * of what was installed on it does not yet.
 */
export const HealthSignals = z.object({
  powerState: z.enum([
    'running',
    'starting',
    'stopping',
    'stopped',
    'deallocating',
    'deallocated',
    'unknown',
  ]),
  vmAgent: z.enum(['ready', 'notReady', 'unknown']),
  resourceHealth: z.enum(['available', 'degraded', 'unavailable', 'unknown', 'notDeclared']),
  reboot: z.enum(['none', 'pending', 'inProgress', 'completed', 'unknown']),
  heartbeat: z.enum(['fresh', 'stale', 'unknown', 'notDeclared']),
  /** What the application itself answers, where something on the VM asks it; absent where nothing does. */
  applicationHealth: z.enum(['healthy', 'unhealthy', 'unknown']).exactOptional(),
});
export type HealthSignals = Readonly<z.infer<typeof HealthSignals>>;

/** `stopped`: its owner powered it off; no verdict on the update (design section 6). */
export const HealthAnswer = z.enum(['healthy', 'unhealthy', 'unknown', 'stopped']);
export type HealthAnswer = z.infer<typeof HealthAnswer>;

export interface HealthVerdict {
  readonly answer: HealthAnswer;
  /** Which signal decided, in words; empty for healthy. */
  readonly because: string;
}

/** the health of a VM by platform signals alone. Healthy needs every signal; silence is unknown, never healthy. */
export function healthFrom(signals: HealthSignals): HealthVerdict {
  const { powerState, vmAgent, resourceHealth, reboot, heartbeat, applicationHealth } = signals;
  if (['stopped', 'stopping', 'deallocated', 'deallocating'].includes(powerState))
    return { answer: 'stopped', because: `the VM is ${powerState}` };
  if (resourceHealth === 'unavailable')
    return { answer: 'unhealthy', because: 'resource health says unavailable' };
  if (resourceHealth === 'degraded') return { answer: 'unhealthy', because: 'resource health says degraded' };
  if (applicationHealth === 'unhealthy')
    return { answer: 'unhealthy', because: 'the application on it answers that it is unhealthy' };
  if (powerState !== 'running') return { answer: 'unknown', because: `the power state is ${powerState}` };
  if (reboot === 'inProgress') return { answer: 'unknown', because: 'a reboot has not completed' };
  if (reboot === 'unknown')
    return { answer: 'unknown', because: 'it is not known whether a reboot completed' };
  if (vmAgent !== 'ready') return { answer: 'unknown', because: `the VM agent is ${vmAgent}` };
  if (applicationHealth === 'unknown')
    return { answer: 'unknown', because: 'the application on it does not say how it is' };
  if (heartbeat !== 'fresh' && heartbeat !== 'notDeclared')
    return { answer: 'unknown', because: `the heartbeat is ${heartbeat}` };
  if (resourceHealth === 'unknown') return { answer: 'unknown', because: 'resource health is unknown' };
  return { answer: 'healthy', because: '' };
}
