import { anApi, type Api } from '../armApi/api';

const PURGE = '/runtime/webhooks/durabletask/instances?createdTimeTo=2000-01-01';
const TERMINATE = '/runtime/webhooks/durabletask/instances/none/terminate';
const FUNCTIONS = '/admin/functions';

describe("the host's own answers, which ask for no key", () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi({ port: 0 });
  });
  afterAll(() => api.close());
  const statusOf = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<number> => (await api.send(method, path, undefined, headers)).status;

  it.each([
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['a page without a site', { origin: 'null' }],
    ['a name that was bound to this machine', { host: 'evil.example:7071' }],
    ['a proxy that asks for another machine', { 'x-forwarded-for': '127.0.0.1, 203.0.113.7' }],
  ])('refuse %s', async (_who, headers) => {
    expect(await statusOf('POST', TERMINATE, headers)).toBe(403);
    expect(await statusOf('DELETE', PURGE, headers)).toBe(403);
    const { status, body } = await api.send('GET', FUNCTIONS, undefined, headers);
    expect([status, body]).toEqual([403, { Message: expect.stringContaining('http://127.0.0.1') as string }]);
  });

  it('are given to tools of any content type, by any name of this machine, and to pages of this host', async () => {
    const host = new URL(api.host.baseUrl).host;
    for (const headers of [
      {},
      { 'content-type': 'text/plain' },
      { host: 'localhost:7071' },
      { host: 'lowtide.localhost:7071' },
      { 'x-forwarded-for': '::1' },
      { origin: `http://${host}`, host },
    ]) {
      expect(await statusOf('POST', TERMINATE, headers)).toBe(404);
      expect(await statusOf('GET', FUNCTIONS, headers)).toBe(200);
    }
  });

  it('leave whom the app admits to the app', async () => {
    expect(await statusOf('GET', '/api/rollouts', { origin: 'http://127.0.0.1:1' })).toBe(200);
  });
});
