import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const { isKept } = jest.requireActual<{ isKept: (path: string) => boolean }>('./runtime.cjs');

const root = join(__dirname, '..', '..', '..');
const filesOf = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
    join(root, folder, file),
  );
const KEPT = ['activities', 'audit', 'collections', 'domain', 'drivers', 'planning', 'store']
  .flatMap(filesOf)
  .filter(isKept);

/** Those in whose text something is found. */
function foundIn(files: readonly string[], pattern: RegExp): readonly string[] {
  return files
    .filter((path) => pattern.test(readFileSync(path, 'utf8')))
    .map((path) => relative(root, path).replaceAll('\\', '/'));
}

test('modules that stay for the next test file import only each other and packages', () => {
  const others = KEPT.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*? from '(\.[^']+)';$/gm)]
      .map(([, name = '']) => join(dirname(path), name))
      .filter((file) => !file.endsWith('.json') && !isKept(`${file}.ts`)),
  );
  expect(KEPT.length).toBeGreaterThan(150);
  expect(others).toEqual([]);
});

test('modules that stay for the next test file read no clock of luxon, and none but the regions of an app changes', () => {
  expect(foundIn(KEPT, /\bSettings\b|DateTime\.(?:now|utc|local)\(\)/)).toEqual([]);
  expect(foundIn(KEPT, /^(?:export )?let /m)).toEqual(['domain/regions.ts']);
});

test('no test file replaces a module of Lowtide or forgets what it has loaded, which would reach the next file', () => {
  const tests = filesOf('tests').filter((file) => file.endsWith('.ts'));
  expect(foundIn(tests, /jest\.(?:requireActual|spyOn)/).length).toBeGreaterThan(10);
  expect(foundIn(tests, /jest\.(?:(?:do|set)?[mM]ock\((?!'node:)|resetModules|replaceProperty)/)).toEqual([]);
});
