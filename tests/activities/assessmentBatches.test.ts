import { advanceAssessments } from '../../activities/advanceAssessments';
import { collectAssessment } from '../../activities/collectAssessment';
import { startAssessment } from '../../activities/startAssessment';
import { vmsOf } from '../support/builders';
import { anAssessment } from '../support/fakeDriver';
import { someServices } from '../support/fakeServices';

import {
  advance,
  begun,
  dueAt,
  dueSince,
  sweep,
  until,
  YESTERDAY,
  type Advanced,
} from '../support/dueAssessments';

describe('the assessments of a batch', () => {
  it('R-107: a VM that was assessed is due again when its window opens in three days, and the batch is gone', async () => {
    const { services, batch, first } = await begun(vmsOf(1));
    expect(first).toMatchObject({ dueUtc: '2026-11-13T03:30:00.000Z', assessed: 0 });
    services.driver.endAssessment('assess-1');
    until(services, first.dueUtc);
    expect(await advance(services, batch, 2)).toEqual({
      dueUtc: null,
      assessed: 1,
      failed: 0,
      because: null,
    });
    expect(await dueAt(services)).toEqual(['2026-11-16T03:00:00.000Z']);
    expect(await services.assessments.readBatch(batch)).toBeNull();
  });

  it('R-107: every VM is assessed several times in any 30 days', async () => {
    const services = await dueSince(vmsOf(1));
    let assessed = 0;
    for (let hour = 0; hour < 30 * 24; hour += 1) {
      for (const { batch } of await sweep(services)) {
        if (batch === null) continue;
        const { dueUtc } = await advance(services, batch, 1);
        services.driver.endAssessment(`assess-${services.driver.assessed.length}`);
        const ended = { batch, call: 2, nowUtc: dueUtc };
        assessed += ((await services.run(advanceAssessments, ended)) as Advanced).assessed;
      }
      services.wait(3600);
    }
    expect(assessed).toBeGreaterThanOrEqual(7);
    expect(assessed).toBeLessThanOrEqual(11);
  });

  const noEndpoint = { code: 'PackageManagerFailed', message: 'no endpoint' };
  it.each([
    ['failed', { kind: 'failed', error: noEndpoint }, 'no endpoint'],
    ['was lost', { kind: 'lost' }, "The assessment ended as 'lost'."],
    [
      'was served but failed (R-504: that is no absence of patches)',
      {
        kind: 'assessed',
        summary: anAssessment({ status: 'Failed', criticalAndSecurityPatchCount: 0, error: noEndpoint }),
      },
      'no endpoint',
    ],
  ] as const)(
    'a VM whose assessment %s is due when it was put off to, and the batch says why',
    async (_how, answer, because) => {
      const { services, batch } = await begun(vmsOf(1));
      services.driver.operations.set('assess-1', answer);
      services.wait(900);
      expect(await advance(services, batch, 2)).toEqual({ dueUtc: null, assessed: 0, failed: 1, because });
      expect(await dueAt(services)).toEqual(['2026-11-14T03:00:00.000Z']);
    },
  );

  it('one that never ends is given up after an hour, and is due when it was put off to', async () => {
    const { services, batch, first } = await begun(vmsOf(2));
    services.driver.endAssessment('assess-1');
    services.driver.operations.set('assess-2', { kind: 'running', retryAfterSeconds: 86_400 });
    let last = first;
    for (let call = 2; last.dueUtc !== null; call += 1) {
      until(services, last.dueUtc);
      last = await advance(services, batch, call);
    }
    expect(last).toMatchObject({ assessed: 1, failed: 1, because: 'The assessment did not end in time.' });
    expect(services.nowUtc()).toBe('2026-11-13T04:15:00.000Z');
  });

  it('one that the platform throttles is asked for again when it says, and holds up no other', async () => {
    const [throttled, other] = vmsOf(2);
    if (!throttled || !other) throw new Error('two VMs');
    const services = await dueSince([throttled, other]);
    const [call] = await sweep(services);
    const { driver } = services;
    const start = driver.startAssessment.bind(driver);
    let refusals = 0;
    driver.startAssessment = (id) =>
      id === throttled.id && (refusals += 1) <= 1
        ? Promise.resolve({ kind: 'refused', code: 'throttled', message: '429', retryAfterSeconds: 1600 })
        : start(id);
    const first = await advance(services, call?.batch, 1);
    expect(first.dueUtc).toBe('2026-11-13T03:30:00.000Z');
    driver.endAssessment('assess-1');
    until(services, first.dueUtc);
    const second = await advance(services, call?.batch, 2);
    // 1600 s after it was refused, at the next poll of the batch.
    expect(second).toMatchObject({ dueUtc: '2026-11-13T03:45:00.000Z', assessed: 1, failed: 0 });
    until(services, second.dueUtc);
    await advance(services, call?.batch, 3);
    expect(driver.assessed).toEqual([other.id, throttled.id]);
  });

  it('one whose request fails is tried again at the next poll, and holds up no other', async () => {
    const [failing, other] = vmsOf(2);
    if (!failing || !other) throw new Error('two VMs');
    const services = await dueSince([failing, other]);
    const [call] = await sweep(services);
    const read = services.driver.readVirtualMachine.bind(services.driver);
    services.driver.readVirtualMachine = (id) =>
      id === failing.id ? Promise.reject(new Error('connection reset')) : read(id);
    expect(await advance(services, call?.batch, 1)).toMatchObject({
      dueUtc: '2026-11-13T03:20:00.000Z',
      failed: 0,
    });
    expect(services.driver.assessed).toEqual([other.id]);
    services.clock.nowUtc = '2026-11-13T04:15:00.000Z';
    expect(await advance(services, call?.batch, 2)).toMatchObject({ failed: 2, because: 'connection reset' });
  });

  it('a call that is repeated after it was written starts and reads nothing, and answers the same', async () => {
    const { services, batch, first } = await begun(vmsOf(3));
    services.driver.endAssessment('assess-1');
    until(services, first.dueUtc);
    expect(await advance(services, batch, 1)).toEqual(first);
    expect(services.driver.assessed).toHaveLength(3);
  });

  it('of two hosts with the same call one writes, and both answer that', async () => {
    const services = await dueSince(vmsOf(3));
    const [call] = await sweep(services);
    const start = services.driver.startAssessment.bind(services.driver);
    let asked = 0;
    // What the second host asks for is refused, so that it would say something else.
    services.driver.startAssessment = (id) =>
      (asked += 1) <= 3
        ? start(id)
        : Promise.resolve({ kind: 'refused', code: 'notAllowed', message: '', retryAfterSeconds: null });
    const [one, other] = await Promise.all([
      advance(services, call?.batch, 1),
      advance(services, call?.batch, 1),
    ]);
    expect(one).toMatchObject({ failed: 0 });
    expect(other).toEqual(one);
    const row = await services.assessments.readBatch(call?.batch ?? '');
    const operations = row?.batch.vms.map(({ operationId }) => operationId) ?? [];
    expect(new Set(operations).size).toBe(3);
    for (const id of operations) services.driver.endAssessment(id ?? '');
    services.wait(900);
    expect(await advance(services, call?.batch, 2)).toMatchObject({ dueUtc: null, assessed: 3 });
  });

  it('a batch that is gone has ended', async () => {
    const services = await someServices();
    expect(await advance(services, '2026-11-13T03:15:00.000Z~0', 4)).toMatchObject({ dueUtc: null });
  });

  it('R-903: they install nothing', async () => {
    const { services } = await begun(vmsOf(1));
    expect(services.driver.assessed).toHaveLength(1);
    expect(services.driver.accepted).toEqual([]);
  });
});

test('R-901, R-903: an assessment that a person asks for moves no date, and installs nothing', async () => {
  const [vm] = vmsOf(1);
  if (!vm) throw new Error('a VM');
  const services = await dueSince([vm]);
  const started = await services.run(startAssessment, { vmId: vm.id });
  expect(started).toMatchObject({ kind: 'started', operationId: 'assess-1' });
  services.driver.endAssessment('assess-1');
  const read = await services.run(collectAssessment, { vmId: vm.id, operationId: 'assess-1' });
  expect(read).toMatchObject({ kind: 'assessed', summary: { criticalAndSecurityPatchCount: 3 } });
  expect((await services.patches.read(vm.id))?.lastAssessment).not.toBeNull();
  expect(await dueAt(services)).toEqual([YESTERDAY]);
  expect(services.driver.accepted).toEqual([]);
});
