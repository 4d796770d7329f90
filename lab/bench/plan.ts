import type { Benchmark } from './benchmark';
import { measureProcess } from './wholeProcess';

/** The planner alone, once it is warm: median of nine plans in one process. */
export const planBenchmark: Benchmark = {
  name: 'plan',
  what: 'plans the month of a made-up fleet of 10,000 VMs',
  run: (options) =>
    measureProcess(
      { name: 'plan-10000', what: 'plan', fleet: 10_000, secondsMax: 0.1, megabytesMax: 2000 },
      options,
    ),
};
