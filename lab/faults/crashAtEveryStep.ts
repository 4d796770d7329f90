import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalSetup } from './canonicalSetup';
import { randomOf } from './faults';
import { checkMonth, NOTHING_SAID, type FoundViolation } from './checkMonth';
import { HostRuns } from './hostRuns';
import type { Step } from './crashingServices';
import { StorageAndAzure } from './storageAndAzure';
import { HOUR_MS } from '../../domain/timeUnits';

export interface PointsOptions {
  readonly vms: number;
  /** This process takes the points whose number leaves `remainder` when divided by `of`. */
  readonly remainder: number;
  readonly of: number;
  /** Only every so many points are aimed at; 1 for all. */
  readonly every: number;
  /** One crash a rollout, instead of one every so many steps. */
  readonly alone: boolean;
}

export interface PointsReport {
  /** Persisted steps of the canonical rollout, after each of which the host can crash. */
  readonly exist: number;
  /** Of those this process had to hit, and did. */
  readonly aimed: number;
  readonly hit: number;
  /** The first of those that no later rollout came to. */
  readonly missed: readonly string[];
  readonly byKind: Readonly<Record<string, number>>;
  readonly rollouts: number;
  readonly crashes: number;
  readonly cpuSeconds: number;
  readonly violations: readonly FoundViolation[];
}

const FOLDERS = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** After a crash the next host makes so many steps before it may crash in its turn. */
const GAP_MIN = 40;
const GAP_MORE = 80;
const VIOLATIONS_MAX = 20;
const MISSED_MAX = 10;

/** Which step of which instance, row or VM: the n-th of its kind there. It is the same one in every rollout that has come so far alike. */
class Names {
  readonly #seen = new Map<string, number>();

  nameOf({ kind, of }: Step): string {
    const key = `${kind} ${of}`;
    const n = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, n);
    return `${key} ${n}`;
  }
}

/**
 * Crashes a host after every step that one rollout persists. Each rollout first reaches, undisturbed, the first step at which none has crashed
 * yet; from then on each host crashes at the next such step after a gap. Every rollout has to come to its end, and is audited.
 */
export async function runEveryPoint({
  vms,
  remainder,
  of,
  every,
  alone,
}: PointsOptions): Promise<PointsReport> {
  const cpu = process.cpuUsage();
  const names: string[] = [];
  const baseline = new Names();
  const undisturbed = await rollout(vms, (step) => {
    names.push(baseline.nameOf(step));
    return false;
  });
  const open = new Set(names.filter((_, n) => n % of === remainder && Math.floor(n / of) % every === 0));
  const aimed = open.size;
  const byKind: Record<string, number> = {};
  const sum = { rollouts: 0, crashes: 0 };
  const violations: FoundViolation[] = [...undisturbed];
  while (open.size > 0 && violations.length < VIOLATIONS_MAX) {
    const run = new Names();
    const random = randomOf('gaps', sum.rollouts, remainder);
    let gap = 0;
    const before = open.size;
    const found = await rollout(vms, (step) => {
      const name = run.nameOf(step);
      gap -= 1;
      if (gap > 0 || !open.delete(name)) return false;
      gap = alone ? Infinity : GAP_MIN + Math.floor(random() * GAP_MORE);
      byKind[step.kind] = (byKind[step.kind] ?? 0) + 1;
      sum.crashes += 1;
      return true;
    });
    sum.rollouts += 1;
    violations.push(...found);
    // A step that no rollout comes to again would be waited for for ever.
    if (open.size === before) break;
  }
  const { user, system } = process.cpuUsage(cpu);
  return {
    exist: names.length,
    aimed,
    hit: aimed - open.size,
    byKind,
    ...sum,
    violations,
    cpuSeconds: (user + system) / 1e6,
    missed: [...open].slice(0, MISSED_MAX),
  };
}

/** Looked up in the table itself: a request would be a step of its own. */
async function isOver({ setup, store }: StorageAndAzure): Promise<boolean> {
  const row = await store?.table('rollouts').get('rollouts', `rollout-${setup.month}`);
  const control = row?.value as { readonly endedUtc: string | null } | undefined;
  return control !== undefined && control.endedUtc !== null;
}

/** One canonical rollout in which hosts crash at the chosen steps. */
async function rollout(vms: number, crashes: (step: Step) => boolean): Promise<readonly FoundViolation[]> {
  const folder = mkdtempSync(join(FOLDERS, 'lowtide-points-'));
  const setup = canonicalSetup(vms);
  const storageAndAzure = new StorageAndAzure(setup, new Set(), folder);
  const runs = new HostRuns(storageAndAzure, folder, true, crashes);
  try {
    await runs.begin(crashes);
    for (let atMs = setup.fromMs; atMs < setup.untilMs && !(await isOver(storageAndAzure)); atMs += HOUR_MS)
      await runs.until(atMs + HOUR_MS);
    return (await checkMonth(storageAndAzure, runs.host, NOTHING_SAID)).violations;
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const detail = `${message} The host before ${runs.lastCrash}`;
    return [{ invariant: 'run', vm: null, at: new Date(storageAndAzure.nowMs()).toISOString(), detail }];
  } finally {
    await runs.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
