import { closeSync, openSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { defaultPolicy } from '../../domain/policy';
import { releaseOf } from '../../domain/release';
import { listFleetFile } from '../../drivers/fleet/fleetFile';
import { generatedFleetText } from '../../fleets/generateFleet';
import { boundMemory, collectSooner } from '../../local/heapGrowth';
import { simulateMonth } from '../../local/simulateMonth';
import { checkPlan, type PlanFault } from '../../planning/checkPlan';
import { makePlan } from '../../planning/makePlan';
import { medianOf } from './benchmark';
import { finishRatios, forecastRatios } from './forecastRatio';
import { MONTH, monthPlan } from './monthPlan';
import { planLength } from './planLength';

const PLANS = 9;
/** Plans of a small fleet before the just-in-time compiler is done with them, as in a host that has been up for a while: while it is at work, its time counts. */
const PLANS_TO_WARM_UP = 40;
/** A plan of a million VMs takes seconds: it warms itself up. */
const PLANS_OF_LARGE = 3;
const LARGE_VMS = 200_000;

/** What one process has measured: values by the names that wholeProcess.ts knows. */
export type Measured = Readonly<Record<string, number>>;

/** What wholeProcess.ts runs in a process of its own. Seconds are those of processors: a busy machine stretches the others. */
async function measure(what: string, fleet: string): Promise<Measured> {
  switch (what) {
    case 'plan':
    case 'planFile':
      return measurePlan(fleet);
    case 'check':
      return measurePlanAndCheck(fleet);
    case 'read':
      return { seconds: cpuSecondsOf(() => listFleetFile(fleet)) };
    case 'print':
      return {
        seconds: cpuSecondsOf(() => {
          printTo(devNull, Number(fleet));
        }),
      };
    case 'month':
      return measureMonth(fleet);
    default:
      throw new Error(`There is no measured run '${what}': plan, planFile, check, read, print or month.`);
  }
}

function printTo(path: string, vms: number): void {
  const file = openSync(path, 'w');
  for (const piece of generatedFleetText({ vms, seed: 1 })) writeSync(file, piece);
  closeSync(file);
}

/** What `lowtide plan` does: one plan, and the check of it. */
function measurePlanAndCheck(fleet: string): Measured {
  const { vms } = listFleetFile(fleet);
  const plan = monthPlan(vms);
  collectSooner(vms.length);
  let faults: readonly PlanFault[] = [];
  const seconds = cpuSecondsOf(() => {
    faults = checkPlan(plan, vms, defaultPolicy);
  });
  if (faults.length > 0) throw new Error(`The checker found ${faults.length} faults.`);
  return { seconds };
}

function measurePlan(fleet: string): Measured {
  const { vms } = listFleetFile(fleet);
  const seconds: number[] = [];
  const times = vms.length > LARGE_VMS ? PLANS_OF_LARGE : PLANS;
  const request = { vms, month: MONTH, policy: defaultPolicy, nowUtc: releaseOf(MONTH) };
  const all = vms.length > LARGE_VMS ? times : PLANS_TO_WARM_UP + times;
  for (let n = 0; n < all; n += 1)
    seconds.push(cpuSecondsOf(() => makePlan({ ...request, seed: String(n) })));
  const plan = monthPlan(vms);
  const length = planLength(plan, defaultPolicy);
  const lengthOfAnyPool = planLength(plan, defaultPolicy, Infinity);
  return {
    seconds: medianOf(seconds.slice(0, times)),
    secondsLater: medianOf(seconds.slice(-times)),
    length,
    lengthOfAnyPool,
  };
}

async function measureMonth(fleet: string): Promise<Measured> {
  boundMemory();
  const before = process.cpuUsage();
  const report = await simulateMonth({ fleet, seed: 1, month: MONTH });
  const { user, system } = process.cpuUsage(before);
  if (report.violations.length > 0)
    throw new Error(`The auditor found ${report.violations.length} violations.`);
  const { vms } = listFleetFile(fleet);
  const plan = monthPlan(vms);
  const ratios = forecastRatios(plan, report);
  const finish = finishRatios(plan, report);
  return {
    seconds: (user + system) / 1e6,
    clockSeconds: report.wallSeconds,
    stepsPerVm: report.durableSteps / report.vmCount,
    forecast: ratios.last,
    forecastWorst: ratios.furthestFromOne,
    finishP50: finish.p50,
    finishP95: finish.p95,
    finishP50OffHours: finish.p50OffHours,
    finishP95OffHours: finish.p95OffHours,
  };
}

function cpuSecondsOf(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const [what = '', fleet = ''] = process.argv.slice(2);
void measure(what, fleet).then((measured) => {
  const megabytes = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ ...measured, megabytes }));
});
