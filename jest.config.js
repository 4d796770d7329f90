const { availableParallelism } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  // Some start processes or Azurite; a busy machine needs longer than Jest's five seconds.
  testTimeout: 240_000,
  // One more than there are cores: the longest files mostly wait.
  maxWorkers: availableParallelism() + 1,
  testSequencer: '<rootDir>/tests/support/longestFirst.cjs',
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  // With the settings of .swcrc, as the app itself is built.
  transform: { '^.+\\.ts$': '@swc/jest' },
};
