#!/usr/bin/env node
import { endProcess, outputBroke } from './interruption';
import { boundMemory } from '../local/heapGrowth';
import { runCli } from './program';

process.stdout.on('error', outputBroke);
process.stderr.on('error', () => undefined); // there is nowhere else to report it

const args = process.argv.slice(2);
if (args[0] === 'simulate') boundMemory();
void runCli(args).then(endProcess);
