import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  utimesSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { fileJournal } from '../../drivers/simulated/log/fileJournal';
import { aVm } from '../support/builders';
import {
  ALWAYS_ON,
  aClockedDriver,
  aScenario,
  CRITICAL_AND_SECURITY,
  RELEASE,
  started,
  type ClockedDriver,
} from './clockedDriver';
import type { VirtualMachine } from '../../domain/virtualMachine';

const folders: string[] = [];
const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-journal-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const vms = ['a', 'b', 'c'].map((name) => aVm({ name, tags: ALWAYS_ON }));
const [a, b] = vms as [VirtualMachine, VirtualMachine];

/** What `kill -9` leaves: the files, and a lock that is never let go of. Here the lock is let go of, for the process runs on. */
async function withJournal<T>(
  folder: string,
  use: (simulated: ClockedDriver) => Promise<T>,
  options: { vms?: readonly VirtualMachine[]; startUtc?: string; seed?: number } = { vms },
): Promise<T> {
  const journal = fileJournal(folder);
  try {
    return await use(aClockedDriver({ startUtc: RELEASE, ...options, journal }));
  } finally {
    await journal.close();
  }
}

describe('a file journal', () => {
  it('remembers fleet, scenario and every operation, so that a new process goes on where the old one was killed', async () => {
    const folder = aFolder();
    const [id, log] = await withJournal(folder, async (simulated) => {
      await simulated.driver.loadScenario(aScenario([{ what: 'slowInstall', factor: 2 }]));
      const operation = await started(simulated, () =>
        simulated.driver.startInstallation(a.id, CRITICAL_AND_SECURITY),
      );
      await simulated.driver.power(b.id, 'deallocate');
      simulated.pass(300);
      return [operation, [...simulated.driver.events()]] as const;
    });
    await withJournal(
      folder,
      async (simulated) => {
        simulated.pass(330);
        expect(await simulated.driver.readOperation(id)).toMatchObject({ kind: 'installed' });
        expect((await simulated.driver.readVirtualMachine(b.id))?.powerState).toBe('deallocated');
        expect([...simulated.driver.events()].slice(0, log.length)).toEqual(log);
      },
      {},
    );
  });

  it('has on disk what was acknowledged, before the answer comes', async () => {
    const folder = aFolder();
    await withJournal(folder, async (simulated) => {
      await Promise.all(vms.map(({ id }) => simulated.driver.probeHealth(id)));
      const lines = readFileSync(join(folder, 'requests.jsonl'), 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
        'fleet',
        'probe',
        'probe',
        'probe',
      ]);
    });
  });

  it('drops a torn last line, wherever it is torn, and nothing before it', async () => {
    const whole = aFolder();
    await withJournal(whole, async (simulated) => {
      for (const { id } of vms) await simulated.driver.probeHealth(id);
    });
    const text = readFileSync(join(whole, 'requests.jsonl'), 'utf8');
    const lastLine = text.trimEnd().lastIndexOf('\n') + 1;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: lastLine, max: text.length - 1 }), async (length) => {
        truncateSync(join(whole, 'requests.jsonl'), length);
        const journal = fileJournal(whole);
        expect(journal.remembered().map(({ kind }) => kind)).toEqual(['fleet', 'probe', 'probe']);
        await journal.append({ kind: 'probe', at: RELEASE, vm: a.id });
        await journal.close();
        const again = fileJournal(whole);
        expect(again.remembered().map(({ kind }) => kind)).toEqual(['fleet', 'probe', 'probe', 'probe']);
        await again.close();
        writeFileSync(join(whole, 'requests.jsonl'), text);
      }),
      { numRuns: 25 },
    );
  });

  it('refuses a journal that is damaged elsewhere, naming the line', async () => {
    const folder = aFolder();
    await withJournal(folder, (simulated) => simulated.driver.probeHealth(a.id));
    const path = join(folder, 'requests.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"kind":"fleet"', '"kind":"flea"'));
    expect(() => fileJournal(folder)).toThrow(
      expect.objectContaining({ code: 'STORAGE_UNAVAILABLE' }) as Error,
    );
    expect(() => fileJournal(folder)).toThrow('Line 1 of');
  });

  it('forgets what was loaded when another fleet is given, and keeps what was loaded when the same is', async () => {
    const folder = aFolder();
    const other = aVm({ name: 'other', tags: ALWAYS_ON });
    const names = async (simulated: ClockedDriver): Promise<string[]> =>
      (await simulated.driver.listVirtualMachines(null)).items.map(({ name }) => name);
    await withJournal(folder, names);
    expect(await withJournal(folder, names, { vms: [other] })).toEqual(['other']);
    expect(await withJournal(folder, names, { vms: [other] })).toEqual(['other']);
    expect(readFileSync(join(folder, 'requests.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
  });

  it('refuses another seed than the one it was made with', async () => {
    const folder = aFolder();
    await withJournal(folder, (simulated) => simulated.driver.probeHealth(a.id));
    const begin = withJournal(folder, (simulated) => simulated.driver.probeHealth(a.id), { seed: 2, vms });
    await expect(begin).rejects.toMatchObject({ code: 'SETTING_INVALID' });
  });
});

/** Probes one VM again and again, and says each time that it was acknowledged. Compiled on the way, as jest does. */
const PROBER = `
  const swc = require('@swc/core');
  require.extensions['.ts'] = (module, file) => module._compile(
    swc.transformFileSync(file, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }).code, file);
  const { fileJournal } = require('./drivers/simulated/log/fileJournal.ts');
  const { simulatedDriver } = require('./drivers/simulated/simulatedDriver.ts');
  const { parseFleet } = require('./drivers/fleet/parseFleet.ts');
  const fleet = parseFleet(process.argv[2], 'argument');
  const nowUtc = () => '${RELEASE}';
  const driver = simulatedDriver({ fleet, seed: 1, scenario: null, journal: fileJournal(process.argv[1]), nowUtc });
  (async () => { for (;;) { await driver.probeHealth(fleet.vms[0].id); process.stdout.write('.'); } })();
`;

describe('kill -9', () => {
  it('loses nothing that was acknowledged, and the folder is free for the next process', async () => {
    const folder = aFolder();
    const child = spawn(process.execPath, [
      '-e',
      PROBER,
      folder,
      JSON.stringify([{ id: a.armId, location: 'eastus' }]),
    ]);
    let acknowledged = 0;
    let complaint = '';
    child.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
    await new Promise<void>((resolve) => {
      child.on('exit', () => {
        resolve();
      });
      child.stdout.on('data', (data: Buffer) => {
        acknowledged += data.length;
        if (acknowledged > 50) child.kill('SIGKILL');
      });
    });
    const journal = fileJournal(folder);
    const probes = journal.remembered().filter(({ kind }) => kind === 'probe').length;
    await journal.close();
    expect(complaint).toBe('');
    expect(acknowledged).toBeGreaterThan(50);
    expect(probes).toBeGreaterThanOrEqual(acknowledged);
  });
});

describe('the lock of a state folder', () => {
  it('lets no second journal in, within one process or between two', () => {
    const folder = aFolder();
    const journal = fileJournal(folder);
    expect(() => fileJournal(folder)).toThrow(expect.objectContaining({ code: 'STATE_IN_USE' }) as Error);
    return journal.close();
  });

  it('respects the lock of a living process, and names its machine, number and start', () => {
    const folder = aFolder();
    writeFileSync(join(folder, 'lock.json'), aLock(process.ppid, ''));
    expect(() => fileJournal(folder)).toThrow(
      `Process ${process.ppid} on ${hostname()} has it open since 2026-11-10T18:00:00.000Z. The simulated driver serves one host`,
    );
  });

  it('respects the lock of another machine while it is touched, and takes it over two minutes after', async () => {
    const folder = aFolder();
    const lock = join(folder, 'lock.json');
    writeFileSync(lock, aLock(1, '1', 'other'));
    expect(() => fileJournal(folder)).toThrow('Process 1 on other has it open');
    const silentSince = new Date(Date.now() - 121_000);
    utimesSync(lock, silentSince, silentSince);
    const journal = fileJournal(folder);
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ host: hostname() });
    await journal.close();
  });

  it.each([
    ['of a dead process', (): string => aLock(deadPid(), '1')],
    ['of a process whose number another has now', (): string => aLock(process.ppid, '1')],
    ['of this number before a restart', (): string => aLock(process.pid, '1')],
    ['that a crash tore', (): string => '{"pid":'],
  ])('takes over a lock %s', async (_, lock) => {
    const folder = aFolder();
    writeFileSync(join(folder, 'lock.json'), lock());
    const journal = fileJournal(folder);
    expect(JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8'))).toMatchObject({ pid: process.pid });
    await journal.close();
    expect(existsSync(join(folder, 'lock.json'))).toBe(false);
  });

  it('lets go of the folder when the journal cannot be read', () => {
    const folder = aFolder();
    appendFileSync(join(folder, 'requests.jsonl'), 'x\ny\n');
    expect(() => fileJournal(folder)).toThrow('Line 1 of');
    expect(existsSync(join(folder, 'lock.json'))).toBe(false);
  });
});

function aLock(pid: number, started: string, host = hostname()): string {
  return JSON.stringify({ host, pid, started, sinceUtc: '2026-11-10T18:00:00.000Z' });
}

/** The number of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}
