import type { Benchmark } from './benchmark';
import { clockSeconds, measureProcess, memory, seconds, type Shown } from './wholeProcess';

const steps = (atMost: number): Shown => ({
  value: 'stepsPerVm',
  title: 'durable steps a VM',
  unit: '',
  atMost,
});
/** At least 0.9, too: the table knows one bound. */
const FORECAST: readonly Shown[] = [
  { value: 'forecast', title: 'forecast in parts of the simulated end', unit: '', atMost: 1.1 },
  { value: 'forecastWorst', title: 'the same of the phase furthest from 1', unit: '', atMost: 1.1 },
  { value: 'finishP50', title: 'P50 of the finish in parts of the simulated one', unit: '', atMost: 1.1 },
  { value: 'finishP95', title: 'P95 of the finish in parts of the simulated one', unit: '', atMost: 1.1 },
];

/** The whole app through a month on the virtual clock, the audit included. */
export const monthBenchmark: Benchmark = {
  name: 'month',
  what: 'simulates the month of fleets/contoso.json, 600 VMs',
  run: (options) =>
    measureProcess(
      {
        name: 'month-600',
        what: 'month',
        fleet: 'contoso.json',
        shown: [seconds(10), clockSeconds(10), memory(500), steps(40), ...FORECAST],
      },
      options,
    ),
};

export const largeMonthBenchmark: Benchmark = {
  name: 'month-large',
  what: 'simulates the month of a made-up fleet of 10,000 VMs',
  run: (options) =>
    measureProcess(
      {
        name: 'month-10000',
        what: 'month',
        fleet: 10_000,
        shown: [seconds(20), clockSeconds(20), memory(800), steps(15), ...FORECAST],
        once: true,
      },
      options,
    ),
};

export const hugeMonthBenchmark: Benchmark = {
  name: 'month-huge',
  what: 'simulates the month of a made-up fleet of 100,000 VMs',
  run: (options) =>
    measureProcess(
      {
        name: 'month-100000',
        what: 'month',
        fleet: 100_000,
        shown: [seconds(180), clockSeconds(180), memory(4000), steps(15), ...FORECAST],
        once: true,
      },
      options,
    ),
};
