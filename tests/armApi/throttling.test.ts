import { anOptedInApi, aVmBody, COMPUTE, VM, type Api, type Reply } from './api';
import { aSimulatedAzure, type SimulatedAzure } from './simulatedAzure';
import { areAtHand, comparison } from './recordedExchanges';

const QUOTA = 'x-ms-ratelimit-remaining-resource';
const at = (name: string): string => `${COMPUTE}/virtualMachines/${name}`;

describe('Quotas of Compute', () => {
  let api: Api;
  beforeEach(async () => {
    api = await anOptedInApi();
    await api.finish(await api.call('PUT', VM, aVmBody('Linux')));
    await api.finish(await api.call('PUT', at('other'), aVmBody('Linux')));
  });
  afterEach(() => api.close());

  const assess = (vm: string): Promise<Reply> => api.call('POST', `${vm}/assessPatches`);

  it('6 patch operations a VM in three minutes, 600 a subscription and region: every answer says what is left', async () => {
    const left = (reply: Reply): string =>
      (reply.headers[QUOTA] ?? '').replaceAll('Microsoft.Compute/VMGuestPatchOperation', '');
    expect(left(await assess(VM))).toBe('SubscriptionMaximum;599,Resource;5');
    expect(left(await assess(at('other')))).toBe('SubscriptionMaximum;598,Resource;5');
    for (let more = 4; more >= 0; more -= 1) expect(left(await assess(VM))).toContain(`Resource;${more}`);
    const refused = await assess(VM);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, undefined]);
    expect(refused.body).toMatchObject({
      error: {
        code: 'OperationNotAllowed',
        details: [{ code: 'TooManyRequests', target: 'VMGuestPatchOperationResource' }],
      },
    });
    expect((await assess(at('other'))).status).toBe(202);
    await api.pass(1);
    expect((await assess(VM)).status).toBe(202);
  });

  it('a change under the wrong ETag is 412, and changes nothing', async () => {
    const path = `${VM}?api-version=2024-07-01`;
    const { headers } = await api.send('GET', path);
    const tag = (value: string, condition: Record<string, string>): Promise<Reply> =>
      api.send('PATCH', path, { tags: { value } }, condition);
    expect((await tag('wrong', { 'if-match': '"99"' })).status).toBe(412);
    expect((await tag('wrong', { 'if-none-match': '*' })).status).toBe(412);
    expect((await api.send('GET', path)).headers['etag']).toBe(headers['etag']);
    const { status, body } = await tag('right', { 'if-match': headers['etag'] ?? '' });
    expect([status, body['tags']]).toEqual([200, { value: 'right' }]);
    expect((await tag('again', { 'if-match': headers['etag'] ?? '' })).status).toBe(412);
  });
});

describe('A scenario throttles requests', () => {
  const shapes = {
    compute: {
      error: { code: 'OperationNotAllowed', innererror: { internalErrorCode: 'TooManyRequestsReceived' } },
    },
    resource: { error: { code: 'ResourceRequestsThrottled' } },
    subscription: { error: { code: 'SubscriptionRequestsThrottled' } },
    retryable: {
      error: { code: 'RetryableError', details: [{ code: 'RetryableErrorDueToAnotherOperation' }] },
    },
    withoutEnvelope: { Code: '429', Details: [{}, { Code: '429' }, {}] },
    plainText: expect.stringMatching(/^You have reached the limit of allowed/) as unknown,
  };
  /** The recorded answer of each shape. */
  const RECORDED: Readonly<Record<string, readonly [file: string, index: number]>> = {
    resource: ['72-errors-429-throttling', 0],
    subscription: ['72-errors-429-throttling', 1],
    retryable: ['72-errors-429-throttling', 5],
    withoutEnvelope: ['72-errors-429-throttling', 8],
    plainText: ['15-arc-machine-assess-install-with-429-2023', 2],
  };
  const { differing } = comparison([]);
  let api: SimulatedAzure;
  beforeAll(async () => {
    const effects = Object.keys(shapes).map((shape) => ({
      who: { namePattern: shape },
      what: 'requestsThrottled',
      shape,
    }));
    const polls = { who: { namePattern: 'polls' }, what: 'requestsThrottled', percent: 50 };
    api = await aSimulatedAzure([...effects, polls]);
  });
  afterAll(() => api.close());

  it.each(Object.entries(shapes))('with the body %s, and without Retry-After', async (name, body) => {
    await api.call('PUT', at(name), aVmBody('Linux'));
    const reply = await api.call('GET', at(name));
    expect([reply.status, reply.headers['retry-after']]).toEqual([429, undefined]);
    const type = name === 'plainText' ? /^text\/plain/ : /^application\/json/;
    expect(reply.headers['content-type']).toMatch(type);
    expect({ body: reply.body }).toMatchObject({ body });
    const [file, index] = RECORDED[name] ?? [];
    expect(areAtHand && file !== undefined ? differing(file, index ?? 0, reply) : []).toEqual([]);
  });

  it('a poll that is throttled does not fail the operation', async () => {
    const put = await api.call('PUT', at('polls'), aVmBody('Linux'));
    await api.pass(10);
    const polls = [];
    for (let n = 0; n < 40; n += 1) polls.push(await api.follow(put));
    expect(new Set(polls.map(({ status }) => status))).toEqual(new Set([429, 200]));
    const answered = polls.filter(({ status }) => status === 200);
    expect(new Set(answered.map(({ body }) => body['status'] as unknown))).toEqual(new Set(['Succeeded']));
  });
});
