import type { Command } from 'commander';

/** A command with its help, and with examples that are shown below the help and after a mistake. */
export function command(
  parent: Command,
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  const shown = examples.map((example) => `  $ ${example}`).join('\n');
  return parent
    .command(name)
    .description(`${description[0]?.toUpperCase() ?? ''}${description.slice(1)}.`)
    .summary(description)
    .helpOption('-h, --help', 'show how it is used')
    .allowExcessArguments(false)
    .showHelpAfterError(`\nlowtide ${pathOf(parent, name)} --help lists its options. For example:\n${shown}`)
    .addHelpText('after', `\nFor example:\n${shown}`);
}

/** As it is typed: `rollouts watch`. */
function pathOf(parent: Command, name: string): string {
  return parent.parent === null ? name : `${parent.name()} ${name}`;
}
