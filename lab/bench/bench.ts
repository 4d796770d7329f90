import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateFleet } from '../../fleets/generateFleet';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { say } from '../../local/say';

/** Whole-process figures of one run: seconds on the wall, and the most memory it held. */
interface Run {
  readonly seconds: number;
  readonly megabytes: number;
}

interface Figure {
  readonly name: string;
  readonly runs: number;
  /** Medians. */
  readonly seconds: number;
  readonly megabytes: number;
  readonly secondsMax: number;
  readonly megabytesMax: number;
}

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, json: { type: 'string' }, only: { type: 'string' } },
});

/** What is measured, and what issue and design ask of it on 2 cores. */
const MEASURED = [
  { name: 'plan-10000', secondsMax: 0.1, megabytesMax: 2000 },
  { name: 'simulate-contoso', secondsMax: 10, megabytesMax: 500 },
  { name: 'simulate-10000', secondsMax: 60, megabytesMax: 2000 },
];

/** Each run is a process of its own, so that none profits from the one before and memory is its own. */
function measure(name: string, fleet: string): Run {
  const script = join(__dirname, 'oneRun.js');
  const printed = execFileSync(process.execPath, ['--max-semi-space-size=64', script, name, fleet], {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(printed) as Run;
}

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

function bench(): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
  const large = join(folder, 'fleet.json');
  try {
    writeFileSync(large, JSON.stringify(generateFleet({ vms: 10_000, seed: 1 })));
    return MEASURED.filter(({ name }) => options.only === undefined || name === options.only).map(
      (wanted) => {
        const fleet =
          wanted.name === 'simulate-contoso' ? join(PACKAGE_ROOT, 'fleets', 'contoso.json') : large;
        const runs = Array.from({ length: Number(options.runs) }, () => measure(wanted.name, fleet));
        const figure: Figure = {
          ...wanted,
          runs: runs.length,
          seconds: median(runs.map(({ seconds }) => seconds)),
          megabytes: median(runs.map(({ megabytes }) => megabytes)),
        };
        say.line(
          `${figure.name.padEnd(18)} ${figure.seconds.toFixed(3).padStart(8)} s (at most ${figure.secondsMax})` +
            ` ${figure.megabytes.toFixed(0).padStart(6)} MB (at most ${figure.megabytesMax})`,
        );
        return figure;
      },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

say.line(`Medians of ${options.runs} runs, node ${process.version}, ${cpus().length} cores`);
const figures = bench();
const report = { node: process.version, cores: cpus().length, figures };
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
