import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHmac } from 'node:crypto';
import { HTTP } from 'cloudevents';
import type { NotificationSettings, Receiver } from '../../notifications/receivers';
import { defaultPolicy } from '../../domain/policy';
import { NOTICE_KINDS } from '../../domain/notices';
import { notify } from '../../notifications/notify';
import { messageTo } from '../../notifications/messageTo';
import type { AuditRow } from '../../store/auditRow';
import type { Delivery } from '../../store/deliveries';
import { memoryStore } from '../../store/memoryTable';
import type { Store } from '../../store/store';
import { repositoriesOn } from '../../store/repositories';

const ROLLOUT = 'rollout-2026-11';
const SECRET = 'a secret of twenty-four characters';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const halted: AuditRow = {
  atUtc: '2026-11-13T03:15:00.000Z',
  who: 'lowtide',
  what: 'halted',
  subject: 'phase-1',
  vmId: null,
  why: '2 of 5 VMs are unhealthy after their update.',
  evidence: { unhealthy: 2 },
};

describe('notifications', () => {
  let server: Server;
  let answers: { status: number; headers?: Record<string, string> }[];
  let received: Received[];
  let url: string;
  let nowMs: number;
  let secondsAnAnswer: number;
  let answerLast: () => void;
  let store: Store;
  const services = (): Parameters<typeof notify>[0] => ({
    ...repositories,
    nowUtc: () => new Date(nowMs).toISOString(),
  });
  let repositories: ReturnType<typeof repositoriesOn>;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        received.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
        nowMs += secondsAnAnswer * 1000;
        if (request.url === '/afterTheOthers') {
          answerLast = () => response.writeHead(204).end();
          return;
        }
        const { status, headers = {} } =
          request.url === '/broken' ? { status: 500 } : (answers.shift() ?? { status: 204 });
        response.writeHead(status, headers).end();
        answerLast();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  beforeEach(() => {
    [answers, received, secondsAnAnswer] = [[], [], 0];
    answerLast = () => undefined;
    nowMs = Date.parse('2026-11-13T03:16:00.000Z');
    store = memoryStore();
    repositories = repositoriesOn(store, defaultPolicy);
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  const receiver = (over: Partial<Receiver> = {}): Receiver => ({
    name: 'ops',
    url,
    format: 'cloudEvents',
    secret: SECRET,
    events: NOTICE_KINDS,
    ...over,
  });
  const settings = (...receivers: readonly Receiver[]): NotificationSettings => ({
    receivers,
    privateAddresses: true,
  });
  const tick = (given = settings(receiver())): Promise<readonly string[]> =>
    notify(services(), given, '/lowtide/test');
  const minutesPass = (minutes: number): void => {
    nowMs += minutes * 60_000;
  };

  const undelivered = async (state: 'waiting' | 'dead'): Promise<readonly Delivery[]> =>
    (await repositories.deliveries.page('', 500)).value.flatMap((one) =>
      one.state === state ? one.delivery : [],
    );
  const idsReceived = (): unknown[] => received.map(({ headers }) => headers['webhook-id']);
  const append = async (count: number, row: AuditRow): Promise<void> => {
    for (let n = 1; n <= count; n += 1)
      await repositories.audit.append(ROLLOUT, `${row.what}-${n}`, {
        ...row,
        atUtc: new Date(Date.parse(row.atUtc) + n).toISOString(),
      });
  };
  const asked: AuditRow = { ...halted, what: 'hookAsked', atUtc: '2026-11-13T03:00:00.000Z' };

  it('a halt is a signed CloudEvent, sent once', async () => {
    await repositories.audit.append(ROLLOUT, 'h', halted);
    await tick();
    await tick();
    expect(received).toHaveLength(1);
    const [{ headers, body }] = received as [Received];
    const event = HTTP.toEvent({ headers, body: JSON.parse(body) as unknown });
    expect(event).toMatchObject({
      id: `${ROLLOUT}~1`,
      type: 'lowtide.halted',
      source: '/lowtide/test',
      subject: 'phase-1',
      data: { why: halted.why, rolloutId: ROLLOUT, evidence: { unhealthy: 2 } },
    });
    const id = String(headers['webhook-id']);
    const at = String(headers['webhook-timestamp']);
    const mac = createHmac('sha256', SECRET).update(`${id}.${at}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${mac}`);
    expect(Number(at)).toBe(nowMs / 1000);
  });

  it('what is not news is not sent: installations, and what happened more than a day ago', async () => {
    await repositories.audit.append(ROLLOUT, 'i', { ...halted, what: 'installStarted' });
    await repositories.audit.append(ROLLOUT, 'old', { ...halted, atUtc: '2026-11-11T00:00:00.000Z' });
    await tick();
    expect(received).toEqual([]);
  });

  it('a receiver hears of what it asked for, and of nothing else', async () => {
    await repositories.audit.append(ROLLOUT, 'h', halted);
    await repositories.audit.append(ROLLOUT, 'e', { ...halted, what: 'rolloutEnded' });
    await tick(settings(receiver({ events: ['done'] })));
    expect(received.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual(['lowtide.done']);
  });

  it('what fails is tried again later each time, under the same id, and not before Retry-After', async () => {
    await repositories.audit.append(ROLLOUT, 'h', halted);
    answers = [{ status: 500 }, { status: 429, headers: { 'retry-after': '1200' } }, { status: 200 }];
    expect(await tick()).toEqual([expect.stringMatching(/It answered 500\..*03:17:00/)]);
    expect(await tick()).toEqual([]);
    minutesPass(1);
    expect(await tick()).toEqual([expect.stringMatching(/It answered 429\..*03:37:00/)]);
    minutesPass(19);
    await tick();
    expect(received).toHaveLength(2);
    minutesPass(1);
    await tick();
    expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([`${ROLLOUT}~1`]));
    expect(received).toHaveLength(3);
    expect(await undelivered('waiting')).toEqual([]);
  });

  it('what never arrives ends dead, is kept with its last error, and goes out when a person has it tried again', async () => {
    await repositories.audit.append(ROLLOUT, 'h', halted);
    answers = Array.from({ length: 9 }, () => ({ status: 503 }));
    for (let n = 0; n < 9; n += 1) {
      await tick();
      minutesPass(1441);
    }
    await tick();
    expect(received).toHaveLength(9);
    const [dead] = (await undelivered('dead')) as [Delivery];
    expect(dead).toMatchObject({ attempts: 9, lastError: 'It answered 503.', receiver: 'ops' });
    const again = await repositories.deliveries.revive(dead.noticeId, 'ops', new Date(nowMs).toISOString());
    await tick();
    expect([again, received.length, await undelivered('dead')]).toEqual(['waits', 10, []]);
  });

  it('a crash after the delivery was written and before the cursor moved on makes no second one', async () => {
    await repositories.audit.append(ROLLOUT, 'h', halted);
    const crashing = {
      ...services(),
      deliveries: {
        ...repositories.deliveries,
        saveCursor: () => Promise.reject(new Error('the host died')),
      },
    };
    await expect(notify(crashing, settings(receiver()), '/x')).rejects.toThrow('died');
    await tick();
    expect(received).toHaveLength(1);
  });

  it('no receiver waits for another: one that answers late is served beside the others', async () => {
    await append(1, halted);
    const late = receiver({ name: 'a-late', url: url.replace('/hook', '/afterTheOthers') });
    expect(await tick(settings(late, receiver()))).toEqual([]);
    expect(received).toHaveLength(2);
    expect(await undelivered('waiting')).toEqual([]);
  });

  it('a receiver that fails is tried once a run, with its halt first, and takes no attempts from the others', async () => {
    await append(60, asked);
    await append(1, halted);
    const broken = receiver({ name: 'a-broken', url: url.replace('/hook', '/broken') });
    const said = await tick(settings(broken, receiver({ events: ['halted'] })));
    expect(said).toEqual([expect.stringMatching(/~61 did not reach a-broken/)]);
    expect(idsReceived()).toEqual([`${ROLLOUT}~61`, `${ROLLOUT}~61`]);
    minutesPass(0.5);
    expect(await tick(settings(broken))).toEqual([expect.stringMatching(/~1 did not reach a-broken/)]);
  });

  it('a receiver that refuses some notices for what they are gets the others in the same run', async () => {
    await append(3, asked);
    await append(1, halted);
    answers = [{ status: 422 }, { status: 413 }];
    const said = await tick();
    expect(idsReceived()).toEqual([4, 1, 2, 3].map((n) => `${ROLLOUT}~${n}`));
    expect(said).toEqual([
      expect.stringMatching(/~4 did not reach ops: It answered 422\./),
      expect.stringMatching(/~1 did not reach ops: It answered 413\./),
    ]);
    expect(await undelivered('waiting')).toHaveLength(2);
  });

  it('a receiver that refuses everything for what it is gets 20 notices a run', async () => {
    await append(30, asked);
    answers = Array.from({ length: 30 }, () => ({ status: 422 }));
    await tick();
    expect(received).toHaveLength(20);
    minutesPass(0.5);
    await tick();
    expect(new Set(idsReceived()).size).toBe(30);
  });

  it.each([401, 404, 408, 429, 503])(
    'what a receiver answers to any notice (%i) ends its run',
    async (status) => {
      await append(3, asked);
      answers = Array.from({ length: 3 }, () => ({ status }));
      await tick();
      expect(received).toHaveLength(1);
    },
  );

  it('storage that fails for one receiver keeps the notices of no other, and is said', async () => {
    await append(1, halted);
    const { deliveries } = repositories;
    const failing = {
      ...services(),
      deliveries: {
        ...deliveries,
        due: (name: string, nowUtc: string) =>
          name === 'a' ? Promise.reject(new Error('storage is busy')) : deliveries.due(name, nowUtc),
      },
    };
    const said = await notify(failing, settings(receiver({ name: 'a' }), receiver()), '/x');
    expect(said).toEqual([expect.stringContaining('storage is busy')]);
    expect(received).toHaveLength(1);
  });

  it('a halt is sent before what else waits, approvals and what is stuck after it, and the rest in order of time', async () => {
    await append(250, asked);
    await append(1, { ...halted, what: 'approvalNeeded' });
    await append(1, { ...halted, what: 'planFailed' });
    await append(1, { ...halted, atUtc: '2026-11-13T03:15:30.000Z' });
    await tick();
    expect(idsReceived().slice(0, 5)).toEqual([253, 251, 252, 1, 2].map((n) => `${ROLLOUT}~${n}`));
    await tick();
    await tick();
    expect(new Set(idsReceived()).size).toBe(253);
    expect(received).toHaveLength(253);
  });

  it('one run sends to a receiver for 40 seconds, and the next goes on', async () => {
    await append(8, asked);
    secondsAnAnswer = 9;
    await tick();
    expect(received).toHaveLength(5);
    await tick();
    expect(idsReceived()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `${ROLLOUT}~${n}`));
  });

  it('a row of the audit that cannot be read is said once, and keeps nothing else from being sent', async () => {
    await append(3, halted);
    await store.table('audit').upsert(ROLLOUT, 'c~0000000002', { what: 'ofALaterVersion' });
    expect(await tick()).toEqual([
      expect.stringMatching(/^The row rollout-2026-11~2 of the audit cannot be read/),
    ]);
    expect(await tick()).toEqual([]);
    expect(idsReceived()).toEqual([`${ROLLOUT}~1`, `${ROLLOUT}~3`]);
  });

  it('a notice whose message cannot be built is dead at once, and the next one is sent', async () => {
    await append(1, { ...halted, subject: '' });
    await append(1, { ...halted, what: 'held' });
    expect(await tick()).toEqual([expect.stringContaining('Its message cannot be built')]);
    expect(idsReceived()).toEqual([`${ROLLOUT}~2`]);
    expect(await undelivered('dead')).toMatchObject([{ noticeId: `${ROLLOUT}~1` }]);
  });

  it('a waiting notice that cannot be read is said once, and keeps no other from being sent', async () => {
    await append(1, halted);
    for (const row of ['q~ops~0~2026-11-13T03:00:00.000Z~r~1', 'w~2026-11-13T03:00:00.000Z~r~2~ops'])
      await store.table('deliveries').upsert('deliveries', row, { kind: 'ofALaterVersion' });
    expect(await tick()).toEqual([expect.stringContaining('w~'), expect.stringContaining('q~ops')]);
    expect(await tick()).toEqual([]);
    expect(received).toHaveLength(1);
  });

  it('a chain whose cursor cannot be read keeps no other chain from being sent, and is said', async () => {
    await append(1, halted);
    await repositories.audit.append('operator', 'e', { ...halted, what: 'exclusionEnds' });
    await store.table('deliveries').upsert('cursors', 'operator', { at: 'ofALaterVersion' });
    expect(await tick()).toEqual([
      expect.stringMatching(/^How far the chain operator was read is not known/),
    ]);
    expect(idsReceived()).toEqual([`${ROLLOUT}~1`]);
  });

  it('what waits for a receiver that is no longer configured is dead at once, and lists its reason', async () => {
    await append(3, halted);
    answers = [{ status: 500 }];
    await tick();
    minutesPass(1);
    await tick(settings(receiver({ name: 'new' })));
    expect(await undelivered('waiting')).toEqual([]);
    const dead = await undelivered('dead');
    expect(dead.map(({ lastError }) => lastError)).toEqual(
      Array.from({ length: 3 }, () => 'There is no receiver of this name any more.'),
    );
  });

  it.each([
    ['http://127.0.0.1:9/'],
    ['http://[::1]:9/'],
    ['http://169.254.169.254/metadata/identity/oauth2/token'],
    ['http://10.0.0.4/'],
    ['http://localhost:9/'],
    ['http://168.63.129.16/machine?comp=goalstate'],
    ['http://[::ffff:127.0.0.1]:9/'],
    ['http://[::ffff:a9fe:a9fe]/metadata/instance'],
    ['http://[64:ff9b::a00:4]/'],
    ['http://[fd00:ec2::254]/'],
    ['http://2130706433:9/'],
    ['http://0x7f.1:9/'],
    ['http://0.0.0.0:9/'],
  ])('reaches no address of its own network: %s', async (inside) => {
    await repositories.audit.append(ROLLOUT, 'h', halted);
    const own = { receivers: [receiver({ url: inside })], privateAddresses: false };
    const [said] = await notify(services(), own, '/x');
    expect(said).toContain('not allowed');
    const [waiting] = (await undelivered('waiting')) as [Delivery];
    expect(waiting.lastError).toContain('not a public address');
  });

  it('follows no redirect, which could lead into its own network', async () => {
    await repositories.audit.append(ROLLOUT, 'h', halted);
    answers = [{ status: 307, headers: { location: url } }];
    expect(await tick()).toEqual([expect.stringContaining('It answered 307.')]);
    expect(received).toHaveLength(1);
  });

  it('Slack and Teams show hostile names as plain text, cut to what they take', () => {
    const hostile = '<!channel> [x](javascript:alert(1)) *b* ' + 'é'.repeat(5000);
    const delivery: Delivery = {
      noticeId: 'r~1',
      receiver: 'ops',
      kind: 'halted',
      atUtc: halted.atUtc,
      subject: hostile,
      why: hostile,
      who: 'lowtide',
      rolloutId: ROLLOUT,
      evidence: {},
      attempts: 0,
      nextUtc: halted.atUtc,
      lastError: null,
    };
    const slack = JSON.parse(messageTo(receiver({ format: 'slack' }), delivery, '/x').body) as {
      text: string;
      blocks: { text: { type: string; text: string } }[];
    };
    expect(slack.text).toContain('&lt;!channel&gt;');
    expect(slack.blocks.map(({ text }) => text.type)).toEqual(['plain_text', 'plain_text']);
    expect(Math.max(...slack.blocks.map(({ text }) => text.text.length))).toBeLessThanOrEqual(3000);
    const teams = messageTo(receiver({ format: 'teams' }), delivery, '/x').body;
    expect(teams).toContain('RichTextBlock');
    expect(teams).not.toContain('"TextBlock"');
    expect(teams.length).toBeLessThan(28_000);
  });
});
