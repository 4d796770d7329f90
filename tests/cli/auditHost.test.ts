import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { auditVmOf, type VmFacts } from '../../audit/auditInput';
import { evidenceOf } from '../../cli/auditHost';
import { runCli } from '../../cli/program';
import { CONTOSO } from '../support/contoso';
import { startLowtideHost, type Host } from '../emulator/support/nativeHost';

const RELEASED = '2026-11-10T18:00:00.000Z';
const EVENTS = '/api/simulated/events';
const MACHINES = '/api/simulated/virtual-machines';

const NONE = {} as VmFacts;

interface Page {
  readonly value: readonly Record<string, unknown>[];
  readonly untilUtc: string;
  readonly nextLink?: string;
}

/** What the command writes to the terminal, and its exit code. */
async function typed(...words: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const write = (chunk: string | Uint8Array): boolean => {
    text += String(chunk);
    return true;
  };
  const out = jest.spyOn(process.stdout, 'write').mockImplementation(write);
  const err = jest.spyOn(process.stderr, 'write').mockImplementation(write);
  try {
    return { code: await runCli(words), text };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

describe('npm run audit -- --base-url', () => {
  let host: Host;
  const get = async (path: string): Promise<Page> => (await host.request('GET', path)).body as Page;
  beforeAll(async () => {
    host = await startLowtideHost({
      clock: { kind: 'virtual', startUtc: RELEASED },
      store: { kind: 'memory' },
      strict: true,
      port: 0,
      environment: {
        LOWTIDE_STORE: 'memory',
        LOWTIDE_STATE_DIR: '',
        LOWTIDE_FLEET: CONTOSO,
        LOWTIDE_SEED: '1',
        LOWTIDE_SCENARIO: '',
      },
    });
    // By then its log has more than one page.
    await host.runUntil('2026-11-19T00:00:00.000Z');
  });
  afterAll(() => host.close());

  it('judges a host in the middle of its month from its log, its fleet and its rollouts', async () => {
    const { code, text } = await typed('audit', '--base-url', host.baseUrl);
    expect(text).toMatch(/ok {2}INV-1 .* [1-9][0-9,]* checks/);
    expect(text).toMatch(/ok {2}INV-6 .* [1-9][0-9,]* checks/);
    expect(text).toMatch(/ok {2}INV-11 .* [1-9][0-9,]* checks/);
    expect(code).toBe(0);
  });

  it('knows, as from the file, which VMs have an agent that cannot assess them (INV-16)', async () => {
    const { vms } = await evidenceOf(host.baseUrl, undefined);
    const agentOf = (name: string): unknown =>
      auditVmOf(vms.find(({ id }) => id.endsWith(name)) ?? NONE).agent;
    expect(agentOf('/oldagent-01')).toEqual({ isOfLinux: true, isReady: true, version: '2.2.40' });
    expect(agentOf('/hub-web-01')).toBeUndefined();
  });

  it('finds what the log of the host shows: an installation whose audit row is missing ends with 2', async () => {
    const proxy = await proxyOf(host.baseUrl, (path, body) =>
      path.includes('/audit')
        ? { ...body, value: body.value.filter(({ what }, n) => what !== 'installStarted' || n % 50 !== 0) }
        : body,
    );
    const { port } = proxy.address() as AddressInfo;
    const { code, text } = await typed('audit', '--base-url', `http://127.0.0.1:${port}/`);
    proxy.close();
    expect(text).toMatch(/the audit says nowhere that/);
    expect(code).toBe(2);
  });

  it('judges a host that has a freeze and an exclusion', async () => {
    const body = { from: '2026-12-20', to: '2026-12-24', reason: 'Year end.', owner: 'shop' };
    for (const path of ['/api/freezes/year-end', '/api/exclusions/shop'])
      expect(await host.request('PUT', path, body)).toMatchObject({ status: 200 });
    const { freezes } = (await evidenceOf(host.baseUrl, undefined)).rollout;
    expect(freezes).toMatchObject([
      { id: 'year-end', kind: 'freeze', from: '2026-12-20' },
      { id: 'shop', kind: 'exclusion', from: '2026-12-20' },
    ]);
  });

  it('the pages of the log are together the log before one instant, in order of time', async () => {
    const first = await get(EVENTS);
    expect(first.value).toHaveLength(5_000);
    const all = [...first.value];
    for (let link = first.nextLink; link !== undefined;) {
      const page = await get(link);
      expect(page.untilUtc).toBe(first.untilUtc);
      all.push(...page.value);
      link = page.nextLink;
    }
    const instants = all.map(({ at }) => String(at));
    expect(instants).toEqual([...instants].sort());
    expect((instants.at(-1) ?? '~') < first.untilUtc).toBe(true);
    const again = await get(`${EVENTS}?after=${all.length - 1}&untilUtc=${first.untilUtc}`);
    expect(again.value).toEqual(all.slice(-1));
  });

  it('the pages of the VMs that are there have each of them once', async () => {
    const names: unknown[] = [];
    for (let link: string | undefined = `${MACHINES}?present=true`; link !== undefined;) {
      const { value, nextLink } = await get(link);
      names.push(...value.map(({ id }) => id));
      link = nextLink;
    }
    expect(names.length).toBeGreaterThan(500);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    `${EVENTS}?after=-1`,
    `${EVENTS}?untilUtc=yesterday`,
    `${MACHINES}?after=x`,
    `${MACHINES}?present=true&after=500`,
  ])('GET %s is refused in words', async (path) => {
    expect(await host.request('GET', path)).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID' },
    });
  });

  it.each([
    ['--base-url', 'http://127.0.0.1:1', '--fleet', 'fleets/contoso.json'],
    ['--events', 'log.jsonl'],
    ['--events', 'log.jsonl', '--fleet', 'f.json', '--key', 'k'],
  ])('a host and files together, or half of the files, are refused: %s %s', async (...words) => {
    const { code, text } = await typed('audit', ...words);
    expect(text).toMatch(/error: It is not clear what to audit\./);
    expect(code).toBe(1);
  });
});

/** Stands before a host, and changes what it answers. */
async function proxyOf(baseUrl: string, change: (path: string, body: Page) => unknown): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    void fetch(`${baseUrl}${path}`)
      .then(async (answer) => answer.json() as Promise<Page>)
      .then((body) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(change(path, body)));
      });
  });
  // The command may be busy for longer than an idle connection is kept.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
