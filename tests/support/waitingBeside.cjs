const { relative, sep } = require('node:path');
const { default: TestRunner } = require('jest-runner');

/** Files that mostly wait: for clocks that are real, for processes that start and end, for a browser. */
const WAITING = [
  'tests/cli/e2e.test.ts',
  'tests/web/dashboard.test.ts',
  'tests/emulator/recordings.test.ts',
  'tests/lab/faults/processKills.test.ts',
  'tests/web/signIn.test.ts',
  'tests/emulator/twoHosts.test.ts',
  'tests/local/localApp.test.ts',
  'tests/upgrade/deployment.test.ts',
  'tests/emulator/crash.test.ts',
  'tests/emulator/journal.test.ts',
];

/**
 * Runs the files that mostly wait beside all others, in processes of their own. So no more processes work than there are cores: each one more
 * loads Lowtide and warms it once more, and took a quarter of the processor time of small files.
 */
module.exports = class WaitingBeside extends TestRunner {
  static WAITING = WAITING;

  async runTests(tests, watcher, options) {
    if (options.serial) return super.runTests(tests, watcher, options);
    const waits = ({ path, context }) =>
      WAITING.includes(relative(context.config.rootDir, path).replaceAll(sep, '/'));
    const sides = [tests.filter(waits), tests.filter((test) => !waits(test))];
    await Promise.all(
      sides.filter((side) => side.length > 0).map((side) => super.runTests(side, watcher, options)),
    );
  }
};
