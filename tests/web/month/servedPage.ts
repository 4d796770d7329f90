import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { answerPage } from '../../../operatorApi/dashboard/answerPage';
import { conditional, NOW_HEADER } from '../../../operatorApi/conditional';
import { repository } from '../../emulator/support/nativeHost';
import { watched } from './watchedMonth';

const SCRIPT_MAX_BYTES = 200_000;
const built = join(repository, 'dist', 'web');

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${watched.host.baseUrl}${path}`, { headers, redirect: 'manual' });

/** The addresses that the page loads. */
function loadedBy(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
}

describe('the page', () => {
  test('is served at /dashboard and at every address in it, and is looked at again each time', async () => {
    for (const path of ['/dashboard', '/dashboard/', '/dashboard/fleet?region=eastus', '/dashboard/a/b']) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(await answer.text()).toContain('<div id="app">');
    }
  });

  test('takes nothing from anywhere else: its policy forbids it, and it names no other address', async () => {
    const answer = await get('/dashboard');
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await answer.text();
    const addresses = loadedBy(html);
    expect(addresses.length).toBeGreaterThan(1);
    for (const address of addresses) expect(address).toMatch(/^\/dashboard\/assets\/[\w.-]+$/);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
  });

  test('its files are kept by browsers for ever, compressed where they take it, and the same bytes', async () => {
    for (const address of loadedBy(await (await get('/dashboard')).text())) {
      const answer = await get(address, { 'accept-encoding': 'br' });
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      const plain = readFileSync(join(built, address.replace('/dashboard/', '')));
      expect(Buffer.from(await answer.arrayBuffer()).equals(plain)).toBe(true);
    }
  });

  test('scripts are sent compressed', async () => {
    const [script = ''] = loadedBy(await (await get('/dashboard')).text()).filter((address) =>
      address.endsWith('.js'),
    );
    expect((await get(script, { 'accept-encoding': 'gzip, br' })).headers.get('content-encoding')).toBe('br');
    expect((await get(script, { 'accept-encoding': 'gzip' })).headers.get('content-encoding')).toBe('gzip');
    expect((await get(script, { 'accept-encoding': 'identity' })).headers.get('content-encoding')).toBeNull();
  });

  test(`loads at most ${SCRIPT_MAX_BYTES / 1000} kB of script, compressed, before it shows something`, async () => {
    const scripts = loadedBy(await (await get('/dashboard')).text()).filter((address) =>
      address.endsWith('.js'),
    );
    const bytes = scripts.map(
      (address) => gzipSync(readFileSync(join(built, address.replace('/dashboard/', '')))).length,
    );
    expect(scripts.length).toBeGreaterThan(0);
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(SCRIPT_MAX_BYTES);
  });

  test('a file that is not there is said to be missing, and no path leads out of the folder', async () => {
    expect((await get('/dashboard/assets/gone-12345678.js')).status).toBe(404);
    expect((await get('/dashboard/assets/..%2f..%2fpackage.json')).status).toBe(404);
    const asked = { params: { path: 'assets/../made-from.txt' }, headers: new Headers() };
    expect((await answerPage(asked as never, { kind: 'none' })).status).toBe(404);
  });

  test('has no map of its sources, which would be a quarter of its size', () => {
    expect(readdirSync(join(built, 'assets')).filter((file) => file.endsWith('.map'))).toEqual([]);
  });
});

describe('the operator’s API', () => {
  test('answers 304 without a body to a client that has the answer already, and says the time of the app', async () => {
    const first = await get('/api/rollouts');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(first.headers.get(NOW_HEADER)).toBe('2026-11-10T18:00:00.000Z');
    const second = await get('/api/rollouts', { 'if-none-match': etag });
    expect(second.status).toBe(304);
    expect(await second.text()).toBe('');
    expect(second.headers.get(NOW_HEADER)).toBe('2026-11-10T18:00:00.000Z');
    expect((await get('/api/rollouts', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('gives no tag to what is not the answer that was asked for', () => {
    const problem = { status: 404, body: '{}' };
    expect(conditional(problem, '*', { nowUtc: '2026-11-10T18:00:00.000Z', route: 'fleet' })).toBe(problem);
  });
});
