import type { MonthReport } from './runMonth';

/** What many months came to. */
export interface MonthTotals {
  readonly months: number;
  readonly vms: number;
  readonly wallSeconds: number;
  readonly cpuSecondsPerMonth: number;
  readonly seedsPerMinute: number;
  readonly virtualDaysPerSecond: number;
  readonly durableStepsPerSecond: number;
  readonly faultsPerSecond: number;
  readonly installs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly evaluations: Readonly<Record<string, number>>;
  /** How the rollouts ended. */
  readonly states: Readonly<Record<string, number>>;
  /** Those of the auditor, and one for each seed that had another log the second time (INV-12). */
  readonly violations: number;
  /** Seeds that ran twice, and of those the ones whose logs differed. */
  readonly repeated: number;
  readonly different: readonly number[];
}

type Counts = Record<string, number>;

const addAll = (sum: Counts, more: Readonly<Counts>): void => {
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
};

export function totalsOf(
  reports: readonly MonthReport[],
  again: readonly MonthReport[],
  wallSeconds: number,
): MonthTotals {
  const faults: Counts = {};
  const evaluations: Counts = {};
  const states: Counts = {};
  const sum = { days: 0, steps: 0, cpu: 0, installs: 0, violations: 0 };
  for (const report of reports) {
    addAll(faults, report.faults);
    addAll(evaluations, report.evaluations);
    addAll(states, { [report.state]: 1 });
    sum.installs += report.installs;
    sum.violations += report.violations.length;
  }
  for (const { virtualDays, durableSteps, cpuSeconds } of [...reports, ...again]) {
    sum.days += virtualDays;
    sum.steps += durableSteps;
    sum.cpu += cpuSeconds;
  }
  const hashes = new Map(reports.map(({ seed, traceHash }) => [seed, traceHash]));
  const different = again
    .filter(({ seed, traceHash }) => hashes.get(seed) !== traceHash)
    .map(({ seed }) => seed);
  const runs = reports.length + again.length;
  const total = Object.values(faults).reduce((all, count) => all + count, 0);
  return {
    months: reports.length,
    vms: reports[0]?.vms ?? 0,
    wallSeconds,
    faults,
    evaluations,
    states,
    installs: sum.installs,
    violations: sum.violations + different.length,
    repeated: again.length,
    cpuSecondsPerMonth: sum.cpu / Math.max(1, runs),
    seedsPerMinute: (runs * 60) / wallSeconds,
    virtualDaysPerSecond: sum.days / wallSeconds,
    durableStepsPerSecond: sum.steps / wallSeconds,
    faultsPerSecond: total / wallSeconds,
    different,
  };
}

const number = (value: number): string => Math.round(value).toLocaleString('en-US');

export function describeTotals(totals: MonthTotals): string {
  const rows = (counts: Readonly<Counts>): string[] =>
    Object.entries(counts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `  ${name.padEnd(44)} ${number(count).padStart(12)}`);
  return [
    `${number(totals.months)} months of ${totals.vms} VMs in ${number(totals.wallSeconds)} s, ${totals.cpuSecondsPerMonth.toFixed(1)} s of CPU each`,
    `  ${totals.seedsPerMinute.toFixed(1)} seeds a minute, ${number(totals.virtualDaysPerSecond)} virtual days, ` +
      `${number(totals.durableStepsPerSecond)} durable steps and ${number(totals.faultsPerSecond)} faults a second`,
    `  ${number(totals.installs)} installations by rollouts; rollouts ended as ${JSON.stringify(totals.states)}`,
    ...['', 'Faults that struck', ...rows(totals.faults), '', 'Evaluations', ...rows(totals.evaluations), ''],
    `  ${number(totals.repeated)} seeds ran twice; ${number(totals.different.length)} of them had another log the second time${
      totals.different.length === 0 ? '' : ` (INV-12): seed ${totals.different.join(', ')}`
    }`,
    `  violations ${number(totals.violations).padStart(33)}`,
    '',
  ].join('\n');
}
