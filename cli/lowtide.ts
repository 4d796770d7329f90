#!/usr/bin/env node
import { endProcess, outputBroke } from './interruption';
import { runCli } from './program';

process.stdout.on('error', outputBroke);
process.stderr.on('error', () => undefined); // there is nowhere else to report it

void runCli(process.argv.slice(2)).then(endProcess);
