import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFleet } from '../../fleets/generateFleet';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type BenchOptions, type Figure } from './benchmark';

export interface WholeProcess {
  readonly name: string;
  readonly what: 'plan' | 'month';
  /** A fleet file of the repository, or how many VMs to make up. */
  readonly fleet: string | number;
  readonly secondsMax: number;
  readonly megabytesMax: number;
}

/** Seconds on the wall and the most memory held. Each run is a process of its own: none profits from the one before. */
export function measureProcess(wanted: WholeProcess, { runs, say }: BenchOptions): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-bench-'));
  try {
    const fleet = fleetFile(wanted.fleet, folder);
    const all = Array.from({ length: runs }, (_, n) => {
      const run = runOnce(wanted.what, fleet);
      say(
        `${wanted.name}, run ${n + 1} of ${runs}: ${run.seconds.toFixed(3)} s, ${run.megabytes.toFixed(0)} MB`,
      );
      return run;
    });
    const seconds = all.map((run) => run.seconds);
    const megabytes = all.map((run) => run.megabytes);
    return [
      figureOf(`${wanted.name} time`, 's', seconds, wanted.secondsMax),
      figureOf(`${wanted.name} memory`, 'MB', megabytes, wanted.megabytesMax),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fleetFile(fleet: string | number, folder: string): string {
  if (typeof fleet === 'string') return join(PACKAGE_ROOT, 'fleets', fleet);
  const path = join(folder, 'fleet.json');
  writeFileSync(path, JSON.stringify(generateFleet({ vms: fleet, seed: 1 })));
  return path;
}

function runOnce(what: string, fleet: string): { readonly seconds: number; readonly megabytes: number } {
  const script = join(__dirname, 'measuredRun.js');
  const printed = execFileSync(process.execPath, ['--max-semi-space-size=64', script, what, fleet], {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(printed) as { seconds: number; megabytes: number };
}
