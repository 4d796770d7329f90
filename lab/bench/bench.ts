import { cpus } from 'node:os';
import { LowtideError } from '../../domain/lowtideError';
import { say } from '../../local/say';
import { checkOutputs, writeJson } from '../../local/writeOutput';
import { ratioOf, tableOf, type Benchmark, type Figure } from './benchmark';
import { cellsBenchmark } from './cells';
import { calibrationBenchmark, insightBenchmark } from './calibration';
import { forecastBenchmark } from './forecast';
import { gatesBenchmark } from './gates';
import { azuriteHttpBenchmark, httpBenchmark, largeAzuriteHttpBenchmark, largeHttpBenchmark } from './http';
import { idleBenchmark } from './idle';
import { importBenchmark } from './importFleet';
import { hugeMonthBenchmark, largeMonthBenchmark, monthBenchmark } from './month';
import { peersBenchmark } from './peers';
import { millionBenchmark, planBenchmark, readBenchmark } from './plan';
import { rowsBenchmark } from './rows';
import { stepsBenchmark } from './steps';
import { storageBenchmark } from './storage';

/** What `npm run bench` runs by itself. */
const TIMES: readonly Benchmark[] = [
  planBenchmark,
  readBenchmark,
  monthBenchmark,
  largeMonthBenchmark,
  httpBenchmark,
  importBenchmark,
];

/** What it runs when it is asked to. */
const ASKED: readonly Benchmark[] = [
  forecastBenchmark,
  calibrationBenchmark,
  rowsBenchmark,
  stepsBenchmark,
  idleBenchmark,
  gatesBenchmark,
  cellsBenchmark,
  storageBenchmark,
  peersBenchmark,
];

/** What takes many minutes or gigabytes: by `--only` alone. */
const LARGE: readonly Benchmark[] = [
  millionBenchmark,
  hugeMonthBenchmark,
  largeHttpBenchmark,
  azuriteHttpBenchmark,
  largeAzuriteHttpBenchmark,
  insightBenchmark,
];

/** What can be asked for by a flag of its own, and the sizes of it. */
export interface BenchCommandOptions {
  readonly only?: string | undefined;
  readonly gates?: boolean | undefined;
  readonly storage?: boolean | undefined;
  readonly peers?: boolean | undefined;
  readonly runs: number;
  readonly months: number;
  readonly vms: number;
  readonly json?: string | undefined;
}

/** Every benchmark there is, by the name that `--only` takes. */
export const BENCHMARKS: readonly Benchmark[] = [...TIMES, ...ASKED, ...LARGE];

/** `npm run bench`: measures, and prints a table of medians with what they may be. */
export async function runBench(options: BenchCommandOptions): Promise<void> {
  const { runs, months, vms, json } = options;
  checkOutputs(json);
  const print = (line: string): void => {
    say.line(line);
  };
  const figures: Figure[] = [];
  for (const benchmark of chosenBy(options)) {
    say.line(`${benchmark.name}: ${benchmark.what}`);
    figures.push(...(await benchmark.run({ runs, months, vms, say: print })));
  }
  say.line(`\n${tableOf(figures)}\n\nnode ${process.version}, ${cpus().length} cores`);
  if (json === undefined) return;
  writeJson(json, {
    node: process.version,
    cores: cpus().length,
    figures: figures.map((figure) => ({ ...figure, ratio: ratioOf(figure) })),
  });
}

/** Each flag names one benchmark of its own; without any, the times are measured. */
function chosenBy(options: BenchCommandOptions): readonly Benchmark[] {
  const { only } = options;
  const flagged = ASKED.filter(({ name }) => options[name as 'gates' | 'storage' | 'peers']);
  if (only === undefined) return flagged.length > 0 ? flagged : TIMES;
  const named = BENCHMARKS.filter(({ name }) => name === only);
  if (named.length > 0) return named;
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `There is no benchmark '${only}'.`,
    why: 'Nothing was measured.',
    fix: `Give one of: ${BENCHMARKS.map(({ name }) => name).join(', ')}.`,
  });
}
