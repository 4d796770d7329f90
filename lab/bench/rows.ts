import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFleet } from '../../fleets/generateFleet';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type Benchmark, type Figure } from './benchmark';
import { describeEnds } from './forecastEnds';
import type { RunMonth } from './rowsRun';

/** Design section 7: keys and totals. The figure must be flat, so it is taken at several sizes; `--vms` adds one. */
const ROWS_MAX = 40;
const SIZES = [600, 5_000, 10_000];

/** Whole months of made-up fleets: rows read for each VM, and how each phase kept to its forecast. */
export const rowsBenchmark: Benchmark = {
  name: 'rows',
  what: 'simulates months of made-up fleets: rows read, and phases against their forecast',
  run: ({ vms, say }) => {
    const figures: Figure[] = [];
    for (const size of [...new Set([...SIZES, vms])]) {
      const run = runMonth(size);
      say(`${size} VMs, rows read by table: ${JSON.stringify(run.byTable)}`);
      for (const line of describeEnds(run.phases)) say(`${size} VMs, ${line}`);
      const off = run.phases.filter(({ isMet }) => !isMet).length;
      const offByOthers = run.phases.filter(({ isMetByOthers }) => !isMetByOthers).length;
      figures.push(
        figureOf(
          `rows-${size} read for each VM by the rollout`,
          'rows',
          [run.rowsOfRollout / size],
          ROWS_MAX,
        ),
        figureOf(`rows-${size} read for each VM by sweeps`, 'rows', [
          (run.rowsRead - run.rowsOfRollout) / size,
        ]),
        figureOf(`forecast-${size} phases off by 10 % and a window`, 'phases', [off]),
        figureOf(
          `forecast-${size} the same, without sets that waited for an unhealthy VM of their own`,
          'phases',
          [offByOthers],
          0,
        ),
      );
    }
    return figures;
  },
};

function runMonth(vms: number): RunMonth {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
  try {
    const fleet = join(folder, 'fleet.json');
    writeFileSync(fleet, JSON.stringify(generateFleet({ vms, seed: 1 })));
    const printed = execFileSync(process.execPath, [join(__dirname, 'rowsRun.js'), fleet], {
      cwd: PACKAGE_ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(printed) as RunMonth;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
