import { transformSync } from '@swc/core';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repository } from './nativeHost';

/** A folder where `require` finds the repository's packages. */
function temporaryFolder(name: string): string {
  const cache = join(repository, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, `${name}-`));
}

export interface AppFolder {
  readonly dir: string;
  remove(): void;
}

/** An app folder as `func` expects it, compiled from TypeScript sources by file name. */
export function appFolder(
  name: string,
  sources: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): AppFolder {
  const dir = temporaryFolder(name);
  mkdirSync(join(dir, 'dist'));
  for (const [file, source] of Object.entries(sources)) {
    const { code } = transformSync(source, {
      filename: file,
      configFile: join(repository, '.swcrc'),
      sourceMaps: false,
    });
    writeFileSync(join(dir, 'dist', file.replace(/\.ts$/, '.js')), code);
  }
  const host = { version: '2.0', extensions: { http: { routePrefix: '' } } };
  const defaults = {
    'package.json': JSON.stringify({ name, private: true, main: 'dist/*.js' }),
    'host.json': JSON.stringify(host),
  };
  for (const [file, text] of Object.entries({ ...defaults, ...files })) writeFileSync(join(dir, file), text);
  return {
    dir,
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const recordingsDir = join(__dirname, '..', 'recordings');

export const readRecording = (file: string): string => readFileSync(join(recordingsDir, file), 'utf8');

/** The app that the recordings were taken from, unchanged, and behind it what a test adds. */
export function recordedApp(added: string): AppFolder {
  const sources = ['record.ts', 'app.ts', 'extra.ts'].map(
    (file) =>
      [file, `${readRecording(join('app', `${file}.txt`))}${file === 'extra.ts' ? added : ''}`] as const,
  );
  const files = ['host.json', 'package.json'].map(
    (file) => [basename(file), readRecording(join('app', file))] as const,
  );
  return appFolder('recorded-app', Object.fromEntries(sources), Object.fromEntries(files));
}
