const { default: TestRunner } = require('jest-runner');
const { WAITING, fileOf } = require('./waitingFiles.cjs');

/**
 * Runs the files that mostly wait beside all others, in processes of their own. So no more processes work than there are cores: each one more
 * loads Lowtide and warms it once more, and took a quarter of the processor time of small files.
 */
module.exports = class WaitingBeside extends TestRunner {
  static WAITING = WAITING;

  async runTests(tests, watcher, options) {
    if (options.serial) return super.runTests(tests, watcher, options);
    const waits = (test) => WAITING.includes(fileOf(test));
    const sides = [tests.filter(waits), tests.filter((test) => !waits(test))];
    await Promise.all(
      sides.filter((side) => side.length > 0).map((side) => super.runTests(side, watcher, options)),
    );
  }
};
