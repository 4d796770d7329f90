#!/usr/bin/env node
import { runCli } from './program';

void runCli(process.argv.slice(2)).then((code) => {
  // Set, not process.exit(): a pipe that is slow to read still gets everything.
  process.exitCode = code;
});
