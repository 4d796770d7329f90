const { availableParallelism } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  // Both say what they are for: a test file has the globals of Node itself, and compiled code is kept for the next file.
  testEnvironment: '<rootDir>/tests/support/oneRealm/environment.cjs',
  runtime: '<rootDir>/tests/support/oneRealm/runtime.cjs',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  // Only what hangs ever comes to it: months, processes and Azurite take many times as long on a machine that is busy.
  testTimeout: 600_000,
  setupFilesAfterEnv: ['<rootDir>/tests/support/closeHostsLeftOpen.ts'],
  // Of each of the two sides on which files run: those that mostly wait, and the others.
  maxWorkers: availableParallelism(),
  runner: '<rootDir>/tests/support/waitingBeside.cjs',
  // A process of jest that has run months needs up to half a second to give back its memory, several at once more: jest's own limit. One that a
  // test has left something open in never ends, and is still named.
  workerGracefulExitTimeout: 10_000,
  // A promise that is rejected while no test runs would end the process, and not fail its test.
  waitForUnhandledRejections: true,
  testSequencer: '<rootDir>/tests/support/longestFirst.cjs',
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  // With the settings of .swcrc, as the app itself is built.
  transform: { '^.+\\.ts$': '@swc/jest' },
};
