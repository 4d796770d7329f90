import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverEvent } from '../../drivers/driver';
import { FAULT_KINDS, type FaultKind } from './faults';
import { checkMonth, type FoundViolation } from './checkMonth';
import { crashesOf, HostRuns, otherHubsOf, sleepsOf } from './hostRuns';
import { actionsOf, Operator } from './operator';
import { StorageAndAzure } from './storageAndAzure';
import { monthSetupOf } from './monthSetup';
import { DAY_MS } from '../../domain/timeUnits';

export interface MonthOptions {
  readonly seed: number;
  readonly vms: number;
  /** Kinds of faults that may occur; all of them when absent. */
  readonly kinds?: readonly FaultKind[] | undefined;
  /** Gets the driver's log, to look into a failure. */
  readonly onEvents?: (events: readonly DriverEvent[]) => void;
}

export interface MonthReport {
  readonly seed: number;
  readonly vms: number;
  readonly month: string;
  readonly state: string;
  readonly virtualDays: number;
  readonly cpuSeconds: number;
  readonly durableSteps: number;
  readonly installs: number;
  /** By kind, and by what of the kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly evaluations: Readonly<Record<string, number>>;
  readonly violations: readonly FoundViolation[];
  /** SHA-256 of the driver's log: the same seed gives the same (INV-12). */
  readonly traceHash: string;
}

/** A file system in memory where there is one: what is tried here is the app, not the disk. */
const FOLDERS = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** One virtual month of one seed, tortured and judged. */
export async function runMonth({
  seed,
  vms,
  kinds = FAULT_KINDS,
  onEvents,
}: MonthOptions): Promise<MonthReport> {
  const cpu = process.cpuUsage();
  const folder = mkdtempSync(join(FOLDERS, 'lowtide-torture-'));
  const setup = monthSetupOf(seed, vms);
  const storageAndAzure = new StorageAndAzure(setup, new Set(kinds), folder);
  const crashes = kinds.includes('hostCrash') ? crashesOf(setup) : [];
  const runs = new HostRuns(storageAndAzure, folder, setup.crashes > 0);
  try {
    const operator = new Operator(storageAndAzure.faults, setup.month);
    await runThrough(storageAndAzure, runs, operator, crashes);
    const result = await checkMonth(storageAndAzure, runs.host, operator);
    onEvents?.(result.events);
    const hash = createHash('sha256');
    for (const event of result.events) hash.update(JSON.stringify(event));
    const { user, system } = process.cpuUsage(cpu);
    return {
      seed,
      vms,
      month: setup.month,
      state: result.state,
      installs: result.installs,
      virtualDays: (setup.untilMs - setup.fromMs) / DAY_MS,
      cpuSeconds: (user + system) / 1e6,
      durableSteps: runs.durableSteps,
      faults: Object.fromEntries([...storageAndAzure.faults.counts].sort()),
      evaluations: result.evaluations,
      violations: result.violations,
      traceHash: hash.digest('hex'),
    };
  } finally {
    await runs.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The month: what operators do and when hosts crash, in the order of time; then no faults, until the month is over. */
async function runThrough(
  { setup, faults }: StorageAndAzure,
  runs: HostRuns,
  operator: Operator,
  crashes: ReturnType<typeof crashesOf>,
): Promise<void> {
  await runs.begin();
  await runs.until(setup.fromMs + 1);
  // The app is put together on a good day; then they come.
  await runs.host.request('GET', '/api/rollouts');
  faults.armed = true;
  const actions = actionsOf(setup.seed, setup.intensity, { fromMs: setup.fromMs, toMs: setup.calmMs });
  const { redeployment } = setup;
  const due = [
    ...(faults.allows('clockJump') ? sleepsOf(setup) : []).map((sleep) => ({
      atMs: sleep.atMs,
      act: () => runs.sleep(sleep),
    })),
    ...(redeployment !== null && faults.allows('policyChanged')
      ? [{ atMs: redeployment.atMs, act: () => runs.redeploy(redeployment) }]
      : []),
    ...(faults.allows('otherHub') ? otherHubsOf(setup) : []).map((span) => ({
      atMs: span.atMs,
      act: () => runs.otherHub(span),
    })),
    ...actions.map((action) => ({ atMs: action.atMs, act: () => runs.act(operator, action) })),
    ...crashes.map((crash) => ({ atMs: crash.atMs, act: () => runs.crashAfter(crash) })),
  ].sort((a, b) => a.atMs - b.atMs);
  for (const { atMs, act } of due) {
    await runs.until(atMs);
    await act();
  }
  await runs.until(setup.calmMs);
  faults.armed = false;
  await runs.until(setup.untilMs);
}
