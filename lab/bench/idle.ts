import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { readAppSettings } from '../../local/appSettings';
import { simulateMonth } from '../../local/simulateMonth';
import { figureOf, type Benchmark } from './benchmark';
import { RequestsMade } from './requestsMade';

export interface IdleDay {
  readonly requests: number;
  readonly cpuSeconds: number;
  /** As `rollouts.list`, most first. */
  readonly byOperation: readonly (readonly [operation: string, requests: number])[];
}

/** By the eighth day the rollout of one VM has long ended. */
const FIRST_DAY = 8;
const DAYS = 12;
const REQUESTS_MAX = 30;
const SECONDS_MAX = 0.3;

/**
 * Days in which nothing is due, after a rollout has ended: the 600 VMs of Contoso are excluded, and one more VM takes part, which is assessed every
 * third day. Of the days those in which it is not.
 */
export async function idleDays(): Promise<readonly IdleDay[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
  try {
    const fleet = join(folder, 'fleet.json');
    writeFileSync(fleet, JSON.stringify(idleFleet()));
    const days = await measuredDays(fleet);
    const least = Math.min(...days.map(({ requests }) => requests));
    return days.filter(({ requests }) => requests === least);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function idleFleet(): object {
  const read = (name: string): { virtualMachines: readonly Readonly<Record<string, unknown>>[] } =>
    JSON.parse(readFileSync(join(PACKAGE_ROOT, 'fleets', name), 'utf8')) as ReturnType<typeof read>;
  const excluded = read('contoso.json').virtualMachines.map((vm) => ({
    ...vm,
    tags: { 'lowtide-exclude': 'true' },
  }));
  return { virtualMachines: [...excluded, read('e2e.json').virtualMachines[0]] };
}

async function measuredDays(fleet: string): Promise<readonly IdleDay[]> {
  const made = new RequestsMade();
  const days: IdleDay[] = [];
  let before = made.counts;
  let cpu = process.cpuUsage();
  const report = await simulateMonth({
    fleet,
    seed: 1,
    month: '2026-11',
    days: DAYS,
    settings: readAppSettings({ environment: {}, folder: tmpdir() }),
    store: (store) => made.wrap(store),
    onProgress: (day) => {
      const { user, system } = process.cpuUsage(cpu);
      const counts = made.counts;
      const byOperation = [...counts]
        .map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const)
        .filter(([, count]) => count > 0)
        .sort(([, a], [, b]) => b - a);
      const requests = byOperation.reduce((sum, [, count]) => sum + count, 0);
      if (day >= FIRST_DAY) days.push({ requests, byOperation, cpuSeconds: (user + system) / 1e6 });
      before = counts;
      cpu = process.cpuUsage();
    },
  });
  if (report.state !== 'ended') throw new Error(`The rollout is ${report.state}: these days are not idle.`);
  return days;
}

/** What a day costs in which there is nothing to do. */
export const idleBenchmark: Benchmark = {
  name: 'idle',
  what: 'counts the requests to the tables of the app in a day in which nothing is due, 601 VMs, one of which takes part',
  run: async ({ say }) => {
    const days = await idleDays();
    for (const [operation, count] of days[0]?.byOperation ?? [])
      say(`  ${operation.padEnd(24)} ${String(count).padStart(4)}`);
    return [
      figureOf(
        'idle requests a day',
        '',
        days.map(({ requests }) => requests),
        REQUESTS_MAX,
      ),
      figureOf(
        'idle time of processors',
        's',
        days.map(({ cpuSeconds }) => cpuSeconds),
        SECONDS_MAX,
      ),
    ];
  },
};
