import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFleet } from '../../fleets/generateFleet';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type Benchmark, type Figure } from './benchmark';
import type { StepsOfMonth } from './stepsRun';

/** What a month of a made-up fleet may take, by its size; between two sizes that of the smaller. */
const AT_MOST: readonly (readonly [vms: number, stepsPerVm: number])[] = [
  [10_000, 15],
  [0, 40],
];

/** Where the durable steps of a month go: of Contoso, and of a made-up fleet of `--vms`. */
export const stepsBenchmark: Benchmark = {
  name: 'steps',
  what: 'counts the durable steps of a month by kind: fleets/contoso.json, and a made-up fleet of --vms',
  run: ({ vms, say }) => {
    const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
    try {
      const fleet = join(folder, 'fleet.json');
      writeFileSync(fleet, JSON.stringify(generateFleet({ vms, seed: 1 })));
      const months = [
        ['contoso', join(PACKAGE_ROOT, 'fleets', 'contoso.json')],
        [String(vms), fleet],
      ] as const;
      return months.flatMap(([name, path]) => {
        const month = runMonth(path);
        say(`\n${name}: ${month.vms} VMs, ${month.steps} durable steps, ${outcomesText(month)}`);
        say(`${stepsTable(month)}\n`);
        return figuresOf(name, month);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

const outcomesText = ({ outcomes }: StepsOfMonth): string =>
  Object.entries(outcomes)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .join(', ');

/** Most first: steps, their share, and per VM. */
export function stepsTable({ vms, steps, byKind }: StepsOfMonth): string {
  const row = (cells: readonly string[], kind: string): string =>
    [...cells.map((cell) => cell.padStart(9)), `  ${kind}`].join('');
  return [
    row(['steps', 'share', 'per VM'], 'kind'),
    ...byKind.map(([kind, count]) =>
      row([String(count), `${((100 * count) / steps).toFixed(1)} %`, (count / vms).toFixed(2)], kind),
    ),
  ].join('\n');
}

/** All together against what they may be, and each kind. */
function figuresOf(name: string, { vms, steps, byKind }: StepsOfMonth): readonly Figure[] {
  const [, atMost = null] = AT_MOST.find(([from]) => vms >= from) ?? [];
  return [
    figureOf(`steps-${name} a VM`, 'steps', [steps / vms], atMost),
    ...byKind.map(([kind, count]) => figureOf(`steps-${name} ${kind}`, 'steps', [count])),
  ];
}

function runMonth(fleet: string): StepsOfMonth {
  const script = join(__dirname, 'stepsRun.js');
  const printed = execFileSync(process.execPath, ['--max-semi-space-size=64', script, fleet], {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(printed) as StepsOfMonth;
}
