import { readFileSync } from 'node:fs';
import { simulateMonth } from '../../local/simulateMonth';
import { Month } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { releaseOf } from '../../domain/release';
import { parseFleet } from '../../drivers/fleet/parseFleet';
import { planRollout } from '../../planning/planRollout';

const MONTH = Month.parse('2026-11');

/** Plans run often enough that the just-in-time compiler has settled, as in a host that has been up for a while. */
const PLANS = 9;

/** One measured run; prints `{ seconds, megabytes }` for bench.ts. */
async function run(name: string, fleet: string): Promise<number> {
  if (name !== 'plan-10000') return (await simulateMonth({ fleet, seed: 1, month: MONTH })).wallSeconds;
  const { vms } = parseFleet(readFileSync(fleet, 'utf8'), fleet);
  const seconds: number[] = [];
  for (let n = 0; n < PLANS; n += 1) {
    const started = performance.now();
    planRollout({ vms, month: MONTH, policy: defaultPolicy, seed: String(n), nowUtc: releaseOf(MONTH) });
    seconds.push((performance.now() - started) / 1000);
  }
  return seconds.sort((a, b) => a - b)[Math.floor(PLANS / 2)] ?? 0;
}

const [name = '', fleet = ''] = process.argv.slice(2);
void run(name, fleet).then((seconds) => {
  const megabytes = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ seconds, megabytes }));
});
