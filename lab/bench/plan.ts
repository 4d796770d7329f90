import type { Benchmark } from './benchmark';
import { measureProcess, memory, seconds, type Shown } from './wholeProcess';

const LENGTH: Shown = { value: 'length', title: 'length in parts of the lower bound', unit: '', atMost: 1.1 };

const LENGTH_OF_ANY_POOL: Shown = {
  value: 'lengthOfAnyPool',
  title: 'length, the pool of availability sets left out of the bound',
  unit: '',
  atMost: null,
};
const LENGTHS = [LENGTH, LENGTH_OF_ANY_POOL];

/** The first nine plans of a process are still being compiled. */
const later = (atMost: number): Shown => ({
  value: 'secondsLater',
  title: 'time after forty plans',
  unit: 's',
  atMost,
});

const PLANS = [
  { vms: 600, shown: LENGTHS },
  { vms: 14_208, shown: [seconds(0.05), later(0.05)] },
  { vms: 20_000, shown: LENGTHS },
  { vms: 100_000, shown: [seconds(0.25), later(0.25), ...LENGTHS] },
] as const;

/** The planner alone: median of the first nine plans of a process, and of nine once it is warm. */
export const planBenchmark: Benchmark = {
  name: 'plan',
  what: 'plans the month of made-up fleets of 600 to 100,000 VMs, and compares their lengths with the least there can be',
  run: (options) =>
    PLANS.flatMap(({ vms, shown }) =>
      measureProcess({ name: `plan-${vms}`, what: 'plan', fleet: vms, shown }, options),
    ),
};

/** Median of three. The memory is that of the fleet and its plan. */
export const millionBenchmark: Benchmark = {
  name: 'million',
  what: 'reads the file of a made-up fleet of 1,000,000 VMs, prints one, and plans its month',
  run: (options) =>
    (['read', 'print', 'plan'] as const).flatMap((what) =>
      measureProcess(
        {
          name: `${what}-1000000`,
          what,
          fleet: 1_000_000,
          shown: what !== 'plan' ? [seconds(15), memory(null)] : [seconds(3), memory(900), ...LENGTHS],
          once: true,
        },
        options,
      ),
    ),
};

/** Read in pieces, without the models, as `plan` does; printed in pieces, as `fleet-generate` does. */
export const readBenchmark: Benchmark = {
  name: 'read',
  what: 'reads the file of a made-up fleet of 100,000 VMs, and prints one',
  run: (options) =>
    (['read', 'print'] as const).flatMap((what) =>
      measureProcess(
        { name: `${what}-100000`, what, fleet: 100_000, shown: [seconds(1.5), memory(null)] },
        options,
      ),
    ),
};
