import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeStateFolder } from '../../local/stateFolder';
import { saysWhenTheAppIsLoaded, startLowtide } from './lowtideProcess';

test('emulator serves an app until it is asked to end, then ends cleanly', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-emulator-'));
  const host = startLowtide(['emulator', '--app', '.', '--port', '0', '--journal', join(folder, 'journal')], {
    LOWTIDE_STORE: 'memory',
  });
  const [, baseUrl = ''] = await host.said(/served at (http:\S+?)\/\./);
  const answer = await fetch(`${baseUrl}/api/rollouts`);
  expect([answer.status, await answer.json()]).toEqual([200, { value: [] }]);
  expect(await host.stop()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

test('a second host on the state folder of another one does not start, and says which process has it and since when; the first goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-two-hosts-'));
  const environment = { LOWTIDE_STORE: 'memory', LOWTIDE_STATE_DIR: join(folder, 'state') };
  const command = ['emulator', '--app', '.', '--port', '0'];
  const first = startLowtide(command, environment);
  const [, baseUrl = ''] = await first.said(/served at (http:\S+?)\/\./);
  const second = startLowtide(command, environment);
  expect(await second.ended()).toBe(1);
  expect(second.output()).toMatch(/STATE_IN_USE/);
  expect(second.output()).toMatch(
    new RegExp(`Process ${first.child.pid ?? 0} on \\S+ has it open since \\d{4}-`),
  );
  expect(second.output()).not.toMatch(/served at/);
  expect((await fetch(`${baseUrl}/api/rollouts`)).status).toBe(200);
  expect(await first.stop()).toBe(0);
  const third = startLowtide(command, environment);
  await third.said(/served at/);
  expect(await third.stop()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

const SERVED = /(http:\S+?)\/dashboard/;

/** When it is interrupted: what it has written by then, and what it has answered. */
const MOMENTS: readonly (readonly [when: string, said: RegExp, asked: readonly string[]])[] = [
  ['while Azurite starts', /Starting Azurite/, []],
  ['while the app is loaded', /THE APP IS LOADED/, []],
  ['when it is served', SERVED, []],
  ['when it works', SERVED, ['/api/rollouts']],
];

describe.each([['start'], ['serve']])('one Ctrl-C ends %s', (command) => {
  test.each(MOMENTS)(
    '%s, with all that it started, and the next one can begin',
    async (_when, said, asked) => {
      const home = mkdtempSync(join(tmpdir(), 'lowtide-interrupted-'));
      const folder = join(home, 'state');
      const host = startLowtide([command, '--port', '0', '--state', folder], saysWhenTheAppIsLoaded(home));
      await host.said(said);
      for (const path of asked) {
        const [, baseUrl = ''] = await host.said(SERVED);
        expect((await fetch(`${baseUrl}${path}`)).status).toBe(200);
      }
      const started = childrenOf(host.child.pid ?? 0);
      expect([0, 130]).toContain(await host.stop());
      await gone(started);
      expect(host.output()).not.toMatch(/error/i);
      takeStateFolder(folder, { fresh: true }).release();
      rmSync(home, { recursive: true });
    },
  );
});

/** Processes whose parent it is. */
function childrenOf(pid: number): number[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child ?? 0);
}

/** Resolves when none of the processes is there any more; the test's own time limit ends the wait. */
async function gone(pids: readonly number[]): Promise<void> {
  const isThere = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  while (pids.some(isThere)) await sleep(50);
}

test.each([['start'], ['serve'], ['emulator', '--app', '.']])(
  '%s refuses a port that is taken, before it starts or wipes anything',
  async (...command) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const host = startLowtide([...command, '--port', String(port)]);
    const code = await host.ended();
    other.close();
    expect(host.output()).toContain(`error: Port ${port} cannot be used.`);
    expect(code).toBe(1);
  },
);
