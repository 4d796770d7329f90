import type { Command } from 'commander';
import { nearestName } from '../composition/nearestName';
import { asTyped } from './asTyped';

/** A command with its help, and with examples that are shown below the help and after a mistake. */
export function command(
  parent: Command,
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  const shown = examples.map((example) => `  $ ${asTyped(example)}`).join('\n');
  return parent
    .command(name)
    .description(`${description[0]?.toUpperCase() ?? ''}${description.slice(1)}.`)
    .summary(description)
    .helpOption('-h, --help', 'show this help')
    .allowExcessArguments(false)
    .showHelpAfterError(`\nlowtide ${pathOf(parent, name)} --help lists its options. For example:\n${shown}`)
    .addHelpText('after', `\nFor example:\n${shown}`);
}

/** As it is typed: `rollouts watch`. */
function pathOf(parent: Command, name: string): string {
  return parent.parent === null ? name : `${parent.name()} ${name}`;
}

/**
 * A command that does something of itself takes no other word: what follows it is a misspelt command below it, and the nearest is named, before
 * the options of that command are called unknown.
 */
export function refuseUnknownBelow(parent: Command): void {
  if (parent.commands.length === 0) return;
  parent
    .allowExcessArguments(true)
    .allowUnknownOption(true)
    .hook('preAction', (_parent, typed) => {
      const [word] = typed === parent ? parent.args : [];
      if (word === undefined) return;
      const names = parent.commands.map((each) => each.name());
      const flags = parent.options.flatMap(({ long }) => long ?? []);
      if (word.startsWith('-'))
        parent.error(`error: unknown option '${word}'${meant(word, flags)}`, {
          code: 'commander.unknownOption',
        });
      parent.error(`error: unknown command '${parent.name()} ${word}'${meant(word, names)}`, {
        code: 'commander.unknownCommand',
      });
    });
}

function meant(word: string, names: readonly string[]): string {
  const near = nearestName(word, names);
  return near === undefined ? '' : `\n(Did you mean ${near}?)`;
}
