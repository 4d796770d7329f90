import { existsSync } from 'node:fs';
import { join } from 'node:path';

interface TestFile {
  readonly path: string;
  readonly context: { readonly config: { readonly rootDir: string } };
}

interface Runner {
  runTests(tests: readonly TestFile[], watcher: object, options: { readonly serial: boolean }): Promise<void>;
}

const WaitingBeside = jest.requireActual<{
  new (config: object, context: object): Runner;
  readonly WAITING: readonly string[];
}>('./waitingBeside.cjs');
const { default: OfJest } = jest.requireActual<{ default: { readonly prototype: Runner } }>('jest-runner');

const rootDir = join(__dirname, '..', '..');
const aFile = (file: string): TestFile => ({ path: join(rootDir, file), context: { config: { rootDir } } });

test('each file that mostly waits is there, and is named once', () => {
  const { WAITING } = WaitingBeside;
  expect(WAITING.filter((file) => !existsSync(join(rootDir, file)))).toEqual([]);
  expect(new Set(WAITING).size).toBe(WAITING.length);
});

test('files that mostly wait run beside the others, each side in its order; in one process all run in the order that was given', async () => {
  const [wait = '', another = ''] = WaitingBeside.WAITING;
  const given = [wait, 'tests/tidy.test.ts', another, 'tests/words.test.ts'].map(aFile);
  const sides: (readonly TestFile[])[] = [];
  const run = jest.spyOn(OfJest.prototype, 'runTests').mockImplementation((side) => {
    sides.push(side);
    return Promise.resolve();
  });
  const runner = new WaitingBeside({}, {});
  await runner.runTests(given, {}, { serial: false });
  await runner.runTests(given.slice(1, 2), {}, { serial: false });
  await runner.runTests(given, {}, { serial: true });
  run.mockRestore();
  const [first, second, third, fourth] = given;
  expect(sides).toEqual([[first, third], [second, fourth], [second], given]);
});
