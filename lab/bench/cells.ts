import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type Benchmark, type Figure } from './benchmark';
import type { CellFleet, CellMonth } from './cellsRun';
import { simulateCell } from './gates';

/** Small enough that dozens of months are run: how many VMs a bad patch breaks hardly depends on how many more there are. */
const CELLS: readonly CellFleet[] = [
  { vms: 120, unhealthyPercent: 100, seeds: 10 },
  { vms: 120, unhealthyPercent: 20, seeds: 20 },
  { vms: 200, unhealthyPercent: 5, seeds: 20 },
];
/** Standalone VMs of one subscription in a region: so many in a hundred are down at once. */
const SHARE_PERCENT = 20;
/** Of the rules alone, which cost next to nothing. */
const MODEL_MONTHS = 2_000;

/** Issue 12, row 5: do months of the whole app break as many VMs as the rules by themselves say? */
export const cellsBenchmark: Benchmark = {
  name: 'cells',
  what: 'simulates months of the whole app with a bad patch on one image family, compared with the rules alone',
  run: ({ say }) =>
    CELLS.flatMap((cell): Figure[] => {
      const { vms, unhealthyPercent, seeds } = cell;
      const months = monthsOf(cell);
      const found = meanOf(months.map(({ unhealthy }) => unhealthy));
      const model = simulateCell(
        {
          vmCount: vms,
          unhealthyPercent,
          isCanary: true,
          underWayMax: Math.floor((vms * SHARE_PERCENT) / 100),
        },
        MODEL_MONTHS,
      );
      const halted = (100 * months.filter(({ halted: is }) => is).length) / months.length;
      say(
        `  ${unhealthyPercent} % unhealthy, ${vms} VMs: ${found.mean.toFixed(1)} ± ${found.error.toFixed(1)} VMs on average of ${seeds} months` +
          ` (${months.map(({ unhealthy }) => unhealthy).join(', ')}), halted ${halted.toFixed(0)} %;` +
          ` the rules alone ${model.unhealthyMean.toFixed(1)}, halted ${model.haltedPercent.toFixed(0)} %`,
      );
      // Batches, rounds and gates let fewer VMs begin than exposure does: the app may break fewer, not more.
      const beyond = Math.max(0, found.mean - ERRORS_MAX * found.error - model.unhealthyMean);
      const name = `${unhealthyPercent} % unhealthy, ${vms} VMs`;
      return [
        figureOf(`${name}: broken in the app, mean`, 'VMs', [found.mean]),
        figureOf(`${name}: broken by the rules alone, mean`, 'VMs', [model.unhealthyMean]),
        figureOf(
          `${name}: beyond the rules alone by more than ${ERRORS_MAX} standard errors`,
          'VMs',
          [beyond],
          0,
        ),
        figureOf(`${name}: months that did not halt`, '%', [100 - halted]),
      ];
    }),
};

const ERRORS_MAX = 2;

export interface Mean {
  readonly mean: number;
  /** Standard error of the mean. */
  readonly error: number;
}

export function meanOf(values: readonly number[]): Mean {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / Math.max(1, values.length - 1) / values.length) };
}

function monthsOf(cell: CellFleet): readonly CellMonth[] {
  const printed = execFileSync(process.execPath, [join(__dirname, 'cellsRun.js'), JSON.stringify(cell)], {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(printed) as readonly CellMonth[];
}
