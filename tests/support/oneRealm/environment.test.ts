import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks';
import vm from 'node:vm';
import { loadNatively } from '../../emulator/support/nativeHost';

const OneRealm =
  jest.requireActual<new () => { readonly teardown: () => Promise<void> }>('./environment.cjs');

declare global {
  var leftByATestFile: string | undefined;
}

test('a test file has the classes of Node and of the app that Node has loaded', () => {
  expect(vm.runInThisContext('Error') === Error).toBe(true);
  const { LowtideError } = loadNatively('dist/domain/lowtideError.js') as {
    readonly LowtideError: new (code: string, words: Record<string, string>) => unknown;
  };
  expect(new LowtideError('REQUEST_INVALID', { what: '', why: '', fix: '' })).toBeInstanceOf(Error);
});

test('what a test file sets is put back after it: globals, the environment, listeners, the exit code', async () => {
  const { fetch: before, process: own } = globalThis;
  const [listeners, path] = [own.listenerCount('SIGUSR2'), own.env['PATH']];
  const environment = new OneRealm();
  globalThis.leftByATestFile = 'x';
  globalThis.fetch = () => Promise.reject(new Error('off'));
  own.env['LEFT_BY_A_TEST_FILE'] = 'x';
  delete own.env['PATH'];
  own.on('SIGUSR2', () => undefined);
  own.exitCode = 3;
  await environment.teardown();
  expect(globalThis.leftByATestFile).toBeUndefined();
  expect(globalThis.fetch).toBe(before);
  expect([own.env['LEFT_BY_A_TEST_FILE'], own.env['PATH']]).toEqual([undefined, path]);
  expect(own.listenerCount('SIGUSR2')).toBe(listeners);
  expect(own.exitCode).not.toBe(3);
});

test('an async storage that a test file has used holds nothing after it, so that no promise of the next file carries it', async () => {
  const members = (): unknown => Object.getOwnPropertyDescriptors(AsyncLocalStorage.prototype);
  const before = members();
  const environment = new OneRealm();
  const [ran, entered] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
  await ran.run('of the file', async () => {
    entered.enterWith('of the file');
    expect([ran.getStore(), entered.getStore()]).toEqual(['of the file', 'of the file']);
    await environment.teardown();
    expect([ran.getStore(), entered.getStore()]).toEqual([undefined, undefined]);
  });
  expect(members()).toEqual(before);
});

test('nothing follows the promises of a test but what it uses itself', async () => {
  // Node numbers what goes on after a promise only while something follows promises.
  await Promise.resolve();
  expect(executionAsyncId()).toBe(0);
  await new AsyncLocalStorage<string>().run('of the test', async () => {
    await Promise.resolve();
    expect(executionAsyncId()).toBeGreaterThan(0);
  });
});
