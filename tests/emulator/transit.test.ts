import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transit } from '../../emulator/engine/transit';
import type { AppFolder } from './support/appFolder';
import { minutes, start, startVirtual, testApp } from './support/testApp';

const SOURCE = `
let runs = 0;
df.app.activity('count', { handler: () => { runs += 1; return { runs }; } });
df.app.activity('say', { handler: (input: any) => { (globalThis as any).said = [...((globalThis as any).said ?? []), input.what]; return { what: input.what }; } });
df.app.activity('heard', { handler: () => { const { said } = globalThis as any; (globalThis as any).said = []; return said; } });
df.app.entity('counter', (ctx: any) => { const s = ctx.df.getState(() => ({ n: 0 })); if (ctx.df.operationName === 'add') ctx.df.setState({ n: s.n + 1 }); ctx.df.return(s); });
df.app.orchestration('once', function* (ctx: any): any { const { runs } = yield ctx.df.callActivity('count', {}); return { runs, at: ctx.df.currentUtcDateTime }; });
df.app.orchestration('both', function* (ctx: any): any {
  yield ctx.df.Task.all(['first', 'second'].map((what) => ctx.df.callActivity('say', { what })));
  return yield ctx.df.callActivity('heard', {});
});
df.app.orchestration('waits', function* (ctx: any): any {
  yield ctx.df.createTimer(new Date(ctx.df.currentUtcDateTime.getTime() + 60_000));
  yield ctx.df.callEntity(new df.EntityId('counter', 'c'), 'add', {});
  return { at: ctx.df.currentUtcDateTime };
});
`;

let app: AppFolder;
let folder: string;
beforeAll(() => {
  app = testApp(SOURCE);
  folder = mkdtempSync(join(tmpdir(), 'transit-'));
});
afterAll(() => {
  app.remove();
  rmSync(folder, { recursive: true, force: true });
});

const prompt: Transit = { lateMs: () => 0, hangsMs: () => 0 };

/** Each answer of the list to one question, then 0. */
const inTurn = (answers: number[]): (() => number) => {
  const left = [...answers];
  return () => left.shift() ?? 0;
};

describe('messages', () => {
  it('that are late overtake each other', async () => {
    const late = inTurn([120_000, 60_000]);
    const lateMs: Transit['lateMs'] = (to) => (to === 'activity' ? late() : 0);
    const host = await startVirtual(app, { transit: { ...prompt, lateMs } });
    await start(host, 'both', 'b');
    await host.runUntil(minutes(1));
    expect(host.instance('b')?.runtimeStatus).toBe('Running');
    await host.runUntil(minutes(3));
    expect(host.instance('b')?.output).toEqual(['second', 'first']);
    await host.close();
  });

  it('that a dead host had under way are delivered by the next', async () => {
    const store = { kind: 'journal', path: join(folder, 'late.journal') } as const;
    const lateMs: Transit['lateMs'] = (to) => (to === 'entity' ? 3_600_000 : 0);
    const slow = await startVirtual(app, { store, transit: { ...prompt, lateMs } });
    await start(slow, 'waits', 'w');
    await slow.runUntil(minutes(5));
    expect(slow.instance('w')?.runtimeStatus).toBe('Running');
    await slow.close();
    const next = await startVirtual(app, { store });
    await next.runUntil(minutes(6));
    expect(next.instance('w')?.runtimeStatus).toBe('Completed');
    await next.close();
  });
});

describe('a worker that hangs', () => {
  it('has done its work; ten minutes later another one does it again, and that one is heard', async () => {
    const hangsMs = inTurn([600_000]);
    const host = await startVirtual(app, { transit: { ...prompt, hangsMs } });
    await start(host, 'once', 'o');
    await host.runUntil(minutes(9));
    expect(host.instance('o')?.runtimeStatus).toBe('Running');
    await host.runUntil(minutes(11));
    expect(host.instance('o')?.output).toEqual({ runs: 2, at: minutes(10) });
    await host.close();
  });
});

describe('a suspended machine', () => {
  it('finds everything late when it wakes up', async () => {
    const host = await startVirtual(app);
    await start(host, 'waits', 'w');
    await host.sleepUntil(minutes(30));
    expect(host.instance('w')?.runtimeStatus).toBe('Running');
    await host.runUntil(minutes(30));
    expect(host.instance('w')?.output).toEqual({ at: minutes(30) });
    await host.close();
  });
});
