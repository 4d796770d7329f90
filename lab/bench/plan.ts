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

/** Plans are the median of three. The memory is that of the fleet with its plans, and of a process that does what `lowtide plan` does: read, plan and check. */
const MILLION = [
  { name: 'read', what: 'read', shown: [seconds(15), memory(null)] },
  { name: 'print', what: 'print', shown: [seconds(15), memory(null)] },
  { name: 'plan', what: 'planFile', shown: [seconds(3), memory(900), ...LENGTHS] },
  { name: 'check', what: 'check', shown: [seconds(null), memory(900)] },
] as const;

export const millionBenchmark: Benchmark = {
  name: 'million',
  what: 'reads the file of a made-up fleet of 1,000,000 VMs, prints one, plans its month, and checks the plan',
  run: (options) =>
    MILLION.flatMap(({ name, what, shown }) =>
      measureProcess({ name: `${name}-1000000`, what, fleet: 1_000_000, shown, once: true }, options),
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
