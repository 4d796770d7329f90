import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { say } from '../../local/say';
import { ratioOf, tableOf, type Benchmark, type BenchOptions, type Figure } from './benchmark';
import { forecastBenchmark } from './forecast';
import { gatesBenchmark } from './gates';
import { httpBenchmark, largeHttpBenchmark } from './http';
import { importBenchmark } from './importFleet';
import { hugeMonthBenchmark, largeMonthBenchmark, monthBenchmark } from './month';
import { peersBenchmark } from './peers';
import { millionBenchmark, planBenchmark, readBenchmark } from './plan';
import { rowsBenchmark } from './rows';
import { storageBenchmark } from './storage';
import { messageOf } from '../../domain/messageOf';

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
  rowsBenchmark,
  gatesBenchmark,
  storageBenchmark,
  peersBenchmark,
];

/** What takes many minutes or gigabytes: by `--only` alone. */
const LARGE: readonly Benchmark[] = [millionBenchmark, hugeMonthBenchmark, largeHttpBenchmark];

const { values } = parseArgs({
  options: {
    gates: { type: 'boolean', default: false },
    storage: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    months: { type: 'string', default: '1000' },
    vms: { type: 'string', default: '600' },
    json: { type: 'string' },
  },
});

/** Each flag names one benchmark of its own; without any, the times are measured. */
function chosen(): readonly Benchmark[] {
  const flagged = ASKED.filter(({ name }) => values[name as 'gates' | 'storage' | 'peers']);
  if (values.only === undefined) return flagged.length > 0 ? flagged : TIMES;
  const named = [...TIMES, ...ASKED, ...LARGE].filter(({ name }) => name === values.only);
  if (named.length > 0) return named;
  const names = [...TIMES, ...ASKED, ...LARGE].map(({ name }) => name).join(', ');
  throw new Error(`There is no benchmark '${values.only}'. These there are: ${names}.`);
}

function countOf(option: 'runs' | 'months' | 'vms'): number {
  const count = Number(values[option]);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`--${option} ${values[option]} is not a count: give a whole number above 0.`);
}

async function bench(): Promise<void> {
  const options: BenchOptions = {
    runs: countOf('runs'),
    months: countOf('months'),
    vms: countOf('vms'),
    say: (line) => {
      say.line(line);
    },
  };
  const figures: Figure[] = [];
  for (const benchmark of chosen()) {
    say.line(`${benchmark.name}: ${benchmark.what}`);
    figures.push(...(await benchmark.run(options)));
  }
  say.line(`\n${tableOf(figures)}\n\nnode ${process.version}, ${cpus().length} cores`);
  if (values.json === undefined) return;
  const report = {
    node: process.version,
    cores: cpus().length,
    figures: figures.map((figure) => ({ ...figure, ratio: ratioOf(figure) })),
  };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

bench().catch((error: unknown) => {
  say.error(messageOf(error));
  process.exitCode = 1;
});
