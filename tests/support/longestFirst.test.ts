import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

interface TestFile {
  readonly path: string;
  readonly context: { readonly config: { readonly rootDir: string } };
}

const LongestFirst = jest.requireActual<{
  new (): { readonly sort: (tests: readonly TestFile[]) => readonly TestFile[] };
  readonly LONGEST: readonly string[];
}>('./longestFirst.cjs');

const rootDir = join(__dirname, '..', '..');
const aFile = (file: string): TestFile => ({ path: join(rootDir, file), context: { config: { rootDir } } });

test('each file that is known to take long is there, and is named once', () => {
  const { LONGEST } = LongestFirst;
  expect(LONGEST.filter((file) => !existsSync(join(rootDir, file)))).toEqual([]);
  expect(new Set(LONGEST).size).toBe(LONGEST.length);
});

test('files that are known to take long begin first, in that order; then the others, the largest first; at last those that run other apps than Lowtide', () => {
  const [first = '', second = ''] = LongestFirst.LONGEST;
  const size = (file: string): number => statSync(join(rootDir, file)).size;
  const others = ['tests/glossary.test.ts', 'tests/tidy.test.ts'].sort((a, b) => size(b) - size(a));
  const ofOtherApps = 'tests/emulator/durable.test.ts';
  expect(size(ofOtherApps)).toBeGreaterThan(size(others[1] ?? ''));
  const sorted = new LongestFirst().sort([ofOtherApps, ...others, second, first].reverse().map(aFile));
  expect(sorted.map(({ path }) => path)).toEqual(
    [first, second, ...others, ofOtherApps].map((file) => aFile(file).path),
  );
});
