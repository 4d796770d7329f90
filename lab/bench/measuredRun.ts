import { readFileSync } from 'node:fs';
import { Month } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { releaseOf } from '../../domain/release';
import { parseFleet } from '../../drivers/fleet/parseFleet';
import { simulateMonth } from '../../local/simulateMonth';
import { planRollout } from '../../planning/planRollout';

const MONTH = Month.parse('2026-11');

/** Plans run often enough that the just-in-time compiler has warmed up, as in a host that has been up for a while. */
const PLANS = 9;

/** What wholeProcess.ts runs in a process of its own: prints `{ seconds, megabytes }`. */
async function secondsOf(what: string, fleet: string): Promise<number> {
  switch (what) {
    case 'plan':
      return planSeconds(fleet);
    case 'month':
      return (await simulateMonth({ fleet, seed: 1, month: MONTH })).wallSeconds;
    default:
      throw new Error(`There is no measured run '${what}': plan or month.`);
  }
}

function planSeconds(fleet: string): number {
  const { vms } = parseFleet(readFileSync(fleet, 'utf8'), fleet);
  const seconds: number[] = [];
  for (let n = 0; n < PLANS; n += 1) {
    const started = performance.now();
    planRollout({ vms, month: MONTH, policy: defaultPolicy, seed: String(n), nowUtc: releaseOf(MONTH) });
    seconds.push((performance.now() - started) / 1000);
  }
  return seconds.sort((a, b) => a - b)[Math.floor(PLANS / 2)] ?? 0;
}

const [what = '', fleet = ''] = process.argv.slice(2);
void secondsOf(what, fleet).then((seconds) => {
  const megabytes = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ seconds, megabytes }));
});
