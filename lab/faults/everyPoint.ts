import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalScene } from './canonical';
import { diceOf } from './faults';
import { judgeMonth, type Broken } from './judge';
import { Lives } from './lives';
import type { Step } from './mortal';
import { Outside } from './outside';

export interface PointsOptions {
  readonly vms: number;
  /** This process takes the points whose number leaves `remainder` when divided by `of`. */
  readonly remainder: number;
  readonly of: number;
  /** Only every so many points are aimed at; 1 for all. */
  readonly every: number;
  /** One death a rollout, instead of one every so many steps. */
  readonly alone: boolean;
}

export interface PointsReport {
  /** Steps of the canonical rollout that outlive their host: places to die at. */
  readonly exist: number;
  /** Of those this process had to hit, and did. */
  readonly aimed: number;
  readonly hit: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly rollouts: number;
  readonly crashes: number;
  readonly cpuSeconds: number;
  readonly violations: readonly Broken[];
}

const FOLDERS = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** After a crash the next host lives for so many steps before it may die in its turn. */
const GAP_MIN = 40;
const GAP_MORE = 80;
const VIOLATIONS_MAX = 20;

/** Which step of which instance, row or VM: the n-th of its kind there. It is the same one in every rollout that has come so far alike. */
class Names {
  private readonly seen = new Map<string, number>();

  nameOf({ kind, of }: Step): string {
    const key = `${kind} ${of}`;
    const n = (this.seen.get(key) ?? 0) + 1;
    this.seen.set(key, n);
    return `${key} ${n}`;
  }
}

/**
 * Lets hosts die at every step they persist of one rollout. Each rollout begins with the first step that none has died at yet, reached
 * undisturbed; from then on each host dies at the next such step that it meets after a gap. Every rollout has to come to its end, and is audited.
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
  const violations: Broken[] = [...undisturbed];
  while (open.size > 0 && violations.length < VIOLATIONS_MAX) {
    const run = new Names();
    const dice = diceOf('gaps', sum.rollouts, remainder);
    let gap = 0;
    const found = await rollout(vms, (step) => {
      const name = run.nameOf(step);
      gap -= 1;
      if (gap > 0 || !open.delete(name)) return false;
      gap = alone ? Infinity : GAP_MIN + Math.floor(dice() * GAP_MORE);
      byKind[step.kind] = (byKind[step.kind] ?? 0) + 1;
      sum.crashes += 1;
      return true;
    });
    sum.rollouts += 1;
    violations.push(...found);
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
  };
}

const HOUR_MS = 3_600_000;

/** Looked up in the table itself: a request would be a step of its own. */
async function isOver({ scene, store }: Outside): Promise<boolean> {
  const row = await store?.table('rollouts').get('rollouts', `rollout-${scene.month}`);
  const control = row?.value as { readonly endedUtc: string | null } | undefined;
  return control !== undefined && control.endedUtc !== null;
}

/** One canonical rollout in which hosts die where they are told to. */
async function rollout(vms: number, dies: (step: Step) => boolean): Promise<readonly Broken[]> {
  const folder = mkdtempSync(join(FOLDERS, 'lowtide-points-'));
  const scene = canonicalScene(vms);
  const outside = new Outside(scene, new Set(), folder);
  const lives = new Lives(outside, folder, true, dies);
  try {
    await lives.begin(dies);
    for (let atMs = scene.fromMs; atMs < scene.untilMs && !(await isOver(outside)); atMs += HOUR_MS)
      await lives.until(atMs + HOUR_MS);
    return (await judgeMonth(outside, lives.host, [])).violations;
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const detail = `${message} The host before had ${lives.epitaph}`;
    return [{ invariant: 'run', vm: null, at: new Date(outside.nowMs()).toISOString(), detail }];
  } finally {
    await lives.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
