const { statSync } = require('node:fs');
const { join } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Files that take longest, the longest first. Most of them wait for hosts and clocks that are real, so that other files run beside them; started
 * last, each would be waited for alone.
 */
const LONGEST = [
  'tests/cli/e2e.test.ts',
  'tests/cli/scenarios.test.ts',
  'tests/web/dashboard.test.ts',
  'tests/lab/faults/processKills.test.ts',
  'tests/emulator/recordings.test.ts',
  'tests/cli/hosts.test.ts',
  'tests/lab/faults/runMonth.test.ts',
  'tests/cli/clientOutput.test.ts',
  'tests/web/signIn.test.ts',
  'tests/cli/simulate.test.ts',
  'tests/sdk/document.test.ts',
  'tests/emulator/twoHosts.test.ts',
  'tests/lab/mutation/mutants.test.ts',
  'tests/cli/auditHost.test.ts',
  'tests/emulator/journal.test.ts',
  'tests/operatorApi/explanationsComeTrue.test.ts',
  'tests/cli/package.test.ts',
  'tests/store/tableContract.test.ts',
  'tests/local/localApp.test.ts',
  'tests/cli/build.test.ts',
  'tests/cli/jobsOfAMonth.test.ts',
  'tests/lab/bench/storage.test.ts',
  'tests/upgrade/deployment.test.ts',
  'tests/emulator/crash.test.ts',
  'tests/activities/startInstallOnce.test.ts',
  'tests/cli/start.test.ts',
  'tests/armApi/installPatches.test.ts',
  'tests/store/azureStore.test.ts',
  'tests/operatorApi/fleetIndex.test.ts',
  'tests/lab/faults/crashAtEveryStep.test.ts',
  'tests/audit/offPeakWindows.test.ts',
  'tests/composition/guard.test.ts',
];

module.exports = class LongestFirst extends Sequencer {
  static LONGEST = LONGEST;

  sort(tests) {
    const rank = ({ path, context }) => {
      const place = LONGEST.findIndex((file) => path === join(context.config.rootDir, file));
      return place === -1 ? LONGEST.length : place;
    };
    const size = ({ path }) => statSync(path).size;
    return [...tests].sort((a, b) => rank(a) - rank(b) || size(b) - size(a) || (a.path < b.path ? -1 : 1));
  }
};
