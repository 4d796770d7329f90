import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverEvent } from '../../drivers/driver';
import { FAULT_KINDS, type FaultKind } from './faults';
import { judgeMonth, type Broken } from './judge';
import { crashesOf, Lives, sleepsOf } from './lives';
import { actionsOf, Operator } from './operator';
import { Outside } from './outside';
import { sceneOf } from './scene';

export interface MonthOptions {
  readonly seed: number;
  readonly vms: number;
  /** Kinds of faults that may strike; all of them when absent. */
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
  readonly violations: readonly Broken[];
  /** SHA-256 of the driver's log: the same seed gives the same (INV-12). */
  readonly traceHash: string;
}

const DAY_MS = 86_400_000;
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
  const scene = sceneOf(seed, vms);
  const outside = new Outside(scene, new Set(kinds), folder);
  const crashes = kinds.includes('hostCrash') ? crashesOf(scene) : [];
  const lives = new Lives(outside, folder, scene.crashes > 0);
  try {
    const operator = new Operator(outside.faults, scene.month);
    await liveThrough(outside, lives, operator, crashes);
    const verdict = await judgeMonth(outside, lives.host, operator.pauses);
    onEvents?.(verdict.events);
    const hash = createHash('sha256');
    for (const event of verdict.events) hash.update(JSON.stringify(event));
    const { user, system } = process.cpuUsage(cpu);
    return {
      seed,
      vms,
      month: scene.month,
      state: verdict.state,
      installs: verdict.installs,
      virtualDays: (scene.untilMs - scene.fromMs) / DAY_MS,
      cpuSeconds: (user + system) / 1e6,
      durableSteps: lives.durableSteps,
      faults: Object.fromEntries([...outside.faults.counts].sort()),
      evaluations: verdict.evaluations,
      violations: verdict.violations,
      traceHash: hash.digest('hex'),
    };
  } finally {
    await lives.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The month: what people do and when hosts die, in the order of time; then calm, until the month is over. */
async function liveThrough(
  { scene, faults }: Outside,
  lives: Lives,
  operator: Operator,
  crashes: ReturnType<typeof crashesOf>,
): Promise<void> {
  await lives.begin();
  await lives.until(scene.fromMs + 1);
  // The app is put together on a good day; then they come.
  await lives.host.request('GET', '/api/rollouts');
  faults.armed = true;
  const actions = actionsOf(scene.seed, scene.intensity, { fromMs: scene.fromMs, toMs: scene.calmMs });
  const { redeployment } = scene;
  const due = [
    ...(faults.allows('clockJump') ? sleepsOf(scene) : []).map((sleep) => ({
      atMs: sleep.atMs,
      act: () => lives.sleep(sleep),
    })),
    ...(redeployment !== null && faults.allows('policyChanged')
      ? [{ atMs: redeployment.atMs, act: () => lives.redeploy(redeployment) }]
      : []),
    ...actions.map((action) => ({ atMs: action.atMs, act: () => lives.act(operator, action) })),
    ...crashes.map((crash) => ({ atMs: crash.atMs, act: () => lives.doom(crash) })),
  ].sort((a, b) => a.atMs - b.atMs);
  for (const { atMs, act } of due) {
    await lives.until(atMs);
    await act();
  }
  await lives.until(scene.calmMs);
  faults.armed = false;
  await lives.until(scene.untilMs);
}
