import { execFileSync } from 'node:child_process';
import { growthPercent } from '../../local/heapGrowth';
import { PACKAGE_ROOT } from '../../local/packageRoot';

/** What the heap of a month of so many VMs may grow to: 200 MB, and 23 KB a VM. */
const bound = (vmCount: number): number => 200 * 2 ** 20 + vmCount * 23 * 2 ** 10;

test.each([5_000, 10_000, 100_000])(
  'the heap of a month of %i VMs grows to its bound, whatever is alive',
  (vmCount) => {
    for (const share of [0.55, 0.6, 0.7, 0.8]) {
      const used = bound(vmCount) * share;
      expect((used * (1 + growthPercent(used, used, vmCount) / 100)) / bound(vmCount)).toBeCloseTo(1, 1);
    }
  },
);

test('it never doubles at once, and near its bound, or beyond it, it is not collected all the time', () => {
  expect(growthPercent(1, Infinity, 10_000)).toBe(100);
  expect(growthPercent(bound(10_000) * 0.95, Infinity, 10_000)).toBe(15);
  expect(growthPercent(bound(10_000) * 2, Infinity, 10_000)).toBe(15);
});

test('what has grown quickly is expected to go on so: the bound holds for what is alive next time', () => {
  const [before, used] = [bound(10_000) * 0.4, bound(10_000) * 0.6];
  const next = used + (used - before);
  const percent = growthPercent(used, before, 10_000);
  expect(percent).toBeLessThan(growthPercent(used, used, 10_000));
  expect(next * (1 + percent / 100)).toBeLessThan(bound(10_000) * 1.01);
  expect(growthPercent(before, used, 10_000)).toBe(growthPercent(before, before, 10_000));
});

test('the young generation stays as it was at the start, unless the fleet is huge', () => {
  expect(youngSize(10_000)).toBe(16);
  expect(youngSize(100_000)).toBe(32);
});

/** Megabytes, of both halves, in a process that begins with 8 of 16 a half, when it has kept much of what it made. */
function youngSize(vmCount: number): number {
  const script = `
    const { boundMemory, boundHeap } = require('./dist/local/heapGrowth');
    const { getHeapSpaceStatistics } = require('node:v8');
    boundMemory();
    boundHeap(${vmCount});
    const kept = [];
    for (let n = 0; n < 1_000_000; n += 1) kept.push({ n });
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    process.stdout.write(String(young.space_size / 2 ** 20));
    process.exit(kept.length > 0 ? 0 : 1);`;
  const flags = ['--min-semi-space-size=8', '--max-semi-space-size=16'];
  return Number(
    execFileSync(process.execPath, [...flags, '-e', script], { cwd: PACKAGE_ROOT, encoding: 'utf8' }),
  );
}
