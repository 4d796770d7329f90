const { relative, sep } = require('node:path');

/** Files that mostly wait: for clocks that are real, for processes that start and end, for a browser. */
const WAITING = [
  'tests/cli/e2e.test.ts',
  'tests/web/dashboard.test.ts',
  'tests/lab/faults/processKills.test.ts',
  'tests/emulator/recordings.test.ts',
  'tests/cli/hosts.test.ts',
  'tests/web/signIn.test.ts',
  'tests/sdk/document.test.ts',
  'tests/cli/clientOutput.test.ts',
  'tests/emulator/twoHosts.test.ts',
  'tests/local/localApp.test.ts',
  'tests/emulator/crash.test.ts',
  'tests/upgrade/deployment.test.ts',
  'tests/emulator/journal.test.ts',
  'tests/notifications/askHook.test.ts',
  'tests/emulator/earlyTimers.test.ts',
  'tests/emulator/hostJson.test.ts',
  'tests/emulator/hubTables.test.ts',
];

/** The path of a file of tests in the repository, as jest gives it to sequencers and runners, with slashes. */
const fileOf = ({ path, context }) => relative(context.config.rootDir, path).replaceAll(sep, '/');

module.exports = { WAITING, fileOf };
