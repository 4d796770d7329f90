import { throttledAnswer, type ThrottleShape } from '../../armApi/http/throttled';
import type { PlainAnswer, PlainRequest } from '../../local/armServer';
import { aVm } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON, CRITICAL_AND_SECURITY, RELEASE } from './clockedDriver';

const OWN = { tags: ALWAYS_ON, patchMode: 'AutomaticByPlatform', customerManagedSchedule: true } as const;
const [ONE, OTHER] = [aVm({ name: 'one', ...OWN }), aVm({ name: 'other', ...OWN })];
const OTHER_SHAPES: readonly [ThrottleShape, string][] = [
  ['compute', 'LowCostGetResource'],
  ['retryable', ''],
  ['withoutEnvelope', ''],
];
const SHAPES_OF_ALL: readonly [ThrottleShape, string][] = [
  ['subscription', ''],
  ['compute', 'LowCostGetSubscription3Min'],
];

describe('a reading that is throttled', () => {
  let setup: AzureSetup;
  beforeEach(async () => {
    setup = await anAzureSetup({ vms: [ONE, OTHER], startUtc: RELEASE, seed: 5 });
    await setup.driver.readVirtualMachine(OTHER.id);
  });
  afterEach(() => setup.close());

  /** Every request like this is refused for five minutes. */
  const throttle = (
    isMeant: (request: PlainRequest) => boolean,
    [shape, quota]: readonly [ThrottleShape, string],
  ): void => {
    const about = { subscriptionId: ONE.subscriptionId, method: 'GET', quota, max: 12, nowUtc: RELEASE };
    const { status, headers = {}, body } = throttledAnswer(shape, about);
    const answer: PlainAnswer = {
      status,
      headers: { 'content-type': 'application/json', ...headers, 'retry-after': '300' },
      body: JSON.stringify(body),
    };
    setup.answerBy((honest) => (request) => (isMeant(request) ? Promise.resolve(answer) : honest(request)));
  };
  const ofOne = ({ url }: PlainRequest): boolean => /virtualMachines\/one\?/i.test(url);
  const sentFor = (end: string): number => setup.sent.filter(({ path }) => path.endsWith(end)).length;

  it.each(OTHER_SHAPES)(
    'because of one VM (%s %s) waits, and holds up none of another',
    async (shape, quota) => {
      throttle(ofOne, [shape, quota]);
      await expect(setup.driver.readVirtualMachine(ONE.id)).rejects.toThrow('429');
      await expect(setup.driver.readVirtualMachine(ONE.id)).rejects.toThrow('budget');
      expect((await setup.driver.readVirtualMachine(OTHER.id))?.powerState).toBe('running');
    },
  );

  it.each(SHAPES_OF_ALL)(
    'because of its subscription (%s %s) holds up all that is read there',
    async (shape, quota) => {
      throttle(ofOne, [shape, quota]);
      await expect(setup.driver.readVirtualMachine(ONE.id)).rejects.toThrow('429');
      await expect(setup.driver.readVirtualMachine(OTHER.id)).rejects.toThrow('budget');
    },
  );

  it('because of one operation lets the VM itself be read', async () => {
    const start = await setup.driver.startInstallation(ONE.id, CRITICAL_AND_SECURITY);
    if (start.kind === 'refused') throw new Error(start.message);
    throttle(({ url }) => url.includes('/operations/'), ['compute', 'GetOperationResource']);
    setup.simulated.pass(2);
    expect(await setup.driver.readOperation(start.operationId)).toEqual({
      kind: 'running',
      retryAfterSeconds: 300,
    });
    expect((await setup.driver.readVirtualMachine(ONE.id))?.powerState).toBe('running');
  });

  it.each(['retryable', 'resource'] as const)(
    'by Resource Health (%s) is asked no more until then, and VMs are read all the same',
    async (how) => {
      throttle(({ url }) => url.includes('Microsoft.ResourceHealth'), [how, '']);
      for (const { id } of [ONE, OTHER, ONE])
        expect((await setup.driver.probeHealth(id))?.answer).toBe('unknown');
      expect(sentFor('availabilityStatuses/current')).toBe(1);
    },
  );
});
