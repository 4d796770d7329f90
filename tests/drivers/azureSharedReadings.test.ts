import type { VirtualMachine } from '../../domain/virtualMachine';
import { SharedReadings } from '../../drivers/azure/sharedReadings';
import { aVm } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON } from './clockedDriver';

const ROUND = 80;

/** VMs of one round in one subscription, which Azure assesses every day. */
function aRound(): readonly VirtualMachine[] {
  return Array.from({ length: ROUND }, (_, n) =>
    aVm({
      name: `web-${n}`,
      tags: ALWAYS_ON,
      patchMode: 'AutomaticByPlatform',
      customerManagedSchedule: true,
    }),
  );
}

/** Azure answers nothing but readings of VMs until all of those have been read. */
function slowGraph(setup: AzureSetup): void {
  let left = ROUND;
  let resolve: () => void = () => undefined;
  const allRead = new Promise<void>((done) => {
    resolve = done;
  });
  setup.answerBy((honest) => async (request) => {
    const isVm = request.method === 'GET' && /virtualMachines\/web-\d+\?/i.test(request.url);
    if (!isVm) await allRead;
    else if (--left === 0) resolve();
    return honest(request);
  });
}

describe('what Azure is asked for a whole subscription', () => {
  let setup: AzureSetup;
  afterEach(() => setup.close());

  it('is asked once for all VMs of a round, which ask side by side', async () => {
    const vms = aRound();
    setup = await anAzureSetup({ vms });
    slowGraph(setup);
    await Promise.all(vms.map(({ id }) => setup.driver.readVirtualMachine(id)));
    const queries = setup.sent.filter(({ path }) => path.includes('Microsoft.ResourceGraph'));
    expect([queries.length, setup.waitedMs()]).toEqual([1, 0]);
  });
});

describe('a shared reading', () => {
  it('is made again after its time, and after one that failed', async () => {
    let nowMs = 0;
    let readings = 0;
    const shared = new SharedReadings<number>({ nowMs: () => nowMs, sleep: () => Promise.resolve() }, 1_000);
    const read = (): Promise<number> => Promise.resolve((readings += 1));
    const fails = (): Promise<number> => Promise.reject(new Error('503'));
    const [one, two] = [shared.of('a', fails), shared.of('a', read)];
    await expect(one).rejects.toThrow('503');
    await expect(two).rejects.toThrow('503');
    expect([await shared.of('a', read), await shared.of('a', read), await shared.of('b', read)]).toEqual([
      1, 1, 2,
    ]);
    nowMs = 1_000;
    expect(await shared.of('a', read)).toBe(3);
  });
});
