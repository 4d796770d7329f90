import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLowtide } from './lowtideProcess';

const MINUTE_MS = 60_000;

test(
  'emulator serves an app until it is asked to end, then ends cleanly',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lowtide-emulator-'));
    const host = startLowtide(
      ['emulator', '--app', '.', '--port', '0', '--journal', join(folder, 'journal')],
      {
        LOWTIDE_STORE: 'memory',
      },
    );
    const [, baseUrl = ''] = await host.said(/served at (http:\S+?)\/\./);
    const answer = await fetch(`${baseUrl}/api/rollouts`);
    expect([answer.status, await answer.json()]).toEqual([200, { value: [] }]);
    expect(await host.stop()).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  },
  MINUTE_MS,
);

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
  MINUTE_MS,
);
