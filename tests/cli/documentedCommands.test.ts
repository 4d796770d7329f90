import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program';
import { repository } from '../emulator/support/nativeHost';

const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const program = createProgram(() => undefined);

const documents = ['', 'docs', 'docs/adr', '.ci'].flatMap((folder) =>
  readdirSync(join(repository, folder))
    .filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md')
    .map((file) => join(folder, file)),
);

/** What follows `npm run` to the end of the command; a line that ends in a backslash goes on. */
const commandLines = documents.flatMap((document) => {
  const text = readFileSync(join(repository, document), 'utf8').replaceAll(/\\\n\s*/g, '');
  return [...text.matchAll(/npm run (?:--silent |-s )?([^\n`|>&)#;]+)/g)].map(([, line = '']) => ({
    document,
    words: (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll(/^\[|[\],.:]+$/g, '')),
  }));
});

/** The command that a script runs, and those below it that the words name; null for a script of another program. */
function commandOf(script: string, words: readonly string[]): Command | null {
  const [, typed] = /cli\/lowtide\.js ?(\S+)?/.exec(scripts[script] ?? '') ?? [null];
  if (typed === null) return null;
  let command = program;
  for (const name of [...(typed === undefined ? [] : [typed]), ...words])
    command = command.commands.find((each) => each.name() === name) ?? command;
  return command;
}

/** What is wrong with a line, in words; none where all of it is there. */
function problemsOf([script = '', ...words]: readonly string[]): readonly string[] {
  if (script === '…') return [];
  if (scripts[script] === undefined) return [`no script ${script}`];
  const command = commandOf(script, words);
  if (command === null) return [];
  const known = new Set(command.options.flatMap(({ long, short }) => [long, short]));
  return words
    .filter((word) => /^-{1,2}[a-z]/.test(word))
    .filter((word) => !known.has(word.replace(/=.*/, '')) && word !== '--help')
    .map((word) => `${command.name()} has no option ${word}`);
}

test('every command in the documentation is there, with each of its options', () => {
  expect(commandLines.length).toBeGreaterThan(50);
  const wrong = commandLines.flatMap(({ document, words }) =>
    problemsOf(words).map((problem) => `${document}: npm run ${words.join(' ')}: ${problem}`),
  );
  expect(wrong).toEqual([]);
});

test.each([
  ['a script', ['simulat', '--', '--seed', '1'], 'no script simulat'],
  ['an option', ['simulate', '--', '--sead', '1'], 'simulate has no option --sead'],
  [
    'an option of a command below',
    ['lowtide', '--', 'freeze', 'add', 'x', '--form'],
    'add has no option --form',
  ],
])('%s that is not there is noticed', (_what, words, problem) => {
  expect(problemsOf(words)).toEqual([problem]);
});

/** A path in back-ticks: it begins with a folder of the repository and has no placeholder. */
const FOLDERS = readdirSync(repository, { withFileTypes: true })
  .filter(
    (entry) => entry.isDirectory() && !/^(\.git|node_modules|dist|coverage|\.lowtide)$/.test(entry.name),
  )
  .map(({ name }) => name.replace('.', '\\.'));
const PATH = new RegExp(`\`((?:${FOLDERS.join('|')})/[\\w./-]*)\``, 'g');

test('every file and folder that the documentation names is there', () => {
  const named = documents.flatMap((document) =>
    [...readFileSync(join(repository, document), 'utf8').matchAll(PATH)].map(([, path = '']) => ({
      document,
      path,
    })),
  );
  expect(named.length).toBeGreaterThan(50);
  const isThere = (path: string): boolean =>
    ['', '.ts', '.test.ts'].some((end) => existsSync(join(repository, `${path}${end}`)));
  const missing = named.filter(({ path }) => !isThere(path));
  expect(missing.map(({ document, path }) => `${document}: ${path}`)).toEqual([]);
});
