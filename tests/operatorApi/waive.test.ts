import { virtualMachineRoutes } from '../../operatorApi/virtualMachines';
import { aVm } from '../support/builders';
import { someServices, ROLLOUT, WINDOW_OPENS } from '../support/fakeServices';
import { startLowtideHost, type Host } from '../emulator/support/nativeHost';

const SET = '/subscriptions/s/resourcegroups/g/providers/microsoft.compute/availabilitysets/as';
const VM = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web-1';
const fleet = [{ id: VM, location: 'westus2', name: 'web-1', availabilitySet: { id: SET } }];
const LEDGER = '/runtime/webhooks/durabletask/entities/disruptionledger/westcentralus';

describe('a VM that is unhealthy after its update', () => {
  let host: Host;
  beforeAll(async () => {
    host = await startLowtideHost({
      clock: { kind: 'virtual', startUtc: '2026-11-10T18:00:00.000Z' },
      store: { kind: 'memory' },
      environment: { LOWTIDE_STORE: 'memory', LOWTIDE_STATE_DIR: '' },
      timers: false,
    });
    await host.request('POST', '/api/fleet', fleet);
    const impaired = {
      vmId: VM,
      availabilitySetId: SET,
      region: 'westus2',
      sinceUtc: '2026-11-10T18:00:00.000Z',
    };
    await host.request('POST', `${LEDGER}?op=release`, { claimId: 'gone', impaired: [impaired] });
    await host.idle();
  });
  afterAll(() => host.close());

  const impairments = async (): Promise<unknown> => {
    const { body } = await host.request('GET', LEDGER);
    return (body as { impairments: unknown }).impairments;
  };

  it('INV-13: holds its set until a person waives it, with a reason', async () => {
    expect(await impairments()).toHaveLength(1);
    const path = `/api/virtual-machines/waive?id=${VM.toUpperCase()}`;
    expect(await host.request('POST', path, {})).toMatchObject({ status: 400 });
    expect(await impairments()).toHaveLength(1);
    expect(await host.request('POST', path, { reason: 'it is to be decommissioned' })).toMatchObject({
      status: 202,
    });
    await host.idle();
    expect(await impairments()).toEqual([]);
  });

  it('is distinguished from one that is unknown', async () => {
    const path = `/api/virtual-machines/waive?id=${VM}-2`;
    expect(await host.request('POST', path, { reason: 'x' })).toMatchObject({ status: 404 });
  });
});

describe('a waiver', () => {
  it('stands on the last installation of the VM, so that the next one is judged anew', async () => {
    const vm = aVm();
    const services = await someServices({ vms: [vm] });
    const { id: vmId, region } = vm;
    await services.operations.save({
      vmId,
      region,
      rolloutId: ROLLOUT,
      claimId: 'claim',
      intentUtc: WINDOW_OPENS,
      previousActivityId: null,
      deadlineUtc: WINDOW_OPENS,
      operationId: 'operation',
      endedUtc: WINDOW_OPENS,
      summary: null,
    });
    const route = virtualMachineRoutes.find(({ name }) => name === 'waiveVirtualMachine');
    const request = {
      by: 'ann',
      query: () => vmId,
      json: () => Promise.resolve({ reason: 'Rebuilt by hand.' }),
    } as unknown as Parameters<NonNullable<typeof route>['handler']>[0];
    const client = { signalEntity: () => Promise.resolve() };
    const context = { services, client } as unknown as Parameters<NonNullable<typeof route>['handler']>[1];
    expect(await route?.handler(request, context)).toMatchObject({ status: 202 });
    expect((await services.operations.read(region, vmId))?.operation.waivedUtc).toBe(services.nowUtc());
  });
});
