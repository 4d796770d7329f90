import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HookAsk, wordOf } from '../../domain/hooks';
import { steeredMonth, type SteeredMonth } from './steeredMonth';

const VMS = [1, 2, 3].map((n) => ({
  name: `vm-${n}`,
  region: 'eastus',
  ...(n === 3 && { tags: { app: 'db' } }),
}));
const ID = 'rollout-2026-11';

interface Asked {
  readonly hook: string;
  readonly on: string;
  readonly vmIds: readonly string[];
}

/** A change calendar answers by HTTP, a database team and a smoke test by an event of their own. */
describe('hooks before and after rounds and VMs', () => {
  let month: SteeredMonth;
  let server: Server;
  const asked: Asked[] = [];
  let refuse: string | null = 'Change 17 is not approved.';
  const open = async (): Promise<{ haltId: string; why: string }[]> =>
    (
      (await month.get(`/api/rollouts/${ID}`))['halts'] as {
        haltId: string;
        why: string;
        decision: unknown;
      }[]
    ).filter(({ decision }) => decision === null);
  const post = async (path: string, body: object): Promise<number> =>
    (await month.api.send('POST', `/api/rollouts/${ID}/${path}`, body)).status;
  const asks = async (): Promise<readonly HookAsk[]> =>
    (await month.get(`/api/rollouts/${ID}/hooks`))['value'] as HookAsk[];

  const sayYesTo = async (...hooks: readonly string[]): Promise<void> => {
    // What was asked after the last round is of no interest any more once the rollout has ended.
    if ((await month.get(`/api/rollouts/${ID}`))['state'] === 'ended') return;
    for (const { ask, hook, answer, untilUtc } of await asks())
      if (hooks.includes(hook) && answer === null && untilUtc > month.api.host.nowUtc())
        expect(await post('hooks', { ask, go: true })).toBe(200);
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (piece) => (body += String(piece)));
      request.on('end', () => {
        const question = JSON.parse(body) as Asked;
        asked.push(question);
        response.end(
          JSON.stringify(
            question.on === 'beforeRound' && refuse !== null ? { go: false, why: refuse } : { go: true },
          ),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const hooks = [
      { name: 'calendar', on: 'beforeRound', url },
      { name: 'seen', on: 'afterVm', url },
      { name: 'smoke', on: 'afterRound', answerMinutes: 4320 },
      { name: 'dba', on: 'beforeVm', answerMinutes: 4320, selector: { tag: 'app=db' } },
    ];
    month = await steeredMonth(
      VMS,
      { hooks, phasesMin: 1 },
      {
        environment: { LOWTIDE_NOTIFICATIONS_PRIVATE: 'allow' },
      },
    );
    await month.days(1);
  });
  afterAll(async () => {
    await month.api.close();
    server.closeAllConnections();
    server.close();
  });

  it('a no before a round is a hold with its words, and nothing is installed', async () => {
    expect(await month.installs()).toEqual([]);
    expect((await open()).map(({ why }) => why)).toEqual([
      expect.stringMatching(
        /^The hook calendar did not say yes before round 1 of .* Change 17 is not approved\.$/,
      ),
    ]);
  });

  it('a person resumes, it is asked again, and its yes lets the round begin', async () => {
    const before = asked.length;
    refuse = null;
    expect(await post('resume', { reason: 'Change 17 is approved.' })).toBe(200);
    for (let steps = 0; steps < 12 && (await month.installs()).length === 0; steps += 1) {
      await month.days(0.25);
      if ((await month.installs()).length === 0) await sayYesTo('dba', 'smoke');
    }
    expect(asked.length).toBeGreaterThan(before);
    expect((await month.installs()).length).toBeGreaterThan(0);
  });

  it('an event that is waited for holds the region until it comes: a no keeps it with its words, a yes lets it go on', async () => {
    const pending = async (): Promise<HookAsk | undefined> =>
      (await asks()).find(({ hook, answer }) => hook === 'smoke' && answer === null);
    for (let steps = 0; steps < 12 && (await pending()) === undefined; steps += 1) {
      await month.days(0.25);
      await sayYesTo('dba');
    }
    expect((await open()).map(({ why }) => why)).toEqual([
      expect.stringMatching(/^The hook smoke did not say yes after round .* It may answer until /),
    ]);
    const ask = (await pending())?.ask ?? '';
    expect(await post('hooks', { ask, go: false, why: 'Checkout is slow.' })).toBe(200);
    expect(await post('hooks', { ask, go: true })).toBe(409); // the first answer counts
    expect((await open()).map(({ why }) => why)).toEqual([
      'The hook smoke said no in eastus: Checkout is slow.',
    ]);
    const before = (await month.installs()).length;
    await month.days(1);
    expect((await month.installs()).length).toBe(before);
    expect(await post('resume', { reason: 'It is fast again.' })).toBe(200);
  });

  it('what a VM waits for is its reason; with the answer it is caught up, and every VM is installed once', async () => {
    for (let days = 0; days < 12; days += 1) {
      await month.days(0.5);
      await sayYesTo('dba', 'smoke');
    }
    const ofDb = (await asks()).filter(({ hook }) => hook === 'dba');
    expect(ofDb.map(({ about }) => about['vmCount'])).toEqual([1]);
    const names = (await month.installs()).map(({ name }) => name).sort();
    expect(names).toEqual(['vm-1', 'vm-2', 'vm-3']);
    expect(new Set(asked.filter(({ on }) => on === 'afterVm').flatMap(({ vmIds }) => vmIds)).size).toBe(3);
    const rows = (await month.get(`/api/rollouts/${ID}/audit`))['value'] as { what: string }[];
    expect(rows.filter(({ what }) => what === 'hookAnswered').length).toBeGreaterThan(1);
  });

  it('fails closed: without an answer in time it is a no, and then it is asked again', () => {
    const ask = HookAsk.parse({
      ask: 'a~b',
      hook: 'a',
      on: 'beforeRound',
      about: {},
      askedUtc: '2026-11-11T00:00:00.000Z',
      untilUtc: '2026-11-11T01:00:00.000Z',
      haltId: null,
      answer: null,
    });
    expect(wordOf(ask, '2026-11-11T00:59:59.000Z')?.kind).toBe('waits');
    expect(wordOf(ask, '2026-11-11T01:00:00.000Z')).toEqual({
      kind: 'no',
      why: 'It did not answer by 2026-11-11T01:00:00.000Z.',
    });
    expect(wordOf(ask, '2026-11-11T02:00:00.000Z')).toBeNull();
    const said = { go: true, why: '', by: 'x', atUtc: '2026-11-11T00:30:00.000Z' };
    expect(wordOf({ ...ask, answer: said }, '2026-11-11T01:29:00.000Z')?.kind).toBe('yes');
    expect(wordOf({ ...ask, answer: said }, '2026-11-11T01:30:00.000Z')).toBeNull();
  });
});
