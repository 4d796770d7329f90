import fc from 'fast-check';
import { HealthSignals, healthFrom } from '../../domain/health';
import { HEALTHY } from '../support/fakeDriver';

const anySignals = fc.record({
  powerState: fc.constantFrom(...HealthSignals.shape.powerState.options),
  vmAgent: fc.constantFrom(...HealthSignals.shape.vmAgent.options),
  resourceHealth: fc.constantFrom(...HealthSignals.shape.resourceHealth.options),
  reboot: fc.constantFrom(...HealthSignals.shape.reboot.options),
  heartbeat: fc.constantFrom(...HealthSignals.shape.heartbeat.options),
});

describe('R-106, R-204: health, from platform signals', () => {
  it('is healthy when every signal says so, also after a reboot', () => {
    expect(healthFrom(HEALTHY)).toEqual({ answer: 'healthy', because: '' });
    expect(healthFrom({ ...HEALTHY, reboot: 'completed' }).answer).toBe('healthy');
  });

  it.each([
    [{ resourceHealth: 'unavailable' }, 'unhealthy'],
    [{ resourceHealth: 'degraded' }, 'unhealthy'],
    [{ resourceHealth: 'unknown' }, 'unknown'],
    [{ vmAgent: 'notReady' }, 'unknown'],
    [{ vmAgent: 'unknown' }, 'unknown'],
    [{ heartbeat: 'stale' }, 'unknown'],
    [{ heartbeat: 'unknown' }, 'unknown'],
    [{ reboot: 'inProgress' }, 'unknown'],
    [{ reboot: 'unknown' }, 'unknown'],
    [{ powerState: 'starting' }, 'unknown'],
    [{ powerState: 'unknown' }, 'unknown'],
    [{ powerState: 'stopped' }, 'stopped'],
    [{ powerState: 'deallocating' }, 'stopped'],
  ] as const)('%j alone makes it %s, and says why', (signal, answer) => {
    const verdict = healthFrom({ ...HEALTHY, ...signal });
    expect(verdict.answer).toBe(answer);
    expect(verdict.because).not.toBe('');
  });

  it('INV-10: silence of any signal is never healthy', () => {
    fc.assert(
      fc.property(anySignals, (signals) => {
        fc.pre(Object.values<string>(signals).includes('unknown'));
        return healthFrom(signals).answer !== 'healthy';
      }),
    );
  });

  it('a VM its owner stopped is no verdict on the update, whatever else is said', () => {
    fc.assert(
      fc.property(
        anySignals,
        (signals) => healthFrom({ ...signals, powerState: 'deallocated' }).answer === 'stopped',
      ),
    );
  });
});
