import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFleet } from '../../fleets/generateFleet';
import { startHost, type Host } from '../../emulator/host';
import type { RequestCounts } from '../../emulator/storageModel/requests';
import { StorageModel, IDLE_POLLING, LEASES } from '../../emulator/storageModel/storageModel';
import { Month, rolloutIdOf } from '../../domain/ids';
import { releaseOf } from '../../domain/release';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type Benchmark } from './benchmark';

const MONTH = Month.parse('2026-11');
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The month as it is in production, or the half hour that was recorded on the real host. */
export interface StorageRun {
  readonly fleet: string;
  readonly settings: Readonly<Record<string, string>>;
  /** How long to look on after the release. */
  readonly forMs: number;
  /** An operator starts the rollout at once, as for the recording; otherwise its timer does. */
  readonly startAtOnce?: boolean;
}

export interface StorageCount {
  readonly counts: RequestCounts;
  /** Rows in the history table. */
  readonly historyRows: number;
  readonly vmCount: number;
  /** VMs whose patches were installed. */
  readonly installCount: number;
}

/** Runs the app in the emulator with the storage model looking on. */
export async function countRequests(run: StorageRun): Promise<StorageCount> {
  const { fleet, settings, forMs } = run;
  const releasedUtc = releaseOf(MONTH);
  const seen: StorageModel[] = [];
  const host = await startHost({
    appDir: PACKAGE_ROOT,
    clock: { kind: 'virtual', startUtc: releasedUtc },
    store: { kind: 'memory' },
    observe: (nowMs) => {
      const model = new StorageModel({ nowMs });
      seen.push(model);
      return model;
    },
    environment: {
      LOWTIDE_SEED: '1',
      ...settings,
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_FLEET: fleet,
    },
  });
  try {
    if (run.startAtOnce === true) await host.request('POST', '/api/rollouts', { month: MONTH });
    await host.runUntil(new Date(Date.parse(releasedUtc) + forMs).toISOString());
    const [model] = seen;
    if (model === undefined) throw new Error('The host has made no observer.');
    return { counts: model.finish(), historyRows: model.historyRows, ...(await outcomesOf(host)) };
  } finally {
    await host.close();
  }
}

async function outcomesOf(host: Host): Promise<Pick<StorageCount, 'vmCount' | 'installCount'>> {
  const path = `/api/rollouts/${rolloutIdOf(MONTH)}`;
  const { status, body } = await host.request('GET', path);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
  const { vmCount, outcomes } = body as { vmCount: number; outcomes: Record<string, number> };
  return { vmCount, installCount: (outcomes['patched'] ?? 0) + (outcomes['unhealthy'] ?? 0) };
}

/** By orchestration, most first; per VM of the fleet. */
export function storageTable({ counts, vmCount }: StorageCount): string {
  const names = [...counts.names].sort((a, b) => counts.total(b) - counts.total(a));
  const row = (title: string, name?: string): string => {
    const services = (['queue', 'table', 'blob'] as const).map((service) => counts.service(service, name));
    const total = counts.total(name);
    const perVm = (total / Math.max(1, vmCount)).toFixed(2);
    return [title.padEnd(28), ...services.map(cell), cell(total), perVm.padStart(10)].join('');
  };
  const header = ['', 'queue', 'table', 'blob', 'all'];
  const head = header.map((title, i) => (i === 0 ? 'orchestration'.padEnd(28) : title.padStart(10)));
  return [
    [...head, 'per VM'.padStart(10)].join(''),
    ...names.map((name) => row(name, name)),
    row('all'),
  ].join('\n');
}

const cell = (count: number): string => String(count).padStart(10);

/** The settings of the end-to-end test, with which the real host was recorded. */
export function recordedSettings(): Readonly<Record<string, string>> {
  const text = readFileSync(join(PACKAGE_ROOT, 'local.settings.e2e.json'), 'utf8');
  const { Values } = JSON.parse(text) as { Values: Record<string, string> };
  return Object.fromEntries(Object.entries(Values).filter(([name]) => name.startsWith('LOWTIDE_')));
}

/** Without looking into queues, and without leases: what grows with the work. */
export function workRequests(counts: RequestCounts): number {
  return counts.total() - counts.total(IDLE_POLLING) - counts.total(LEASES) - counts.of('queueGet');
}

export const storageBenchmark: Benchmark = {
  name: 'storage',
  what: 'counts the storage requests of a month by orchestration and per VM, from a model of the Azure Storage provider',
  run: async ({ vms, say }) => {
    const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
    try {
      const fleet = join(folder, 'fleet.json');
      writeFileSync(fleet, JSON.stringify(generateFleet({ vms, seed: 1 })));
      const month = await countRequests({ fleet, settings: {}, forMs: 30 * DAY_MS });
      say(`A month of ${vms} VMs, ${month.installCount} installs\n\n${storageTable(month)}\n`);
      const quick = await countRequests({
        fleet,
        settings: recordedSettings(),
        forMs: 30 * MINUTE_MS,
        startAtOnce: true,
      });
      say(
        `Half an hour of ${vms} VMs with local.settings.e2e.json, ${quick.installCount} installs\n\n${storageTable(quick)}\n`,
      );
      const once = (name: string, value: number, atMost: number | null = null) =>
        figureOf(name, 'requests', [value], atMost);
      return [
        once('month: per install', workRequests(month.counts) / Math.max(1, month.installCount), 80),
        once('month: per VM', month.counts.total() / month.vmCount),
        once('recorded half hour: all', quick.counts.total()),
        once('recorded half hour: without dequeues and leases', workRequests(quick.counts)),
        once('recorded half hour: per install', workRequests(quick.counts) / Math.max(1, quick.installCount)),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
