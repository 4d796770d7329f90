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
import { figureOf, type Benchmark, type Figure } from './benchmark';
import { RoundRequests, type RoundsOfSize } from './roundRequests';
import { DAY_MS, MINUTE_MS } from '../../domain/timeUnits';

const MONTH = Month.parse('2026-11');

/** The month as it is in production, or the half hour that was recorded on the real host. */
export interface StorageRun {
  readonly fleet: string;
  readonly settings: Readonly<Record<string, string>>;
  /** How long to look on after the release. */
  readonly forMs: number;
  /** An operator starts the rollout at once, as for the recording; otherwise its timer does. */
  readonly startAtOnce?: boolean;
  /** A person pauses the rollout so long after the release. */
  readonly pauseAfterMs?: number;
  /** What was asked until so long after the release is left out of `countedTotal`. */
  readonly countFromMs?: number;
}

export interface StorageCount {
  readonly counts: RequestCounts;
  /** Of all requests those from `countFromMs` on. */
  readonly countedTotal: number;
  /** Rows in the history table. */
  readonly historyRows: number;
  readonly vmCount: number;
  /** VMs whose patches were installed. */
  readonly installCount: number;
  readonly rounds: readonly RoundsOfSize[];
}

/** Runs the app in the emulator with the storage model looking on. */
export async function countRequests(run: StorageRun): Promise<StorageCount> {
  const { fleet, settings, forMs } = run;
  const releasedUtc = releaseOf(MONTH);
  const seen: StorageModel[] = [];
  const payers = new RoundRequests();
  const host = await startHost({
    appDir: PACKAGE_ROOT,
    clock: { kind: 'virtual', startUtc: releasedUtc },
    store: { kind: 'memory' },
    observe: (nowMs) => {
      const model = new StorageModel({ nowMs, payers });
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
    const after = (ms: number): string => new Date(Date.parse(releasedUtc) + ms).toISOString();
    if (run.pauseAfterMs !== undefined) {
      await host.runUntil(after(run.pauseAfterMs));
      await host.request('POST', `/api/rollouts/${rolloutIdOf(MONTH)}/pause`, { reason: 'measured' });
    }
    const [model] = seen;
    if (model === undefined) throw new Error('The host has made no observer.');
    let leftOut = 0;
    if (run.countFromMs !== undefined) {
      await host.runUntil(after(run.countFromMs));
      leftOut = model.countsUntilNow().total();
    }
    await host.runUntil(after(forMs));
    const counts = model.countsUntilNow();
    return {
      counts,
      countedTotal: counts.total() - leftOut,
      historyRows: model.historyRows,
      rounds: payers.bySize(),
      ...(await outcomesOf(host)),
    };
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

/** By the VMs of a round: what each of its installs cost, and with the requests that take messages out of queues. */
const AT_MOST: Readonly<Record<string, number>> = { '1': 80, '20 and more': 40 };

function roundFigures(rounds: readonly RoundsOfSize[]): readonly Figure[] {
  return rounds.flatMap(({ vms, perInstall, withDequeues }) =>
    perInstall.length === 0
      ? []
      : [
          figureOf(`rounds of ${vms}: per install`, 'requests', perInstall, AT_MOST[vms] ?? null),
          figureOf(`rounds of ${vms}: with dequeues`, 'requests', withDequeues),
        ],
  );
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

/**
 * A minute of an idle hub was 130 requests on the real host, 42 in the model, which leaves out the host's own; at most 150 on the real host are then
 * 62 in the model.
 */
export const IDLE_MAX = 62;
const IDLE_FROM_MS = 4 * DAY_MS;
const IDLE_FOR_MS = DAY_MS;
/** The sweeps of a day assess VMs, which is work: here they are far away. */
const NO_SWEEP = { LOWTIDE_SWEEP_SCHEDULE: '0 0 0 1 1 *' };

/**
 * Requests a minute of a hub with a rollout that a person has paused in the middle of its phases: everything in it waits. One day of it is counted.
 */
export async function idleRequests(fleet: string): Promise<number> {
  const { countedTotal } = await countRequests({
    fleet,
    settings: NO_SWEEP,
    pauseAfterMs: IDLE_FROM_MS - DAY_MS,
    countFromMs: IDLE_FROM_MS,
    forMs: IDLE_FROM_MS + IDLE_FOR_MS,
  });
  return countedTotal / (IDLE_FOR_MS / MINUTE_MS);
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
      const idle = await idleRequests(fleet);
      say(`An idle hub with a rollout open: ${idle.toFixed(1)} requests a minute\n`);
      const once = (name: string, value: number, atMost: number | null = null) =>
        figureOf(name, 'requests', [value], atMost);
      return [
        once('month: per install', workRequests(month.counts) / Math.max(1, month.installCount), 80),
        ...roundFigures(month.rounds),
        once('month: per VM', month.counts.total() / month.vmCount),
        once('idle with a rollout open: a minute', idle, IDLE_MAX),
        once('recorded half hour: all', quick.counts.total()),
        once('recorded half hour: without dequeues and leases', workRequests(quick.counts)),
        once('recorded half hour: per install', workRequests(quick.counts) / Math.max(1, quick.installCount)),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
