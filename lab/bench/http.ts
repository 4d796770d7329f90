import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { SERVING_FLAGS } from '../../local/nodeFlags';
import type { Benchmark, Figure } from './benchmark';
import type { Asked } from './httpRun';
import { PACE } from './pacedMonth';

/** In a process of its own, started as `npm run serve` starts it. */
function measure(asked: Asked): readonly Figure[] {
  const script = join(__dirname, 'httpRun.js');
  const printed = execFileSync(process.execPath, [...SERVING_FLAGS, script, JSON.stringify(asked)], {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(printed) as Figure[];
}

const WHILE = `while the rollout goes on at ${PACE} times real time`;

export const httpBenchmark: Benchmark = {
  name: 'http',
  what: `asks the operator API 50 times a second, at 10,000 VMs, ${WHILE}`,
  run: () => measure({ vms: 10_000, azurite: false }),
};

export const largeHttpBenchmark: Benchmark = {
  name: 'http-large',
  what: `asks the operator API 50 times a second, at 100,000 VMs, ${WHILE}`,
  run: () => measure({ vms: 100_000, azurite: false }),
};

export const azuriteHttpBenchmark: Benchmark = {
  name: 'http-azurite',
  what: `the same at 10,000 VMs, with the app's tables in Azurite on this machine, ${WHILE}`,
  run: () => measure({ vms: 10_000, azurite: true }),
};

export const largeAzuriteHttpBenchmark: Benchmark = {
  name: 'http-large-azurite',
  what: `the same at 100,000 VMs, with the app's tables in Azurite on this machine, ${WHILE}`,
  run: () => measure({ vms: 100_000, azurite: true }),
};
