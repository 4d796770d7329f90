const { statSync } = require('node:fs');
const { default: Sequencer } = require('@jest/test-sequencer');
const { WAITING, fileOf } = require('./waitingFiles.cjs');

/**
 * Files that take longest, the longest first: started last, each would be waited for alone. Those that mostly wait run beside the others
 * (`waitingBeside.cjs`).
 */
const LONGEST = [
  ...WAITING,
  'tests/lab/mutation/mutants.test.ts',
  'tests/store/azureStore.test.ts',
  'tests/cli/package.test.ts',
  'tests/cli/build.test.ts',
  'tests/cli/scenarios.test.ts',
  'tests/drivers/azureMonth.test.ts',
  'tests/lab/faults/runMonth.test.ts',
  'tests/cli/simulate.test.ts',
  'tests/operatorApi/explanationsComeTrue.test.ts',
  'tests/store/tableContract.test.ts',
  'tests/cli/auditHost.test.ts',
  'tests/lab/bench/storage.test.ts',
  'tests/cli/jobsOfAMonth.test.ts',
  'tests/cli/start.test.ts',
  'tests/armApi/installPatches.test.ts',
  'tests/activities/startInstallOnce.test.ts',
  'tests/operatorApi/fleetIndex.test.ts',
  'tests/cli/yearEnd.test.ts',
  'tests/audit/offPeakWindows.test.ts',
  'tests/lab/faults/crashAtEveryStep.test.ts',
  'tests/operatorApi/openApi.test.ts',
  'tests/planning/makePlan.test.ts',
  'tests/activities/planSteps.test.ts',
  'tests/operatorApi/fleetImport.test.ts',
  'tests/composition/guard.test.ts',
  'tests/drivers/azureCuts.test.ts',
  'tests/domain/ledgerModel.test.ts',
];

/**
 * Their apps are others than Lowtide. A process of jest keeps Lowtide loaded and warm from file to file until it loads another app, and to load
 * and warm it again takes two to three seconds: so these files come last.
 */
const OTHER_APPS = 'tests/emulator/';

module.exports = class LongestFirst extends Sequencer {
  static LONGEST = LONGEST;

  sort(tests) {
    const rank = (test) => {
      const file = fileOf(test);
      const place = LONGEST.indexOf(file);
      if (place !== -1) return place;
      return LONGEST.length + (file.startsWith(OTHER_APPS) ? 1 : 0);
    };
    const size = ({ path }) => statSync(path).size;
    return [...tests].sort((a, b) => rank(a) - rank(b) || size(b) - size(a) || (a.path < b.path ? -1 : 1));
  }
};
