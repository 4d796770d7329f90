import { closeSync, openSync, writeSync } from 'node:fs';
import { outputFailed } from './writeOutput';

/** Everything the host and the app log, for people looking into a failure. */
export interface LogFile {
  readonly path: string;
  write(line: string): void;
  close(): Promise<void>;
}

let current: string | null = null;

/** The log file of what runs in this process, or ran last; errors name it. */
export function currentLog(): string | null {
  return current;
}

export function openLog(path: string): LogFile {
  let file: number | null = open(path);
  current = path;
  return {
    path,
    write(line) {
      if (file === null) return;
      try {
        writeSync(file, `${new Date().toISOString()} ${line}\n`);
      } catch {
        // A full disk is found out by those whose files matter; the log just ends here.
        closeSync(file);
        file = null;
      }
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
      return Promise.resolve();
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (cause) {
    throw outputFailed(`The log file ${path}`, cause);
  }
}
