import { Option, type Command } from 'commander';
import { baseUrl } from '../optionValues';
import { HOST_URL } from './apiClient';

export type Ended = (code: 0 | 1 | 2) => void;
/** Makes a command with its description and examples, as program.ts does for all. */
export type MakeCommand = (
  parent: Command,
  name: string,
  description: string,
  examples: readonly string[],
) => Command;

/** The options of every command that asks a running host. */
export function askingHost(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', 'the host').env('LOWTIDE_URL').default(HOST_URL).argParser(baseUrl))
    .addOption(new Option('--key <key>', 'function key, if the host needs one').env('LOWTIDE_KEY'))
    .addOption(new Option('--token <token>', 'bearer token, if the host needs sign-in').env('LOWTIDE_TOKEN'))
    .option('--json', 'write JSON');
}

export const withTable = (command: Command): Command => askingHost(command).option('--csv', 'write CSV');

/** Of an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

export function selecting(command: Command): Command {
  return command
    .option('--subscription <id>', 'only VMs of this subscription')
    .option('--resource-group <name>', 'only VMs of this resource group')
    .option('--region <name>', 'only VMs of this region')
    .option('--tag <name=value>', 'only VMs with this tag; several: VMs with all of them', collect)
    .option('--family <family>', 'only VMs of this image family: publisher:offer:sku')
    .option('--set <name or ARM id>', 'only VMs of this availability set')
    .option('--vm <name or ARM id>', 'only this VM');
}

/** Reports of `lowtide compliance`. */
export const REPORTS = ['outcomes', 'patches', 'missing', 'decisions'] as const;
export type Report = (typeof REPORTS)[number];
