import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** The built command line in a process of its own, as a person runs it. */
export interface LowtideProcess {
  readonly child: ChildProcess;
  /** What it wrote so far, both streams. */
  output(): string;
  /** Resolves with the first match in what it writes; fails when it ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ctrl-C, unless it has ended; its exit code. */
  stop(): Promise<number | null>;
  ended(): Promise<number | null>;
}

export function startLowtide(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): LowtideProcess {
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'cli', 'lowtide.js'), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  const heard = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  const closed = once(child, 'close').then(() => child.exitCode);
  return {
    child,
    output: () => output,
    ended: () => closed,
    async stop() {
      if (child.exitCode === null) child.kill('SIGINT');
      return closed;
    },
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match === null) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        look();
        void closed.then((code) => {
          reject(
            new Error(`it ended with code ${String(code)} without saying ${String(pattern)}:\n${output}`),
          );
        });
      }),
  };
}

/** Writes a line when a file of the app is asked for. */
const WATCH_LOADING = `
const Module = require('node:module');
const load = Module._load;
let isLoaded = false;
Module._load = function (file, ...rest) {
  const known = Module._resolveFilename(file, ...rest);
  if (!isLoaded && /dist.functions./.test(known)) {
    isLoaded = true;
    process.stdout.write('THE APP IS LOADED\\n');
  }
  return load.call(this, file, ...rest);
};
`;

/** The environment of a process that writes «THE APP IS LOADED» when it begins to load it. A file for that is put into the folder. */
export function saysWhenTheAppIsLoaded(folder: string): Readonly<Record<string, string>> {
  const hook = join(folder, 'watchLoading.cjs');
  writeFileSync(hook, WATCH_LOADING);
  return { NODE_OPTIONS: `--require ${hook}` };
}
