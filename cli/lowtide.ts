#!/usr/bin/env node
import { outputBroke } from './interruption';
import { runCli } from './program';

process.stdout.on('error', outputBroke);
process.stderr.on('error', () => undefined); // there is nowhere else to report it

void runCli(process.argv.slice(2)).then((code) => {
  // A pipe that is slow to read still gets everything; a connection that is kept open does not keep the process.
  process.stdout.write('', () => {
    process.stderr.write('', () => process.exit(code));
  });
});
