import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { StartAnswer } from '../../drivers/driver';
import type { ArmHandler, PlainAnswer, PlainRequest } from '../../local/armServer';
import { throttledAnswer, type ThrottleShape } from '../../armApi/http/throttled';
import { aVm } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { ALWAYS_ON, CRITICAL_AND_SECURITY, RELEASE } from './clockedDriver';

const VM = aVm({
  name: 'ready',
  tags: ALWAYS_ON,
  patchMode: 'AutomaticByPlatform',
  customerManagedSchedule: true,
});
const isInstall = ({ method, url }: PlainRequest): boolean =>
  method === 'POST' && url.includes('/installPatches');
const isPoll = ({ url }: PlainRequest): boolean => url.includes('/operations/');
const isVm = ({ method, url }: PlainRequest): boolean => method === 'GET' && url.includes('/ready?');

/** Does something else the first `times` times, to the requests that it is for. */
const instead =
  (isMeant: (request: PlainRequest) => boolean, answer: ArmHandler, times = 1) =>
  (honest: ArmHandler): ArmHandler => {
    let left = times;
    return (request) => (isMeant(request) && left-- > 0 ? answer(request) : honest(request));
  };
const says = (status: number, body: string, headers: Record<string, string> = {}): ArmHandler => {
  const answer: PlainAnswer = { status, headers: { 'content-type': 'application/json', ...headers }, body };
  return () => Promise.resolve(answer);
};
const HTML = '<!DOCTYPE html><html><body><h2>Service Unavailable</h2></body></html>';

describe('faults on the wire between the azure driver and Azure', () => {
  let setup: AzureSetup;
  beforeEach(async () => {
    setup = await anAzureSetup({ vms: [VM], startUtc: RELEASE, seed: 5 });
  });
  afterEach(() => setup.close());

  const install = (): Promise<StartAnswer> => setup.driver.startInstallation(VM.id, CRITICAL_AND_SECURITY);
  const startedOnPlatform = (): number => {
    setup.simulated.driver.logUntil(setup.simulated.now());
    return [...setup.simulated.driver.events()].filter(({ action }) => action === 'installStarted').length;
  };
  const sentInstalls = (): number => setup.sent.filter(({ path }) => path.endsWith('/installPatches')).length;

  it.each<[ThrottleShape, number]>([
    ['compute', 60],
    ['resource', 60],
    ['subscription', 6],
    ['retryable', 60],
    ['withoutEnvelope', 60],
  ])(
    'a 429 in the shape «%s» is «throttled» with its seconds, and nothing was started',
    async (shape, seconds) => {
      const about = {
        subscriptionId: VM.subscriptionId,
        method: 'POST',
        quota: 'VMGuestPatchOperationResource',
        max: 6,
        nowUtc: RELEASE,
      };
      const { status, headers = {}, body } = throttledAnswer(shape, about);
      setup.answerBy(instead(isInstall, says(status, JSON.stringify(body), { ...headers })));
      expect(await install()).toMatchObject({
        kind: 'refused',
        code: 'throttled',
        retryAfterSeconds: seconds,
      });
      expect([startedOnPlatform(), sentInstalls()]).toEqual([0, 1]);
    },
  );

  it('Retry-After is obeyed, in seconds and as a date: until then nothing more is sent for the VM', async () => {
    setup.answerBy(instead(isInstall, says(429, '{}', { 'retry-after': '1200' })));
    expect(await install()).toMatchObject({ code: 'throttled', retryAfterSeconds: 1_200 });
    expect(await install()).toMatchObject({ code: 'throttled', retryAfterSeconds: 1_200 });
    expect(sentInstalls()).toBe(1);
    setup.simulated.pass(20);
    setup.answerBy(
      instead(
        isInstall,
        says(429, '{}', {
          'retry-after': new Date(Date.parse(setup.simulated.now()) + 90_000).toUTCString(),
        }),
      ),
    );
    expect(await install()).toMatchObject({ code: 'throttled', retryAfterSeconds: 90 });
    setup.simulated.pass(2);
    expect(await install()).toMatchObject({ kind: 'started' });
  });

  it.each<[string, ArmHandler]>([
    ['502 with HTML', says(502, HTML, { 'content-type': 'text/html' })],
    ['503 with nothing', says(503, '')],
    ['504 with JSON', says(504, '{"error":{"code":"GatewayTimeout","message":"No response in time."}}')],
    ['a cut connection', () => Promise.resolve(null)],
  ])(
    'a request to install answered by %s has an unknown outcome: it throws, and is sent once',
    async (_what, answer) => {
      setup.answerBy(instead(isInstall, answer, 99));
      await expect(install()).rejects.toThrow(/not known|not answered/);
      expect(sentInstalls()).toBe(1);
    },
  );

  it('an answer that is cut in the middle is no answer; a reading is repeated', async () => {
    const cut: ArmHandler = () =>
      Promise.resolve({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: VM.armId, properties: {} }),
        cutAfter: 9,
      });
    setup.answerBy(instead(isVm, cut, 2));
    expect((await setup.driver.readVirtualMachine(VM.id))?.powerState).toBe('running');
    setup.answerBy(instead(isVm, cut, 99));
    await expect(setup.driver.readVirtualMachine(VM.id)).rejects.toThrow(/was not answered|no JSON/);
  });

  it.each<[string, ArmHandler]>([
    ['503 with HTML', says(503, HTML, { 'content-type': 'text/html' })],
    [
      '401 for a token that has expired',
      says(401, '{"error":{"code":"ExpiredAuthenticationToken","message":"expired"}}'),
    ],
    [
      '429 as plain text',
      says(429, "Please retry after '2026-11-10T18:05:00.0000000Z' UTC.", { 'content-type': 'text/plain' }),
    ],
  ])('a poll answered by %s says nothing of the operation, which goes on', async (_what, answer) => {
    const start = await install();
    if (start.kind === 'refused') throw new Error(start.message);
    setup.answerBy(instead(isPoll, answer, 3));
    expect(await setup.driver.readOperation(start.operationId)).toMatchObject({ kind: 'running' });
    setup.simulated.pass(240);
    expect(await setup.driver.readOperation(start.operationId)).toMatchObject({ kind: 'installed' });
  });

  it('a token that has expired starts nothing, and passes by itself', async () => {
    const expired = says(
      401,
      '{"error":{"code":"ExpiredAuthenticationToken","message":"earlier than current UTC time"}}',
    );
    setup.answerBy(instead(isInstall, expired));
    expect(await install()).toMatchObject({ kind: 'refused', code: 'throttled', retryAfterSeconds: 60 });
    setup.simulated.pass(2);
    expect(await install()).toMatchObject({ kind: 'started' });
    expect(startedOnPlatform()).toBe(1);
  });

  it('a VM that may not be read is no VM that is gone', async () => {
    setup.answerBy(instead(isVm, says(403, '{"error":{"code":"AuthorizationFailed","message":"no"}}'), 9));
    await expect(setup.driver.readVirtualMachine(VM.id)).rejects.toThrow(/403/);
    expect(await install()).toMatchObject({ kind: 'refused', code: 'notAllowed' });
  });

  it('an operation that ends Failed after 25 minutes under HTTP 200 is «failed», with what Azure says', async () => {
    const start = await install();
    if (start.kind === 'refused') throw new Error(start.message);
    const failed = JSON.stringify({
      startTime: RELEASE,
      endTime: '2026-11-10T18:25:10.6716895+00:00',
      status: 'Failed',
      error: { code: 'VMAgentStatusCommunicationError', message: 'has not reported status for VM agent' },
    });
    setup.answerBy(instead(isPoll, says(200, failed), 1));
    const answer = await setup.driver.readOperation(start.operationId);
    expect(answer).toMatchObject({ kind: 'failed', error: { code: 'VMAgentStatusCommunicationError' } });
    expect(await setup.driver.readOperation(start.operationId)).toEqual(answer);
  });

  it.each([403, 404, 410])(
    'a URL that has expired (%s) is «lost», and the VM says what became of it',
    async (status) => {
      const start = await install();
      if (start.kind === 'refused') throw new Error(start.message);
      setup.simulated.pass(240);
      setup.answerBy(instead(isPoll, says(status, '{}'), 9));
      expect(await setup.driver.readOperation(start.operationId)).toEqual({ kind: 'lost' });
      expect((await setup.driver.readVirtualMachine(VM.id))?.lastInstallation?.status).toBe('Succeeded');
      expect(setup.logged.map(({ action }) => action)).toEqual(['installStarted', 'installCompleted']);
      expect(await setup.driver.readOperation(start.operationId)).toMatchObject({ kind: 'installed' });
    },
  );

  it('a clock of ours that is ahead or behind changes no verdict on an operation', async () => {
    for (const minutes of [-4, 4]) {
      const skewed = await anAzureSetup({
        vms: [VM],
        startUtc: RELEASE,
        seed: 5,
        over: {
          health: { resourceHealth: 'required', heartbeat: 'ready' },
          nowUtc: () => new Date(Date.parse(RELEASE) + minutes * 60_000).toISOString(),
        },
      });
      skewed.answerBy(instead(isInstall, async (request) => (await honestly(skewed, request), null)));
      await expect(skewed.driver.startInstallation(VM.id, CRITICAL_AND_SECURITY)).rejects.toThrow();
      expect(await skewed.driver.startInstallation(VM.id, CRITICAL_AND_SECURITY)).toMatchObject({
        code: 'conflict',
      });
      expect(skewed.logged.map(({ action }) => action)).toEqual(['installStarted']);
      await skewed.close();
    }
  });

  it('an answer that comes twice is one answer, and one end', async () => {
    const start = await install();
    if (start.kind === 'refused') throw new Error(start.message);
    setup.simulated.pass(240);
    const answers = await Promise.all([1, 2, 3].map(() => setup.driver.readOperation(start.operationId)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const ends = setup.logged.filter(({ action }) => action === 'installCompleted');
    // Under one key in the driver's table, whoever wrote it (store/azureDriver.ts).
    expect(new Set(ends.map((event) => JSON.stringify(event))).size).toBe(1);
  });

  it('what is too slow is cut at the deadline, and its outcome is unknown', async () => {
    const slow = await anAzureSetup({ vms: [VM], startUtc: RELEASE, seed: 5, over: { deadlineMs: 200 } });
    const late: ArmHandler = () =>
      new Promise((resolve) => {
        setTimeout(() => {
          resolve({ status: 202, headers: {}, body: '' });
        }, 600).unref();
      });
    slow.answerBy(instead(isInstall, late));
    await expect(slow.driver.startInstallation(VM.id, CRITICAL_AND_SECURITY)).rejects.toThrow();
    await slow.close();
  });

  it('a link to another host is never followed: it would be sent the token', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    let connections = 0;
    other.on('connection', () => (connections += 1));
    const { port } = other.address() as AddressInfo;
    const elsewhere = `http://127.0.0.1:${port}/operations/1`;
    setup.answerBy(
      instead(isInstall, says(202, '', { 'azure-asyncoperation': elsewhere, location: elsewhere })),
    );
    const start = await install();
    if (start.kind === 'refused') throw new Error(start.message);
    await expect(setup.driver.readOperation(start.operationId)).rejects.toThrow(/nothing is sent there/);
    expect(connections).toBe(0);
    other.close();
  });

  it('more than its budget is never sent: six patch operations of one VM, then it waits', async () => {
    setup.answerBy(
      instead(isInstall, says(409, '{"error":{"code":"OperationNotAllowed","message":"busy"}}'), 99),
    );
    const codes: string[] = [];
    for (let calls = 0; calls < 8; calls += 1) {
      const answer = await install();
      codes.push(answer.kind === 'refused' ? answer.code : answer.kind);
    }
    expect(codes).toEqual([...Array.from({ length: 6 }, () => 'conflict'), 'throttled', 'throttled']);
    expect(sentInstalls()).toBe(6);
  });

  it('while anything runs on the VM, whoever started it, nothing is even sent: a newer request would end the older', async () => {
    await setup.simulated.driver.startInstallation(VM.id, { ...CRITICAL_AND_SECURITY, rolloutId: null });
    expect(await install()).toMatchObject({ kind: 'refused', code: 'conflict' });
    expect(await setup.driver.startAssessment(VM.id)).toMatchObject({ kind: 'refused', code: 'conflict' });
    setup.simulated.pass(240);
    expect(await setup.driver.startAssessment(VM.id)).toMatchObject({ kind: 'started' });
    expect(await install()).toMatchObject({ kind: 'refused', code: 'conflict' });
    expect(
      setup.sent.filter(({ method, path }) => method === 'POST' && path.endsWith('Patches')),
    ).toHaveLength(1);
  });

  it('an assessment of its own holds an installation back although the instance view does not show it yet', async () => {
    setup.answerBy((honest) => async (request) => {
      const answer = await honest(request);
      if (answer === null || !isVm(request)) return answer;
      return { ...answer, body: answer.body.replace('availablePatchSummary', 'notShownYet') };
    });
    expect(await setup.driver.startAssessment(VM.id)).toMatchObject({ kind: 'started' });
    expect([(await install()).kind, sentInstalls()]).toEqual(['refused', 0]);
    setup.simulated.pass(60);
    expect(await install()).toMatchObject({ kind: 'started' });
  });

  it('an unanswered request holds the next one back although the instance view does not show it yet', async () => {
    setup.answerBy((honest) => async (request) => {
      const answer = await honest(request);
      if (isInstall(request)) return null;
      const body = answer?.body.replace('lastPatchInstallationSummary', 'notShownYet') ?? '';
      return answer === null ? null : { ...answer, body };
    });
    await expect(install()).rejects.toThrow();
    expect(await install()).toMatchObject({ kind: 'refused', code: 'conflict' });
    expect(sentInstalls()).toBe(1);
  });

  it('how long to wait is obeyed everywhere: a poll before its time is not sent', async () => {
    const start = await install();
    if (start.kind === 'refused') throw new Error(start.message);
    setup.simulated.pass(5);
    const polls = (): number => setup.sent.filter(({ path }) => path.includes('/operations/')).length;
    setup.answerBy(instead(isPoll, says(200, '{"status":"InProgress"}', { 'retry-after': '120' })));
    const before = polls();
    expect(await setup.driver.readOperation(start.operationId)).toEqual({
      kind: 'running',
      retryAfterSeconds: 120,
    });
    setup.simulated.pass(1);
    expect(await setup.restarted().readOperation(start.operationId)).toMatchObject({ kind: 'running' });
    expect(polls()).toBe(before + 1);
    setup.simulated.pass(2);
    await setup.driver.readOperation(start.operationId);
    expect(polls()).toBe(before + 2);
  });

  it('the quota of Resource Graph is obeyed: when none is left, the next query waits until it is renewed', async () => {
    await setup.driver.listVirtualMachines(null);
    expect(setup.waitedMs()).toBe(0);
    setup.answerBy((honest) => async (request) => {
      const answer = await honest(request);
      if (answer === null || !request.url.includes('ResourceGraph')) return answer;
      const quota = { 'x-ms-user-quota-remaining': '0', 'x-ms-user-quota-resets-after': '00:00:05' };
      return { ...answer, headers: { ...answer.headers, ...quota } };
    });
    await setup.restarted().listVirtualMachines(null);
    expect(setup.waitedMs()).toBeGreaterThanOrEqual(5_000);
  });
});

async function honestly(setup: AzureSetup, request: PlainRequest): Promise<void> {
  const { simulated } = setup;
  await simulated.driver.startInstallation(VM.id, { ...CRITICAL_AND_SECURITY, rolloutId: null });
  expect(request.method).toBe('POST');
}
