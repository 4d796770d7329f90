import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { Month, rolloutIdOf } from '../../domain/ids';
import { releaseOf } from '../../domain/release';
import { startHost, type Host } from '../../emulator/host';
import { generatedFleetText } from '../../fleets/generateFleet';
import { startAzurite } from '../../local/azurite';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type Figure } from './benchmark';
import type { ClientAnswer, ClientOrder } from './httpClient';
import { keepGoing, type Passed } from './pacedMonth';

/** Which fleet is asked about. `azurite`: the app's tables are in an Azurite of its own; otherwise in memory. */
const Asked = z.object({ vms: z.number().int(), azurite: z.boolean() });
export type Asked = Readonly<z.infer<typeof Asked>>;

const MONTH = Month.parse('2026-11');
const ROLLOUT = rolloutIdOf(MONTH);
/** When the plan is written. */
const PLANNED_AFTER_MS = 1_800_000;
/** So long after the first window of the rollout opens it is asked: canary and first batches are under way. */
const UNDER_WAY_MS = 3_600_000;

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
/** Ten seconds of each kind. */
const REQUESTS_EACH = 500;
const WARM_UP = 5;
const P99_MAX_MS = 50;

/** Asks over sockets, from a thread of its own. What cannot keep up shows a p99 of seconds. */
class Client {
  readonly #worker = new Worker(join(__dirname, 'httpClient.js'));
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  async p99Of(pathOf: (n: number) => string): Promise<number> {
    const pathsOf = (count: number): string[] => Array.from({ length: count }, (_, n) => pathOf(n));
    await this.#ask(pathsOf(WARM_UP));
    const latencies = [...(await this.#ask(pathsOf(REQUESTS_EACH)))].sort((a, b) => a - b);
    return latencies[Math.ceil(latencies.length * 0.99) - 1] ?? NaN;
  }

  async #ask(paths: readonly string[]): Promise<readonly number[]> {
    const order: ClientOrder = { baseUrl: this.#baseUrl, paths, perSecond: REQUESTS_PER_SECOND };
    this.#worker.postMessage(order);
    const [answer] = (await once(this.#worker, 'message')) as [ClientAnswer];
    if ('failed' in answer) throw new Error(answer.failed);
    return answer.latenciesMs;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

async function answered(host: Host, path: string): Promise<unknown> {
  const { status, body } = await host.request('GET', path);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

const instant = (ms: number): string => new Date(ms).toISOString();

const Planned = z.object({
  phases: z.array(z.object({ expected: z.object({ expectedStartUtc: z.string() }) })).min(1),
});

async function firstWindowUtc(host: Host): Promise<string> {
  const { phases } = Planned.parse(await answered(host, `/api/rollouts/${ROLLOUT}`));
  return phases[0]?.expected.expectedStartUtc ?? '';
}

const FleetPage = z.object({ value: z.array(z.object({ vmId: z.string() })).min(1) });

async function measureFleet({ vms, azurite }: Asked): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
  const fleet = join(folder, 'fleet.json');
  const file = openSync(fleet, 'w');
  for (const piece of generatedFleetText({ vms, seed: 1 })) writeSync(file, piece);
  closeSync(file);
  const startUtc = releaseOf(MONTH);
  const tables = azurite ? await startAzurite({ ports: 'any' }) : null;
  const storage: Record<string, string> =
    tables === null
      ? { LOWTIDE_STORE: 'memory', LOWTIDE_STATE_DIR: '' }
      : { AzureWebJobsStorage: tables.connectionString, LOWTIDE_STATE_DIR: join(folder, 'state') };
  const host = await startHost({
    appDir: PACKAGE_ROOT,
    clock: { kind: 'virtual', startUtc },
    store: { kind: 'memory' },
    port: 0,
    environment: {
      ...storage,
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_SEED: '1',
      LOWTIDE_FLEET: fleet,
    },
  });
  const client = new Client(host.baseUrl);
  try {
    await host.runUntil(instant(Date.parse(startUtc) + PLANNED_AFTER_MS));
    await host.runUntil(instant(Date.parse(await firstWindowUtc(host)) + UNDER_WAY_MS));
    return await ask(host, client, azurite ? `${vms} VMs with Azurite` : `${vms} VMs`);
  } finally {
    await client.close();
    await host.close();
    await tables?.stop();
    rmSync(folder, { recursive: true });
  }
}

async function ask(host: Host, client: Client, fleet: string): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const { value } = FleetPage.parse(await answered(host, '/api/fleet?limit=1000'));
  const month = keepGoing(host);
  try {
    for (const [name, pathOf] of ASKED) {
      month.passed();
      const p99 = await client.p99Of((n) => pathOf(value[n % value.length]?.vmId ?? ''));
      process.stderr.write(
        `${name} at ${fleet}: p99 ${p99.toFixed(1)} ms; meanwhile ${said(month.passed())}\n`,
      );
      figures.push(figureOf(`${name} at ${fleet}: p99 at 50/s`, 'ms', [p99], P99_MAX_MS));
    }
  } finally {
    await month.stop();
  }
  return figures;
}

function said(passed: Passed): string {
  const {
    wallSeconds,
    monthMinutes,
    durableSteps,
    cpuSeconds,
    waitedSeconds,
    longestTurnMs,
    longestTurnCpuMs,
  } = passed;
  const a = (amount: number): string => `${(amount / wallSeconds).toFixed(2)} a second`;
  return `durable steps ${a(durableSteps)}, minutes of the month ${a(monthMinutes)}, CPU seconds ${a(cpuSeconds)}, waiting for a processor ${waitedSeconds === null ? 'unknown' : a(waitedSeconds)}, longest turn ${longestTurnMs.toFixed(0)} ms${longestTurnCpuMs === null ? '' : `, ${longestTurnCpuMs.toFixed(0)} ms on a processor`}`;
}

void measureFleet(Asked.parse(JSON.parse(process.argv[2] ?? ''))).then((figures) => {
  process.stdout.write(JSON.stringify(figures));
});
