import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { MINUTE_MS, SECOND_MS } from '../../domain/timeUnits';
import { startHost, type Host, type HostOptions } from '../../emulator/host';
import { generateFleet } from '../../fleets/generateFleet';
import { startAzurite } from '../../local/azurite';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type Benchmark, type Figure } from './benchmark';

type Fleet = ReturnType<typeof generateFleet>;

const VMS = 10_000;
const START_UTC = '2026-11-01T00:00:00.000Z';
/** Of the clock that the host runs on. */
const MINUTES_MAX = 60;
const DONE_SECONDS_MAX = 20;
const POLL_MS = 100;

/** In memory the time of processors counts; beside Azurite, where each batch of rows waits for its write, that of the clock. */
export const importBenchmark: Benchmark = {
  name: 'import',
  what: `imports a fleet of ${VMS} VMs over HTTP, in the emulator with its store in memory, and beside Azurite`,
  run: async () => {
    const fleet = generateFleet({ vms: VMS, seed: 1 });
    return [...(await inMemory(fleet)), ...(await besideAzurite(fleet))];
  },
};

async function inMemory(fleet: Fleet): Promise<readonly Figure[]> {
  const before = process.cpuUsage();
  const spent = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  const host = await hostWith(
    { kind: 'virtual', startUtc: START_UTC },
    { LOWTIDE_STORE: 'memory', LOWTIDE_STATE_DIR: '' },
  );
  try {
    const started = spent();
    const location = await post(host, fleet);
    const accepted = spent() - started;
    for (let minute = 1; (await importOf(host, location)).state !== 'done'; minute += 1) {
      if (minute > MINUTES_MAX) throw new Error(`The import is not done after ${MINUTES_MAX} minutes.`);
      await host.runUntil(new Date(Date.parse(START_UTC) + minute * MINUTE_MS).toISOString());
    }
    return [
      figureOf(`import-${VMS} accepted`, 's', [accepted]),
      figureOf(`import-${VMS} done`, 's', [spent() - started], DONE_SECONDS_MAX),
    ];
  } finally {
    await host.close();
  }
}

async function besideAzurite(fleet: Fleet): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
  const tables = await startAzurite({ ports: 'any' });
  const host = await hostWith(
    { kind: 'real' },
    { AzureWebJobsStorage: tables.connectionString, LOWTIDE_STATE_DIR: join(folder, 'state') },
  );
  try {
    const startedMs = performance.now();
    const seconds = (): number => (performance.now() - startedMs) / SECOND_MS;
    const location = await post(host, fleet);
    const accepted = seconds();
    const counts = new Set<number>();
    for (;;) {
      const { state, importedCount } = await importOf(host, location);
      counts.add(importedCount);
      if (state === 'done') break;
      if (state === 'failed' || seconds() > MINUTES_MAX * 60) throw new Error(`The import is ${state}.`);
      await setTimeout(POLL_MS);
    }
    return [
      figureOf(`import-${VMS} beside Azurite accepted, by the clock`, 's', [accepted]),
      figureOf(`import-${VMS} beside Azurite done, by the clock`, 's', [seconds()], DONE_SECONDS_MAX),
      figureOf(`import-${VMS} beside Azurite counts shown on the way`, '', [counts.size]),
    ];
  } finally {
    await host.close();
    await tables.stop();
    rmSync(folder, { recursive: true });
  }
}

const hostWith = (clock: HostOptions['clock'], storage: Readonly<Record<string, string>>): Promise<Host> =>
  startHost({
    appDir: PACKAGE_ROOT,
    clock,
    store: { kind: 'memory' },
    environment: { ...storage, LOWTIDE_DRIVER: 'simulated', LOWTIDE_FLEET: '' },
  });

/** Answers where its progress is shown. */
async function post(host: Host, fleet: Fleet): Promise<string> {
  const { status, headers } = await host.request('POST', '/api/fleet', fleet);
  if (status !== 202) throw new Error(`POST /api/fleet answered ${status}, not 202.`);
  return new URL(headers['location'] ?? '', 'http://localhost').pathname;
}

const Import = z.object({ state: z.enum(['running', 'done', 'failed']), importedCount: z.number().int() });

async function importOf(host: Host, location: string): Promise<z.infer<typeof Import>> {
  const { body } = await host.request('GET', location);
  return Import.parse(body);
}
