import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as LowtideErrorModule from '../../domain/lowtideError';
import type * as LocalApp from '../../local/localApp';
import { takeStateFolder } from '../../local/stateFolder';
import { loadNatively } from '../emulator/support/nativeHost';

const { withLocalApp } = loadNatively('dist/local/localApp.js') as typeof LocalApp;

const { LowtideError } = loadNatively('dist/domain/lowtideError.js') as typeof LowtideErrorModule;

const PLENTY = 10_000_000_000;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lowtide-local-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function options(free: () => Promise<number>): LocalApp.LocalAppOptions {
  return {
    folder: join(home, 'state'),
    fresh: true,
    clock: { kind: 'virtual', startUtc: '2026-11-10T18:00:00.000Z' },
    port: 0,
    settings: {},
    free,
  };
}

const never = new AbortController().signal;

test('a disk with too little room is refused before anything is started', async () => {
  const work = jest.fn();
  const started = withLocalApp(
    options(() => Promise.resolve(1_000)),
    never,
    work,
  );
  await expect(started).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  expect(work).not.toHaveBeenCalled();
  expect(existsSync(join(home, 'state', 'azurite'))).toBe(false);
});

test('a path that nothing serves is answered by the running app: a problem for a program, a page for a browser', async () => {
  const typeOf = async (url: string, accept: string): Promise<[number, string | null]> => {
    const answer = await fetch(url, { headers: { accept } });
    return [answer.status, answer.headers.get('content-type')];
  };
  await withLocalApp(
    options(() => Promise.resolve(PLENTY)),
    never,
    async ({ host }) => {
      expect(await typeOf(`${host.baseUrl}/dashbord`, '*/*')).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ]);
      expect(await typeOf(`${host.baseUrl}/dashbord`, 'text/html')).toEqual([
        404,
        'text/html; charset=utf-8',
      ]);
      expect((await fetch(`${host.baseUrl}/dashboard`)).status).toBe(200);
    },
  );
});

test('a disk that fills up while the app runs ends it with the reason, and leaves nothing running on its folder', async () => {
  let free = PLENTY;
  const worked = withLocalApp(
    options(() => Promise.resolve(free)),
    never,
    async ({ host }) => {
      expect((await fetch(`${host.baseUrl}/api/rollouts`)).status).toBe(200);
      expect(existsSync(join(home, 'state', 'azurite'))).toBe(false); // a month on the virtual clock keeps its tables in memory
      free = 0;
      await new Promise(() => undefined); // it would go on for ever
    },
  );
  await expect(worked).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  takeStateFolder(join(home, 'state'), { fresh: true }).release();
});

test.each([
  ['itself', (full: Error) => full],
  ['as the cause of another', (cause: Error) => new Error('The folder cannot be used.', { cause })],
])('a full disk is the same error, whatever it was that wrote: %s', async (_how, wrapped) => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  const worked = withLocalApp(
    options(() => Promise.resolve(PLENTY)),
    never,
    () => Promise.reject(wrapped(full)),
  );
  await expect(worked).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    detail: { why: 'The disk of its state folder is full.' },
  });
});

test('an error that already says what a full disk did not take is passed on as it is', async () => {
  const said = new LowtideError(
    'OUTPUT_FAILED',
    { what: 'The state folder /s could not be written.', why: 'The disk is full.', fix: 'Make room.' },
    { cause: Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }) },
  );
  const worked = withLocalApp(
    options(() => Promise.resolve(PLENTY)),
    never,
    () => Promise.reject(said),
  );
  await expect(worked).rejects.toBe(said);
});
