const { statSync } = require('node:fs');
const { join } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Files that take longest, the longest first. Most of them wait for hosts and clocks that are real, so that other files run beside them; started
 * last, each would be waited for alone.
 */
const LONGEST = [
  'tests/cli/scenarios.test.ts',
  'tests/web/dashboard.test.ts',
  'tests/cli/e2e.test.ts',
  'tests/emulator/recordings.test.ts',
  'tests/lab/faults/runMonth.test.ts',
  'tests/lab/faults/processKills.test.ts',
  'tests/cli/simulate.test.ts',
  'tests/sdk/document.test.ts',
  'tests/lab/mutation/mutants.test.ts',
  'tests/lab/faults/crashAtEveryStep.test.ts',
  'tests/activities/startInstallOnce.test.ts',
  'tests/cli/build.test.ts',
];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path, context }) => {
      const place = LONGEST.findIndex((file) => path === join(context.config.rootDir, file));
      return place === -1 ? LONGEST.length : place;
    };
    const size = ({ path }) => statSync(path).size;
    return [...tests].sort((a, b) => rank(a) - rank(b) || size(b) - size(a) || (a.path < b.path ? -1 : 1));
  }
};
