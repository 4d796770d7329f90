import type { MonthReport } from '../../../lab/faults/runMonth';
import type * as Workers from '../../../lab/faults/workers';
import { loadNatively } from '../../emulator/support/nativeHost';

// The processes run what was built.
const { runMonths } = loadNatively('dist/lab/faults/workers.js') as typeof Workers;

describe('months in processes of their own', () => {
  it('end with the signal: what is under way is reported no more, and nothing else begins', async () => {
    const interrupted = new AbortController();
    const reports: MonthReport[] = [];
    const months = [1, 2, 3].map((seed) => ({ seed, vms: 60 }));
    const run = runMonths(months, (report) => reports.push(report), interrupted.signal);
    setTimeout(() => {
      interrupted.abort();
    }, 200);
    await run;
    expect(reports).toEqual([]);
  });
});
