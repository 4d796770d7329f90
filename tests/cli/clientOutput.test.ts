import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { anApi, type Api } from '../armApi/api';
import { apiMonth } from '../operatorApi/apiMonth';
import { httpReceiver } from './httpReceiver';
import { startLowtide } from './lowtideProcess';
import { typed, typedOnTerminal, type Typed } from './typed';

const folder = mkdtempSync(join(tmpdir(), 'lowtide-output-'));
const POLICY = join(folder, 'policy.yaml');
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const ID = 'rollout-2026-11';
/** Every command of the client that asks and changes nothing; those of the second list have no table. */
const TABLES = [
  ['rollouts'],
  ['fleet'],
  ['fleet', '--group', 'region'],
  ['forecast', '--state', 'onTime'],
  ['preview'],
  ['compliance', 'outcomes'],
  ['compliance', 'patches'],
  ['compliance', 'missing'],
  ['compliance', 'decisions'],
  ['freeze'],
  ['exclude'],
  ['policy'],
  ['policy', 'versions'],
  ['policy', 'diff', POLICY],
  ['hooks'],
  ['hooks', 'list', ID],
  ['notifications'],
];
const WITHOUT_TABLE = [
  ['rollouts', 'show'],
  ['why', 'e2e-lone'],
  ['forecast'],
  ['policy', 'schema'],
  ['audit', '--verify'],
];
const titled = (commands: readonly (readonly string[])[]): (readonly [string, readonly string[]])[] =>
  commands.map((args) => [args.map((arg) => (arg === POLICY ? 'FILE' : arg)).join(' '), args]);

describe('what the client writes', () => {
  let api: Api;
  const asked = (...args: readonly string[]): readonly string[] => [...args, '--url', api.host.baseUrl];
  beforeAll(async () => {
    writeFileSync(POLICY, 'soak: PT20M\n');
    api = await apiMonth((options) => anApi({ ...options, port: 0 }), 0);
    await api.pass(1);
  });
  afterAll(() => api.close());

  it.each(titled([...TABLES, ...WITHOUT_TABLE]))(
    '%s is JSON with --json, and nothing beside it',
    async (_title, args) => {
      const { code, out, err } = await typed(...asked(...args, '--json'));
      expect([code, err]).toEqual([0, '']);
      expect(typeof JSON.parse(out)).toBe('object');
      expect(out).not.toContain('\u001b');
      expect(out).not.toContain('\r');
    },
  );

  it.each(titled(TABLES))('%s is CSV with --csv, from its first line on', async (_title, args) => {
    const { code, out, err } = await typed(...asked(...args, '--csv'));
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\r\n')[0]).toMatch(/^\w+(,\w+)*$/);
    expect(out).not.toContain('\u001b');
  });

  it('is coloured on a terminal, not where NO_COLOR or FORCE_COLOR=0 is set or the terminal knows no colours, and not in a pipe', async () => {
    const colours = async (environment: Parameters<typeof typedOnTerminal>[0]): Promise<boolean> =>
      (await typedOnTerminal(environment, ...asked('forecast', '--state', 'onTime'))).out.includes('\u001b[');
    expect(await colours({ TERM: 'xterm' })).toBe(true);
    expect(await colours({ TERM: 'xterm', NO_COLOR: '' })).toBe(true);
    expect(await colours({ TERM: 'xterm', NO_COLOR: '1' })).toBe(false);
    expect(await colours({ TERM: 'xterm', FORCE_COLOR: '0' })).toBe(false);
    expect(await colours({ TERM: 'dumb' })).toBe(false);
    expect((await typed(...asked('forecast', '--state', 'onTime'))).out).not.toContain('\u001b');
  });

  it('exits with 0 when done, with 1 for what is refused or misspelt, where the nearest command is named', async () => {
    expect((await typed(...asked('rollouts'))).code).toBe(0);
    for (const [args, says] of [
      [['rolouts'], 'Did you mean rollouts?'],
      [['rollouts', 'pauze'], "unknown command 'rollouts pauze'\n(Did you mean pause?)"],
      [['freeze', 'lift', 'x'], "unknown command 'freeze lift'"],
      [['freeze', 'create', '--from', '2026-12-20'], "unknown command 'freeze create'"],
      [['freeze', '--jsn'], "unknown option '--jsn'\n(Did you mean --json?)"],
      [['rollouts', '--jsn'], 'Did you mean --json?'],
      [['why', 'e2e-lnoe'], 'No VM is called e2e-lnoe.'],
      [['fleet', '--kind', 'broken'], 'Allowed choices are patched, '],
    ] as const) {
      const { code, out, err } = await typed(...args, ...(args.length > 1 ? asked() : []));
      expect([args, code, out, err]).toEqual([args, 1, '', expect.stringContaining(says)]);
    }
  });

  it('watch in a pipe is a line for each change, silent in between, and Ctrl-C ends it', async () => {
    const watched = startLowtide(asked('rollouts', 'watch'));
    await watched.said(/\n/);
    await sleep(LOOKS_MS);
    expect(await watched.stop()).toBe(0);
    expect(watched.output()).toMatch(
      /^rollout-2026-11: 0 of 6, running; phase-1 since 2026-11-10 18:00 UTC\n$/,
    );
  });

  it('watch on a terminal is one line that fits and is rewritten only when something changes; it ends with the rollout', async () => {
    const environment = { NO_COLOR: '', TERM: 'xterm' };
    const watching = typedOnTerminal(environment, ...asked('rollouts', 'watch'));
    const json = startLowtide(asked('rollouts', 'watch', '--json'));
    await json.said(/\n/);
    await sleep(LOOKS_MS);
    await api.send('POST', `/api/rollouts/${ID}/cancel`, { reason: 'Enough.' });
    await api.pass(24 * 60);
    const { code, out } = await watching;
    const lines = out.split('\r\u001b[2K').slice(1);
    expect([code, new Set(lines).size]).toEqual([0, lines.length]);
    expect(lines.every((line) => line.trimEnd().length < 60)).toBe(true);
    expect(lines.at(-1)).toMatch(/cancelled\n$|…\n$/);
    expect(await json.ended()).toBe(0);
    const states = json
      .output()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { state: string }).state);
    expect([states[0], states.at(-1)]).toEqual(['running', 'cancelled']);
  });
});

/** Longer than the time between two looks of `watch`. */
const LOOKS_MS = 2_500;

it('watch outlives a host that is started again: it says once that it asks again, and goes on', async () => {
  let answers = 0;
  const rollout = (state: string): string =>
    JSON.stringify({
      id: ID,
      month: '2026-11',
      state,
      releasedUtc: '2026-11-10T18:00:00.000Z',
      endsUtc: '2026-12-08T18:00:00.000Z',
      endedUtc: null,
      vmCount: 1,
      eligibleCount: 1,
      outcomes: {},
      reasons: {},
      phases: [],
      halts: [],
    });
  const host = await httpReceiver(() => {
    answers += 1;
    if (answers === 2) return { status: 503, body: 'starting' };
    return { status: 200, body: rollout(answers === 1 ? 'running' : 'ended') };
  });
  const { code, out, err }: Typed = await typed('rollouts', 'watch', ID, '--url', host.url);
  await host.close();
  expect([code, out.trimEnd().split('\n').length, err.trimEnd()]).toEqual([
    0,
    2,
    'note: the host did not answer; it is asked again.',
  ]);
});
