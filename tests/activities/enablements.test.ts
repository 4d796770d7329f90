import { advanceEnablements } from '../../activities/advanceEnablements';
import { collectOutdatedExtensions } from '../../activities/collectOutdatedExtensions';
import type { VmId } from '../../domain/ids';
import { addSeconds } from '../../domain/instants';
import type { EnablementAnswer } from '../../store/enablements';
import { aVm, vmsOf } from '../support/builders';
import { NEW_YORK } from '../support/dueAssessments';
import { IN_THE_WINDOW, someServices, WINDOW_CLOSES, type FakeServices } from '../support/fakeServices';

const OLD = { version: '1.4', latestVersion: '1.5' };
const NEW = { version: '1.5', latestVersion: '1.5' };
const IN_ORDER = Array.from({ length: 20 }, (_, n) => n + 1);

interface Scene {
  readonly services: FakeServices;
  readonly vmIds: readonly VmId[];
  readonly batch: string;
}

/** So many VMs whose extension is behind, taken into a batch. */
async function taken(count: number): Promise<Scene> {
  const vms = vmsOf(count).map((vm) => ({ ...vm, patchMode: 'AutomaticByPlatform' as const }));
  const services = await someServices({ vms });
  for (const { id } of vms) services.driver.change(id, { extension: OLD });
  const outdated = vms.map(({ id: vmId }) => ({ vmId, timeZone: NEW_YORK }));
  await services.enablements.mark(outdated, 'outdated');
  const { batch } = (await services.run(collectOutdatedExtensions, { nowUtc: services.nowUtc() })) as {
    batch: string;
  };
  return { services, vmIds: vms.map(({ id }) => id), batch };
}

const advance = async ({ services, batch }: Scene, call: number): Promise<EnablementAnswer> =>
  (await services.run(advanceEnablements, { batch, call })) as EnablementAnswer;

function until({ services }: Scene, { dueUtc }: EnablementAnswer): void {
  services.clock.nowUtc = dueUtc ?? services.clock.nowUtc;
}

/** The platform is done with the extension of the n-th VM that it was asked for. */
function install({ services }: Scene, n: number): void {
  const vmId = services.driver.extensionsStarted[n - 1];
  if (vmId === undefined) throw new Error(`The platform was not asked for ${n} extensions.`);
  services.driver.change(vmId, { extension: NEW });
  services.driver.operations.set(`extension-${n}`, { kind: 'extensionInstalled', version: '1.5' });
}

const running = { kind: 'running', retryAfterSeconds: null } as const;

describe('the extensions of a batch', () => {
  it('R-703: are updated together, and each VM is assessed, at polls that they share', async () => {
    const scene = await taken(3);
    const first = await advance(scene, 1);
    expect(first).toEqual({ dueUtc: addSeconds(IN_THE_WINDOW, 1200), enabled: 0, detail: '', events: [] });
    for (const n of [1, 2, 3]) install(scene, n);
    until(scene, first);
    const second = await advance(scene, 2);
    expect(scene.services.driver.assessed).toEqual(scene.vmIds);
    for (const n of [1, 2, 3]) scene.services.driver.endAssessment(`assess-${n}`);
    until(scene, second);
    const last = await advance(scene, 3);
    expect(last).toMatchObject({ dueUtc: null, enabled: 3 });
    expect(last.events.map(({ vmId, event }) => [vmId, event.kind === 'enablement' && event.state])).toEqual(
      scene.vmIds.map((vmId) => [vmId, 'ready']),
    );
  });

  it('a VM whose extension takes for ever, or whose step throws, holds up no other', async () => {
    const scene = await taken(3);
    const { driver } = scene.services;
    const read = driver.readOperation.bind(driver);
    driver.readOperation = (id) => (id === 'extension-2' ? Promise.reject(new Error('reset')) : read(id));
    driver.operations.set('extension-1', running);
    let answer = await advance(scene, 1);
    install(scene, 3);
    for (const call of IN_ORDER.slice(1)) {
      until(scene, answer);
      driver.endAssessment('assess-1');
      answer = await advance(scene, call);
      if (answer.enabled > 0) break;
    }
    expect(answer).toMatchObject({ enabled: 1, events: [{ vmId: scene.vmIds[2] }] });
    expect(scene.services.nowUtc()).toBe(addSeconds(IN_THE_WINDOW, 1800));
    expect(answer.dueUtc).not.toBeNull();
    // What threw goes on when it no longer does.
    driver.readOperation = read;
    install(scene, 2);
    for (const call of IN_ORDER.map((n) => n + 20)) {
      until(scene, answer);
      driver.endAssessment('assess-2');
      answer = await advance(scene, call);
      if (answer.enabled > 1) break;
    }
    expect(answer).toMatchObject({ enabled: 2, events: [{ vmId: scene.vmIds[1] }] });
  });

  it('a call that is repeated after it was written does nothing, and answers the same, also the last', async () => {
    const scene = await taken(1);
    const first = await advance(scene, 1);
    expect(await advance(scene, 1)).toEqual(first);
    expect(scene.services.driver.extensionsStarted).toHaveLength(1);
    install(scene, 1);
    until(scene, first);
    const second = await advance(scene, 2);
    scene.services.driver.endAssessment('assess-1');
    until(scene, second);
    const last = await advance(scene, 3);
    expect(last.events).toHaveLength(1);
    expect(await advance(scene, 3)).toEqual(last);
  });

  it('of two hosts with the same call one writes, and both answer that', async () => {
    const scene = await taken(2);
    const [one, other] = await Promise.all([advance(scene, 1), advance(scene, 1)]);
    expect(one).toEqual(other);
    const row = await scene.services.enablements.readBatch(scene.batch);
    const operations = row?.batch.vms.map(
      ({ enablement: { next } }) => 'operationId' in next && next.operationId,
    );
    for (const operation of operations ?? [])
      install(scene, Number(String(operation).replace('extension-', '')));
    until(scene, one);
    await advance(scene, 2);
    expect(scene.services.driver.assessed).toHaveLength(2);
  });

  it('a call that was cut off before it was written is done again by its repeat', async () => {
    const scene = await taken(1);
    const { enablements } = scene.services;
    const cutOff = { ...enablements, writeBatch: () => Promise.reject(new Error('cut off')) };
    const { batch } = scene;
    const services = { ...scene.services, enablements: cutOff };
    await expect(advanceEnablements.handler(services)({ batch, call: 1 })).rejects.toThrow('cut off');
    const first = await advance(scene, 1);
    install(scene, 2); // the operation that is written down is the second
    until(scene, first);
    expect(await advance(scene, 2)).toMatchObject({ enabled: 0 });
    expect(scene.services.driver.assessed).toHaveLength(1);
  });

  it('messages stay under 16 KB: what does not fit comes with the next call, at once', async () => {
    const scene = await taken(100);
    let answer = await advance(scene, 1);
    for (const n of scene.vmIds.keys()) install(scene, n + 1);
    const signalled: VmId[] = [];
    for (const call of IN_ORDER.slice(1)) {
      until(scene, answer);
      for (const n of scene.vmIds.keys()) scene.services.driver.endAssessment(`assess-${n + 1}`);
      answer = await advance(scene, call);
      expect(JSON.stringify(answer).length).toBeLessThan(16_000);
      signalled.push(...answer.events.map(({ vmId }) => vmId));
      if (answer.dueUtc === null) break;
    }
    expect(answer).toMatchObject({ dueUtc: null, enabled: 100 });
    expect(signalled.sort()).toEqual([...scene.vmIds].sort());
  });

  it('a batch that is gone has ended', async () => {
    const scene = await taken(1);
    await scene.services.enablements.dropBatches(WINDOW_CLOSES);
    expect(await advance(scene, 1)).toEqual({ dueUtc: null, enabled: 0, detail: '', events: [] });
  });
});

describe('extensions that are behind', () => {
  it('are in their batch before they leave the list: a call that was cut off there takes the same', async () => {
    const vms = vmsOf(2);
    const services = await someServices({ vms });
    const outdated = vms.map(({ id: vmId }) => ({ vmId, timeZone: NEW_YORK }));
    await services.enablements.mark(outdated, 'outdated');
    const { enablements } = services;
    const cutOff = { ...enablements, mark: () => Promise.reject(new Error('cut off')) };
    const input = { nowUtc: services.nowUtc() };
    const handler = collectOutdatedExtensions.handler({ ...services, enablements: cutOff });
    await expect(handler(input)).rejects.toThrow('cut off');
    await enablements.mark([{ vmId: aVm({ name: 'later' }).id, timeZone: NEW_YORK }], 'outdated');
    const { batch } = (await services.run(collectOutdatedExtensions, input)) as { batch: string };
    const row = await enablements.readBatch(batch);
    expect(row?.batch.vms.map(({ vmId }) => vmId).sort()).toEqual(vms.map(({ id }) => id).sort());
    expect(await enablements.outdated()).toHaveLength(1);
  });

  it('are taken by no call that is repeated after their batch was begun: nothing waits for its answer', async () => {
    const scene = await taken(1);
    const input = { nowUtc: scene.services.nowUtc() };
    expect(await scene.services.run(collectOutdatedExtensions, input)).toEqual({ batch: scene.batch });
    await advance(scene, 1);
    expect(await scene.services.run(collectOutdatedExtensions, input)).toEqual({ batch: null });
  });
});

describe('the enablement of one VM', () => {
  it('R-702: begins its batch with its first call', async () => {
    const vm = aVm({ name: 'vm-a' });
    const services = await someServices({
      vms: [{ ...vm, patchMode: 'AutomaticByPlatform', enabled: false }],
    });
    const begins = { vmId: vm.id, endsUtc: WINDOW_CLOSES };
    const input = { batch: `${services.nowUtc()}~enable-1`, call: 1, begins };
    const answer = (await services.run(advanceEnablements, input)) as EnablementAnswer;
    expect(answer.events).toMatchObject([
      { vmId: vm.id, event: { state: 'pending', detail: 'The patch extension is being installed.' } },
    ]);
    expect(await services.run(advanceEnablements, input)).toEqual(answer);
    expect(services.driver.extensionsStarted).toEqual([vm.id]);
  });
});
