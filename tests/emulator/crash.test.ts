import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppFolder } from './support/appFolder';
import { loadNatively, type Host } from './support/nativeHost';
import { manage, minutes, start, startVirtual, testApp } from './support/testApp';
import type { CrashHost as CrashHostClass, PersistPoint } from '../../emulator/engine/persistPoints';

const { CrashHost } = loadNatively('dist/emulator/host.js') as { CrashHost: typeof CrashHostClass };

const SOURCE = `
import { appendFileSync } from 'node:fs';
df.app.activity('note', { handler: async (input: any) => { appendFileSync(process.env.NOTES!, input.what + '\\n'); return { what: input.what }; } });
df.app.entity('counter', (ctx: any) => { const s = ctx.df.getState(() => ({ n: 0 })); if (ctx.df.operationName === 'add') ctx.df.setState({ n: s.n + 1 }); else ctx.df.return(s); });
df.app.orchestration('parent', function* (ctx: any): any {
  const first = yield ctx.df.callActivity('note', { what: 'first' });
  const child = yield ctx.df.callSubOrchestrator('child', { of: 'parent' }, ctx.df.instanceId + ':child');
  yield ctx.df.callEntity(new df.EntityId('counter', 'c'), 'add', {});
  yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 60_000));
  const both = yield ctx.df.Task.all([ctx.df.callActivity('note', { what: 'left' }), ctx.df.callActivity('note', { what: 'right' })]);
  const { n } = yield ctx.df.callEntity(new df.EntityId('counter', 'c'), 'get');
  return { first: first.what, child, both: both.map((each: any) => each.what), counted: n > 0 };
});
df.app.orchestration('child', function* (ctx: any): any { return yield ctx.df.callSubOrchestrator('grandchild', {}, ctx.df.instanceId + ':grandchild'); });
df.app.orchestration('grandchild', function* (ctx: any): any { const { what } = yield ctx.df.callActivity('note', { what: 'child' }); return { what }; });
`;

let app: AppFolder;
let folder: string;

beforeAll(() => {
  app = testApp(SOURCE);
  folder = mkdtempSync(join(tmpdir(), 'crash-'));
});
afterAll(() => {
  app.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Life {
  readonly points: readonly PersistPoint[];
  readonly notes: readonly string[];
  readonly output: unknown;
}

/** One life of the app; the host dies at step `dieAt` and another takes over. */
async function live(dieAt: number): Promise<Life> {
  const name = String(dieAt);
  const points: PersistPoint[] = [];
  const options = {
    store: { kind: 'journal', path: join(folder, `${name}.journal`) },
    environment: { NOTES: join(folder, `${name}.notes`) },
    timers: false,
    strict: true,
  } as const;
  let host: Host = await startVirtual(app, {
    ...options,
    onPersist: (point) => {
      points.push(point);
      if (point.step >= dieAt) throw new CrashHost(point);
    },
  });
  try {
    await start(host, 'parent', 'p');
    await manage(host, 'POST', 'entities/counter/c?op=add', {});
    await host.runUntil(minutes(5));
  } catch (error) {
    // Its message is all that crosses from the host's realm into jest's.
    expect(String(error)).toMatch(/crashed at step/);
  }
  await host.close();
  host = await startVirtual(app, options);
  // A client that heard nothing asks again.
  if (!host.instance('p')) await start(host, 'parent', 'p');
  await host.runUntil(minutes(20));
  const output = host.instance('p')?.output;
  await host.close();
  const notes = readFileSync(options.environment.NOTES, 'utf8').trim().split('\n');
  return { points, notes, output };
}

const EXPECTED = { first: 'first', child: { what: 'child' }, both: ['left', 'right'], counted: true };

test('wherever the host dies, the orchestration ends as if it had not', async () => {
  const whole = await live(Infinity);
  expect(whole.output).toEqual(EXPECTED);
  expect([...whole.notes].sort()).toEqual(['child', 'first', 'left', 'right']);
  let repeated = 0;
  for (let step = 1; step <= whole.points.length; step += 1) {
    const { points, notes, output } = await live(step);
    expect({ died: points.at(-1)?.kind, output }).toEqual({
      died: whole.points[step - 1]?.kind,
      output: EXPECTED,
    });
    expect([...new Set(notes)].sort()).toEqual(['child', 'first', 'left', 'right']);
    repeated += notes.length > 4 ? 1 : 0;
  }
  // At least once is not exactly once: dying between an activity and its result, or between messages and history, repeats it.
  expect(repeated).toBeGreaterThan(5);
});

test('every step at which the real host can die is one of the points', async () => {
  const { points } = await live(Infinity);
  const kinds = new Set(points.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual([
    'activity.beforeResult',
    'entity.beforeDelete',
    'entity.beforeMessages',
    'entity.beforeState',
    'entity.done',
    'orchestration.beforeDelete',
    'orchestration.beforeHistory',
    'orchestration.beforeMessages',
    'orchestration.done',
  ]);
  expect(points.map(({ step }) => step)).toEqual(points.map((_, i) => i + 1));
});
