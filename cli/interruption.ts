import { say } from '../local/say';
import { outputFailed } from '../local/writeOutput';
import { errorText } from './errorText';

/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm or a supervisor. */
const ONE_PRESS_MS = 1_000;

/** Whatever still runs so long after Ctrl-C is left to itself; Azurite ends when this process does. */
const STOP_MS_MAX = 4_000;

const controller = new AbortController();
let isListening = false;

/**
 * Aborted when a person presses Ctrl-C, the process is asked to end, or nothing can be written to standard output any more. Pressed again,
 * the process ends there and then.
 */
export function interruption(): AbortSignal {
  if (isListening) return controller.signal;
  isListening = true;
  let firstMs: number | null = null;
  const pressed = (): void => {
    const nowMs = performance.now();
    firstMs ??= nowMs;
    if (nowMs - firstMs > ONE_PRESS_MS) process.exit(130);
    stop('interrupted', 130);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, pressed);
  return controller.signal;
}

let isBroken = false;

/** Standard output is full, or its reader has gone: the latter is what `| head` does, and no error. */
export function outputBroke(cause: NodeJS.ErrnoException): void {
  isBroken = true;
  const error = outputFailed('Standard output', cause);
  if (isListening) {
    stop(error, 1);
    return;
  }
  if (cause.code !== 'EPIPE') say.error(errorText(error));
  process.exit(1);
}

/** Ends the process when all of its output is written; with 1 and the reason when it was not taken: of the last lines that is known only then. */
export function endProcess(code: number): void {
  process.stdout.write('', (failed) => {
    const cause = process.stdout.errored ?? failed ?? null;
    if (cause !== null && !isBroken) say.error(errorText(outputFailed('Standard output', cause)));
    // A pipe that is slow to read still gets everything; a connection that is kept open does not keep the process.
    process.stderr.write('', () => process.exit(cause === null ? code : 1));
  });
}

function stop(reason: unknown, exitCodeWhenLate: number): void {
  if (controller.signal.aborted) return;
  setTimeout(() => process.exit(exitCodeWhenLate), STOP_MS_MAX).unref();
  controller.abort(reason);
}
