import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { MONTH_FLAGS, PLAN_FLAGS, SERVING_FLAGS } from '../../local/nodeFlags';

const { scripts } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

describe('what V8 is started with', () => {
  it.each([
    ['start', SERVING_FLAGS],
    ['serve', SERVING_FLAGS],
    ['simulate', MONTH_FLAGS],
    ['plan', PLAN_FLAGS],
  ])('is what the benchmarks measure with: npm run %s', (script, flags) => {
    expect(scripts[script]?.split(' ')).toEqual(expect.arrayContaining([...flags]));
  });

  it('has as many threads as there are processors besides that of the app', () => {
    const threadsWith = (flags: readonly string[]): number =>
      Number(execFileSync(process.execPath, [...flags, '-p', COUNT], { encoding: 'utf8' }));
    const besides = Math.max(1, availableParallelism() - 1);
    expect(threadsWith(SERVING_FLAGS)).toBe(threadsWith([`--v8-pool-size=${besides}`]));
  });
});

/** On Linux, where the suite runs. */
const COUNT = "require('node:fs').readdirSync('/proc/self/task').length";
