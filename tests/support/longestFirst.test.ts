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

test('files that are known to take long begin first, in that order; then the others, the largest first', () => {
  const [first = '', second = ''] = LongestFirst.LONGEST;
  const others = ['tests/glossary.test.ts', 'tests/tidy.test.ts'];
  const bySize = others.sort((a, b) => statSync(join(rootDir, b)).size - statSync(join(rootDir, a)).size);
  const sorted = new LongestFirst().sort([...bySize, second, first].reverse().map(aFile));
  expect(sorted.map(({ path }) => path)).toEqual([first, second, ...bySize].map((file) => aFile(file).path));
});
