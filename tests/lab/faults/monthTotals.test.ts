import { describeTotals, totalsOf } from '../../../lab/faults/monthTotals';
import type { MonthReport } from '../../../lab/faults/runMonth';

const aReport = (seed: number, traceHash: string): MonthReport => ({
  seed,
  vms: 60,
  month: '2026-11',
  state: 'completed',
  virtualDays: 30,
  cpuSeconds: 5,
  durableSteps: 100,
  installs: 40,
  faults: {},
  evaluations: {},
  violations: [],
  traceHash,
});

const months = [aReport(20, 'a'), aReport(21, 'b')];

test('a seed that has another log the second time is a violation (INV-12), and is named', () => {
  const totals = totalsOf(months, [aReport(20, 'c')], 10);
  expect([totals.repeated, totals.different, totals.violations]).toEqual([1, [20], 1]);
  expect(describeTotals(totals)).toMatch(
    /1 seeds ran twice; 1 of them had another log the second time \(INV-12\): seed 20\n.*violations +1\n/s,
  );
});

test('a seed that has the same log twice is none', () => {
  const totals = totalsOf(months, [aReport(20, 'a')], 10);
  expect([totals.repeated, totals.different, totals.violations]).toEqual([1, [], 0]);
});
