import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatedFleetText } from '../../fleets/generateFleet';
import { MONTH_FLAGS, PLAN_FLAGS, SERVING_FLAGS } from '../../local/nodeFlags';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type BenchOptions, type Figure } from './benchmark';
import type { Measured } from './measuredRun';

export interface WholeProcess {
  readonly name: string;
  readonly what: 'plan' | 'planFile' | 'check' | 'read' | 'print' | 'month';
  /** A fleet file of the repository, or how many VMs to make up. */
  readonly fleet: string | number;
  /** What is shown of what was measured, and what it may be at most. */
  readonly shown: readonly Shown[];
  /** What takes minutes runs once. */
  readonly once?: boolean;
}

export interface Shown {
  readonly value: string;
  readonly title: string;
  readonly unit: string;
  readonly atMost: number | null;
}

/** Each run is a process of its own: none profits from the one before, and its memory is its own. */
export function measureProcess(wanted: WholeProcess, { runs, say }: BenchOptions): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
  try {
    // What is printed is made up, not read.
    const fleet = wanted.what === 'print' ? String(wanted.fleet) : fleetFile(wanted.fleet, folder);
    const times = wanted.once === true ? 1 : runs;
    const all = Array.from({ length: times }, (_, n) => {
      const run = runOnce(wanted.what, fleet);
      const values = Object.entries(run).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
      say(`${wanted.name}, run ${n + 1} of ${times}: ${values.join(', ')}`);
      return run;
    });
    return wanted.shown.map(({ value, title, unit, atMost }) =>
      figureOf(
        `${wanted.name} ${title}`,
        unit,
        all.map((run) => run[value] ?? NaN),
        atMost,
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A month of a made-up fleet of this seed, once. */
export function measureMonthOf(vms: number, seed: number): Measured {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
  try {
    return runOnce('month', fleetFile(vms, folder, seed));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const seconds = (atMost: number | null): Shown => ({
  value: 'seconds',
  title: 'time',
  unit: 's',
  atMost,
});
/** As a month reports it. A busy machine stretches it; quiet, it is less than that of the processors, since V8 compiles and collects on another one. */
export const clockSeconds = (atMost: number): Shown => ({
  value: 'clockSeconds',
  title: 'time by the clock',
  unit: 's',
  atMost,
});
export const memory = (atMost: number | null): Shown => ({
  value: 'megabytes',
  title: 'memory',
  unit: 'MB',
  atMost,
});

function fleetFile(fleet: string | number, folder: string, seed = 1): string {
  if (typeof fleet === 'string') return join(PACKAGE_ROOT, 'fleets', fleet);
  const path = join(folder, 'fleet.json');
  const file = openSync(path, 'w');
  for (const piece of generatedFleetText({ vms: fleet, seed })) writeSync(file, piece);
  closeSync(file);
  return path;
}

/** A month of 100,000 VMs needs more than the 4 GB that V8 allows by itself; how much of it is used is measured. */
const HEAP_MB_MAX = 16_000;

function runOnce(what: WholeProcess['what'], fleet: string): Measured {
  const script = join(__dirname, 'measuredRun.js');
  const printed = execFileSync(process.execPath, [...flagsOf(what), script, what, fleet], {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(printed) as Measured;
}

/** As the commands have them: `npm run simulate`, `npm start`, `npm run plan`, and those that have none. */
function flagsOf(what: WholeProcess['what']): readonly string[] {
  switch (what) {
    case 'month':
      return [...MONTH_FLAGS, `--max-old-space-size=${HEAP_MB_MAX}`];
    case 'plan':
      return [...SERVING_FLAGS, '--max-semi-space-size=64'];
    case 'planFile':
    case 'check':
      return PLAN_FLAGS;
    case 'read':
    case 'print':
      return [];
  }
}
