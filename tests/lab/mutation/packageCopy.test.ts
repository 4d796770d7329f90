import { spawnSync } from 'node:child_process';
import { endOf } from '../../../lab/mutation/packageCopy';

const run = (program: string, options: readonly string[] = [], timeout = 60_000): ReturnType<typeof endOf> =>
  endOf(spawnSync(process.execPath, [...options, '-e', program], { encoding: 'utf8', timeout }));

describe('a process in which a bug is planted', () => {
  it('says what its exit code says', () => {
    expect(run('process.exit(2)')).toMatchObject({ status: 2 });
  });

  it('has noticed the bug when it never ends', () => {
    expect(run('setInterval(() => {}, 1000)', [], 500)).toMatchObject({ stderr: 'It never ends.' });
  });

  it('has noticed the bug when it takes memory until V8 gives up', () => {
    const program = 'const all = []; for (;;) all.push(Array(1000).fill(all.length));';
    expect(run(program, ['--max-old-space-size=20'])).toMatchObject({
      stderr: 'It takes memory without end.',
    });
  });

  it('says nothing when another process ended it', () => {
    expect(run('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)')).toBeNull();
  });
});
