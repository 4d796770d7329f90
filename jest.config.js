/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  // Some start processes or Azurite; a busy machine needs longer than Jest's five seconds.
  testTimeout: 30_000,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  // With the settings of .swcrc, as the app itself is built.
  transform: { '^.+\\.ts$': '@swc/jest' },
};
