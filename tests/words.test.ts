import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');

/**
 * Words of the dialect that this code once had, and the plain word for each. A name counts by its parts: `nextNight` and `IN_THE_NIGHT` hold
 * the word `night`.
 */
const PLAIN: Readonly<Record<string, string>> = {
  night: 'window',
  nights: 'windows',
  tonight: 'the current window',
  story: 'calls, steps, behaviour: what it is made of',
  stories: 'calls, steps, behaviour: what they are made of',
  tells: 'says, reports, signals',
  told: 'reported, signalled, given',
  telling: 'specific; report',
  pulse: 'crash switch',
  epitaph: 'last crash',
  mortal: 'crashing, crashable',
  deed: 'action, command',
  deeds: 'actions, commands',
  vitals: 'state',
  dice: 'random numbers',
  luck: 'random choices',
  lucky: 'random',
  lives: 'host runs; is, runs',
  seam: 'fault hook',
  seams: 'fault hooks',
  lot: 'step, batch',
  lots: 'steps, batches',
  happening: 'event',
  happenings: 'events',
  workshop: 'package copy',
  showpiece: 'example',
  showpieces: 'examples',
  suffer: 'fail',
  suffers: 'fails',
  nobody: 'no VM, no request, no row',
  somebody: 'the thing itself, by its name',
  someone: 'the thing itself, by its name',
};

/** Where a word may stand, and why. */
const MAY: readonly { readonly file: RegExp; readonly word: RegExp; readonly because: string }[] = [
  { file: /^tests\/words\.test\.ts$/, word: /./, because: 'the list itself' },
  {
    file: /^(composition\/settings\.ts|tests\/composition\/settings\.test\.ts|CHANGELOG\.md)$/,
    word: /^night$/,
    because: 'LOWTIDE_BAKE=nextNight goes on working: people may have it in their settings',
  },
  {
    file: /^(drivers\/simulated\/machine\/(powerHabits|normalMonthRates)\.ts|docs\/fleet-files\.md|tests\/drivers\/driverLog\.test\.ts)$/,
    word: /^nights?$/,
    because: '`offAtNight` stands in fleet files; its VMs are off at night, as people use the word',
  },
];

/** What machines recorded or computed, and texts of others. */
const NOT_OURS = /^(package-lock\.json|LICENSE)$|\.(jsonl|png|gif|ico|gz)$|^tests\/emulator\/recordings\//;

const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
})
  .split('\0')
  .filter((file) => file !== '' && !NOT_OURS.test(file));

/** The words of a text in small letters, each name in its parts. */
function wordsOf(text: string): Set<string> {
  return new Set([...text.matchAll(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g)].map(([word]) => word.toLowerCase()));
}

function dialectIn(file: string, text: string): string[] {
  return [...wordsOf(`${file}\n${text}`)]
    .filter((word) => Object.hasOwn(PLAIN, word))
    .filter((word) => !MAY.some((may) => may.file.test(file) && may.word.test(word)))
    .map((word) => `${file}: «${word}». Write: ${PLAIN[word] ?? ''}`);
}

function textOf(file: string): string {
  try {
    return readFileSync(join(ROOT, file), 'utf8');
  } catch {
    return ''; // deleted, and not yet committed
  }
}

describe('plain words', () => {
  it('are used in every file of the repository, in names, comments, messages and documents', () => {
    expect(tracked.length).toBeGreaterThan(500);
    expect(tracked.flatMap((file) => dialectIn(file, textOf(file)))).toEqual([]);
  });

  it.each([
    ['a name', 'domain/x.ts', 'const nextNight = 1;'],
    ['a constant', 'store/x.ts', 'IN_THE_NIGHT'],
    ['a comment', 'docs/x.md', 'Nobody waits.'],
    ['the name of a file', 'lab/seams.ts', ''],
  ])('are missed in %s, wherever it stands', (_, file, text) => {
    expect(dialectIn(file, text)).toHaveLength(1);
  });

  it.each(MAY)('exceptions are few and needed: $because', ({ file, word }) => {
    const used = tracked.some(
      (name) =>
        file.test(name) &&
        [...wordsOf(textOf(name))].some((each) => Object.hasOwn(PLAIN, each) && word.test(each)),
    );
    expect(used).toBe(true);
  });
});
