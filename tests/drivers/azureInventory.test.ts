import { AvailabilitySetId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { ArmHandler, PlainRequest } from '../../local/armServer';
import { enablementOf } from '../../drivers/azure/enablement';
import { selectorOf } from '../../drivers/azure/scope';
import { aVm } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON, CRITICAL_AND_SECURITY } from './clockedDriver';

const SUBSCRIPTION = aVm({ name: 'x' }).subscriptionId;
const SET = AvailabilitySetId.parse(
  `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/availabilitySets/web`,
);
const members = (count: number): VirtualMachine[] =>
  Array.from({ length: count }, (_, n) =>
    aVm({
      name: `web-${n}`,
      tags: { ...ALWAYS_ON, team: n === 0 ? 'a' : 'b' },
      availabilitySetId: SET,
      updateDomain: n % 5,
    }),
  );
const LOOSE = aVm({ name: 'loose', tags: ALWAYS_ON });

const isList = ({ url }: PlainRequest): boolean => url.includes('useResourceGraph=true');
const failing =
  (isMeant: (request: PlainRequest) => boolean, status: number) =>
  (honest: ArmHandler): ArmHandler =>
  (request) =>
    isMeant(request)
      ? Promise.resolve({ status, headers: { 'content-type': 'application/json' }, body: '{}' })
      : honest(request);

describe('the inventory of the azure driver', () => {
  let setup: AzureSetup;
  afterEach(() => setup.close());
  const domains = async (): Promise<Record<string, number | null>> => {
    const { items } = await setup.driver.listVirtualMachines(null);
    return Object.fromEntries(items.map(({ name, updateDomain }) => [name, updateDomain]));
  };
  /** Of what was sent since the last time: lists of a group, and single instance views. */
  const reads = (): readonly [lists: number, views: number] => {
    const sent = setup.sent.splice(0);
    return [
      sent.filter(({ path }) => /\/virtualMachines$/i.test(path)).length,
      sent.filter(({ path }) => path.endsWith('/instanceView')).length,
    ];
  };
  const expected = (count: number): Record<string, number | null> =>
    Object.fromEntries(members(count).map(({ name, updateDomain }) => [name, updateDomain]));

  it('update domains of a group are read as one list, and kept for a day; a VM without a set is not read', async () => {
    setup = await anAzureSetup({ vms: [...members(12), LOOSE] });
    expect(await domains()).toEqual({ ...expected(12), loose: null });
    expect(reads()).toEqual([1, 0]);
    await domains();
    expect(reads()).toEqual([0, 0]);
    setup.simulated.pass(25 * 60);
    await domains();
    expect(reads()).toEqual([1, 0]);
  });

  it('a list has pages, and is of one group', async () => {
    setup = await anAzureSetup({ vms: members(120) });
    expect(await domains()).toEqual(expected(120));
    expect(reads()).toEqual([2, 0]);
  });

  it.each([422, 404, 500])('a list that Azure cannot make (%d) is read one by one', async (status) => {
    setup = await anAzureSetup({ vms: members(6) });
    setup.answerBy(failing(isList, status));
    expect(await domains()).toEqual(expected(6));
    expect(reads()[1]).toBe(6);
  });

  it('few VMs of a group are read one by one; while Azure does not answer, what was known stays', async () => {
    setup = await anAzureSetup({ vms: members(2) });
    expect(await domains()).toEqual(expected(2));
    expect(reads()).toEqual([0, 2]);
    setup.simulated.pass(25 * 60);
    setup.answerBy(failing(({ url }) => url.includes('/instanceView'), 503));
    expect(await domains()).toEqual(expected(2));
  });

  it('a VM whose view Azure never shows has no domain, and keeps no other out of the fleet', async () => {
    setup = await anAzureSetup({ vms: members(12) });
    setup.answerBy(failing((request) => isList(request) || request.url.includes('/web-3/instanceView'), 504));
    expect(await domains()).toEqual({ ...expected(12), 'web-3': null });
    setup.answerBy((honest) => honest);
    expect(await domains()).toEqual(expected(12));
  });

  it('many VMs whose views Azure does not show are an outage: nothing is listed, so that nothing changes', async () => {
    setup = await anAzureSetup({ vms: members(12) });
    setup.answerBy(failing(({ url }) => url.includes('nstanceView'), 504));
    await expect(domains()).rejects.toThrow('504');
  });

  it('without the right to read maintenance assignments no VM is Lowtide’s: a schedule that is not seen would patch it too', async () => {
    const vm = aVm({ name: 'web', tags: ALWAYS_ON, customerManagedSchedule: true });
    setup = await anAzureSetup({ vms: [vm, LOOSE] });
    const isRight = ({ url }: PlainRequest): boolean => url.includes('/configurationAssignments?');
    const readings = (): number => setup.sent.filter(({ path }) => path.includes('onfigurationA')).length;
    setup.answerBy(failing(isRight, 403));
    const control = async (): Promise<VirtualMachine['control']> =>
      (await setup.driver.listVirtualMachines(null)).items.find(({ id }) => id === vm.id)?.control;
    expect(await control()).toMatchObject({
      kind: 'notInCharge',
      because: expect.stringMatching(/may not be read/) as string,
    });
    expect(await setup.driver.startInstallation(vm.id, CRITICAL_AND_SECURITY)).toMatchObject({
      code: 'notAllowed',
    });
    expect(enablementOf({ ...vm, control: (await control()) ?? { kind: 'inCharge' } }).kind).toBe('byOwner');
    setup.answerBy((honest) => honest);
    setup.simulated.pass(16);
    expect(await control()).toEqual({ kind: 'inCharge' });
    const before = readings();
    setup.simulated.pass(16);
    await control();
    expect(readings()).toBe(before);
    setup.simulated.pass(60);
    await control();
    expect(readings()).toBe(before + 1);
  });

  it('a VM that was just deleted (404) keeps no schedule of the others from being seen, and proves no right', async () => {
    const vm = aVm({ name: 'web', tags: ALWAYS_ON, customerManagedSchedule: true });
    setup = await anAzureSetup({ vms: [vm] });
    const isRight = ({ url }: PlainRequest): boolean => url.includes('/configurationAssignments?');
    const rows = [{ id: 'a', resourceId: vm.armId, configuration: '/x/patch-tuesday', filter: null }];
    const body = JSON.stringify({ totalRecords: 1, count: 1, data: rows, resultTruncated: 'false' });
    setup.answerBy((honest) => (request) => {
      const headers = { 'content-type': 'application/json' };
      if (isRight(request)) return Promise.resolve({ status: 404, headers, body: '{}' });
      if (request.body.includes('maintenanceresources'))
        return Promise.resolve({ status: 200, headers, body });
      return honest(request);
    });
    const because = async (): Promise<string> =>
      JSON.stringify((await setup.driver.listVirtualMachines(null)).items.map(({ control }) => control));
    expect(await because()).toContain('patch-tuesday');
    setup.simulated.pass(16);
    setup.answerBy(failing(isRight, 403));
    expect(await because()).toContain('may not be read');
  });

  it('subscriptions beneath a management group belong to the fleet, without being named', async () => {
    const scope = { subscriptions: [], managementGroups: ['platform'], selectors: [] };
    setup = await anAzureSetup({ vms: [LOOSE], over: { scope } });
    expect(await domains()).toEqual({ loose: null });
  });

  it('a subscription that is named and does not answer is missing, also beside a management group that does', async () => {
    const lost = '00000000-0000-4000-8000-00000000dead';
    const scope = { subscriptions: [lost], managementGroups: ['platform'], selectors: [] };
    setup = await anAzureSetup({ vms: [LOOSE], over: { scope } });
    const { items, incomplete } = await setup.driver.listVirtualMachines(null);
    expect([items.length, incomplete?.map(({ subscriptionId }) => subscriptionId)]).toEqual([1, [lost]]);
  });

  it.each([
    ['tag:team=A', ['web-0']],
    ['group:RG-NONE', []],
    ['region:East US', ['web-0', 'web-1', 'web-2']],
  ])('a selector of the settings keeps the others out of the fleet: %s', async (written, names) => {
    const selector = selectorOf(written);
    if (selector === null) throw new Error(written);
    const scope = { subscriptions: [SUBSCRIPTION], managementGroups: [], selectors: [selector] };
    setup = await anAzureSetup({ vms: members(3), over: { scope } });
    expect(Object.keys(await domains())).toEqual(names);
  });
});
