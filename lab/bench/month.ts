import type { Benchmark } from './benchmark';
import { measureProcess } from './wholeProcess';

/** The whole app through a month on the virtual clock, the audit included. */
export const monthBenchmark: Benchmark = {
  name: 'month',
  what: 'simulates the month of fleets/contoso.json, 600 VMs',
  run: (options) =>
    measureProcess(
      { name: 'month-600', what: 'month', fleet: 'contoso.json', secondsMax: 10, megabytesMax: 500 },
      options,
    ),
};

export const largeMonthBenchmark: Benchmark = {
  name: 'month-large',
  what: 'simulates the month of a made-up fleet of 10,000 VMs',
  run: (options) =>
    measureProcess(
      { name: 'month-10000', what: 'month', fleet: 10_000, secondsMax: 20, megabytesMax: 800 },
      options,
    ),
};
