import type { DurableClient } from 'durable-functions';
import type { Services } from '../../activities/services';
import { PhaseId } from '../../domain/phaseId';
import { startInstance, instanceStatus } from '../../composition/orchestrationInstances';
import { reviveRollouts } from '../../operatorApi/startRollout';
import { startReleasedMonth } from '../../operatorApi/timers/startReleasedMonth';
import { startSweeps } from '../../operatorApi/timers/startSweeps';
import { instanceNotFound } from '../support/durableClient';
import { someServices } from '../support/fakeServices';

const UNAVAILABLE = new Error('DurableClient error: the operation failed with an HTTP 503 response.');

function aClient(getStatus: () => Promise<unknown>): { client: DurableClient; started: string[] } {
  const started: string[] = [];
  const client = {
    getStatus,
    startNew: (name: string) => {
      started.push(name);
      return Promise.resolve(name);
    },
  };
  return { client: client as unknown as DurableClient, started };
}

const silentLog = (): { lines: string[]; log: (m: string) => void; warn: (m: string) => void } => {
  const lines: string[] = [];
  const keep = (message: string): void => void lines.push(message);
  return { lines, log: keep, warn: keep };
};

describe('How an instance stands', () => {
  it('is «not there» after a 404 of the host', async () => {
    const { client } = aClient(() => Promise.reject(instanceNotFound('x')));
    expect(await instanceStatus(client, 'x')).toBeNull();
  });

  it('is unknown after any other failure, and unknown is never taken for «not there»', async () => {
    const { client } = aClient(() => Promise.reject(UNAVAILABLE));
    await expect(instanceStatus(client, 'x')).rejects.toThrow('503');
  });

  it('a rollout of which it is unknown is not started a second time', async () => {
    const { client, started } = aClient(() => Promise.reject(UNAVAILABLE));
    const services = await someServices();
    const rollouts = await services.rollouts.list();
    await expect(reviveRollouts(services, client, rollouts)).rejects.toThrow('503');
    expect(started).toEqual([]);
  });

  it('an hour’s sweep takes place although it is unknown how the rollouts stand', async () => {
    const { client, started } = aClient(() => Promise.reject(UNAVAILABLE));
    const log = silentLog();
    await startSweeps(await someServices(), client, log);
    expect(started).toEqual(['catchUpSweep', 'assessmentSweep', 'extensionSweep', 'inventorySweep']);
    expect(log.lines.join()).toContain('503');
  });

  it('a halt that waits for a person is said every hour until it is decided', async () => {
    const services = await someServices();
    const { client } = aClient(() => Promise.resolve({ runtimeStatus: 'Running' }));
    const halt = {
      haltId: 'phase-1',
      kind: 'halt',
      region: null,
      why: '2 VMs are unhealthy',
    } as const;
    const [rollout] = await services.rollouts.list();
    if (rollout === undefined) throw new Error('there is a rollout');
    await services.rollouts.addHalt(rollout.rolloutId, {
      ...halt,
      phase: PhaseId.parse('phase-1'),
      atUtc: services.nowUtc(),
      decision: null,
    });
    const log = silentLog();
    await startSweeps(services, client, log);
    expect(log.lines).toContain(
      `A rollout waits for a decision: ${rollout.rolloutId} at phase-1: 2 VMs are unhealthy`,
    );
  });

  it('a start that was not answered counts when the instance runs, and is an error when it does not', async () => {
    const failing = (runtimeStatus: string): DurableClient =>
      ({
        getStatus: () => Promise.resolve({ runtimeStatus }),
        startNew: () => Promise.reject(new Error('connection reset')),
      }) as unknown as DurableClient;
    const what = { instanceId: 'x', input: {} };
    expect(await startInstance(failing('Running'), 'monthlyRollout', what)).toBe(false);
    await expect(startInstance(failing('Failed'), 'monthlyRollout', what)).rejects.toThrow('reset');
  });
});

describe('The monthly timer', () => {
  it('asks for one page of the fleet and starts nothing while there is none', async () => {
    const services: Services = await someServices({ control: null });
    const asked: unknown[] = [];
    services.driver.listVirtualMachines = (cursor) => {
      asked.push(cursor);
      return Promise.resolve({ items: [], next: null });
    };
    const { client, started } = aClient(() => Promise.reject(instanceNotFound('x')));
    const log = silentLog();
    await startReleasedMonth(services, client, log, await services.rollouts.list());
    expect([asked, started, await services.rollouts.list()]).toEqual([[null], [], []]);
    expect(log.lines.join()).toContain('lists no VM');
  });

  it('a listing that fails does not put the month off to the next tick: the rollout lists the VMs itself', async () => {
    const services = {
      ...(await someServices()),
      driver: { listVirtualMachines: () => Promise.reject(new Error('429')) },
    } as unknown as Services;
    const { client, started } = aClient(() => Promise.reject(instanceNotFound('x')));
    const log = silentLog();
    await startReleasedMonth(services, client, log, await services.rollouts.list());
    expect(started).toEqual(['monthlyRollout']);
    expect(log.lines.join()).toContain('The driver did not list the VMs: 429.');
  });

  it('freezes that cannot be set aside do not put the month off to the next tick', async () => {
    const services = await someServices({ control: null });
    const past = { from: '2026-10-01', to: '2026-10-02', timeZone: null, reason: 'A launch.', owner: 'ops' };
    const created = { createdUtc: '2026-10-01T00:00:00.000Z', createdBy: 'ann' };
    await services.freezes.save({ id: 'past', kind: 'freeze', selector: {}, ...past, ...created }, null);
    services.freezes.setAside = () => Promise.reject(new Error('503'));
    services.driver.listVirtualMachines = () => Promise.reject(new Error('429'));
    const { client, started } = aClient(() => Promise.reject(instanceNotFound('x')));
    const log = silentLog();
    await startReleasedMonth(services, client, log, await services.rollouts.list());
    expect(started).toEqual(['monthlyRollout']);
    expect(log.lines.join()).toContain('The freezes and exclusions were not looked at: 503');
  });
});
