import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Month, rolloutIdOf } from '../../domain/ids';
import { releaseOf } from '../../domain/release';
import { startHost, type Host } from '../../emulator/host';
import { generatedFleetText } from '../../fleets/generateFleet';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type Benchmark, type Figure } from './benchmark';

const MONTH = Month.parse('2026-11');
const ROLLOUT = rolloutIdOf(MONTH);
/** Far enough into the month that the plan is written and the canary has outcomes. */
const LOOK_AFTER_MS = 12 * 3_600_000;

/** What the dashboard and clients ask for again and again; an explanation is of another VM each time. */
const ASKED: readonly (readonly [name: string, path: (vmId: string) => string])[] = [
  ['rollouts', () => '/api/rollouts'],
  ['rollout', () => `/api/rollouts/${ROLLOUT}`],
  ['outcomes', () => `/api/rollouts/${ROLLOUT}/virtual-machines`],
  ['fleet page', () => '/api/fleet?limit=100'],
  ['fleet page of a region', () => '/api/fleet?region=eastus&limit=100'],
  ['explain', (vmId) => `/api/explain?id=${vmId}`],
  ['forecast', () => '/api/forecast'],
  ['forecast of a region', () => '/api/forecast?region=eastus'],
  ['preview', () => '/api/preview'],
  ['preview of a region', () => '/api/preview?region=eastus'],
];
const REQUESTS_PER_SECOND = 50;
const REQUESTS_EACH = 100;
const WARM_UP = 5;
const P99_MAX_MS = 50;

/**
 * Requests of one kind come fifty a second, whether those before have been answered or not, as from many clients; asked of the app without
 * sockets. What cannot keep up shows a p99 of seconds.
 */
async function p99Of(host: Host, pathOf: (n: number) => string): Promise<number> {
  for (let n = 0; n < WARM_UP; n += 1) await answered(host, pathOf(n));
  const begun = performance.now();
  const waiting: Promise<number>[] = [];
  for (let n = 0; n < REQUESTS_EACH; n += 1) {
    const dueMs = begun + (n * 1000) / REQUESTS_PER_SECOND;
    const leftMs = dueMs - performance.now();
    if (leftMs > 1) await pause(leftMs);
    waiting.push(answered(host, pathOf(n)).then(() => performance.now() - dueMs));
  }
  const latencies = (await Promise.all(waiting)).sort((a, b) => a - b);
  return latencies[Math.ceil(latencies.length * 0.99) - 1] ?? NaN;
}

async function answered(host: Host, path: string): Promise<unknown> {
  const { status, body } = await host.request('GET', path);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

const FleetPage = z.object({ value: z.array(z.object({ vmId: z.string() })).min(1) });

async function measureFleet(vms: number, say: (line: string) => void): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
  const fleet = join(folder, 'fleet.json');
  const file = openSync(fleet, 'w');
  for (const piece of generatedFleetText({ vms, seed: 1 })) writeSync(file, piece);
  closeSync(file);
  const startUtc = releaseOf(MONTH);
  const host = await startHost({
    appDir: PACKAGE_ROOT,
    clock: { kind: 'virtual', startUtc },
    store: { kind: 'memory' },
    environment: {
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_SEED: '1',
      LOWTIDE_FLEET: fleet,
    },
  });
  try {
    await host.runUntil(new Date(Date.parse(startUtc) + LOOK_AFTER_MS).toISOString());
    const figures: Figure[] = [];
    const { value } = FleetPage.parse(await answered(host, `/api/fleet?limit=${REQUESTS_EACH}`));
    for (const [name, pathOf] of ASKED) {
      const p99 = await p99Of(host, (n) => pathOf(value[n % value.length]?.vmId ?? ''));
      say(`${name} at ${vms} VMs: p99 ${p99.toFixed(1)} ms`);
      figures.push(figureOf(`http-${vms} ${name}: p99 at 50/s`, 'ms', [p99], P99_MAX_MS));
    }
    return figures;
  } finally {
    await host.close();
    rmSync(folder, { recursive: true });
  }
}

export const httpBenchmark: Benchmark = {
  name: 'http',
  what: 'asks the operator API 50 times a second, at 10,000 VMs twelve hours after the release',
  run: ({ say }) => measureFleet(10_000, say),
};

export const largeHttpBenchmark: Benchmark = {
  name: 'http-large',
  what: 'asks the operator API 50 times a second, at 100,000 VMs twelve hours after the release',
  run: ({ say }) => measureFleet(100_000, say),
};
