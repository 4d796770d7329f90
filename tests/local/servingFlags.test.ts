import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { SERVING_FLAGS } from '../../local/servingFlags';

const { scripts } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

describe('a process that answers requests', () => {
  it.each(['start', 'serve'])('is started without collections of an idle heap: npm run %s', (script) => {
    expect(scripts[script]?.split(' ')).toEqual(expect.arrayContaining([...SERVING_FLAGS]));
  });

  it('has as many threads of V8 as there are processors besides its own', () => {
    const threadsWith = (flags: readonly string[]): number =>
      Number(execFileSync(process.execPath, [...flags, '-p', COUNT], { encoding: 'utf8' }));
    const besides = Math.max(1, availableParallelism() - 1);
    expect(threadsWith(SERVING_FLAGS)).toBe(threadsWith([`--v8-pool-size=${besides}`]));
  });
});

/** On Linux, where the suite runs. */
const COUNT = "require('node:fs').readdirSync('/proc/self/task').length";
