import { AssertionError } from 'node:assert';
import { say } from '../../local/say';

/** Counts checks, and prints each in a line. */
export interface Checker {
  readonly check: (title: string, holds: () => Promise<void> | void) => Promise<boolean>;
  readonly passed: number;
  readonly failed: number;
}

export function newChecker(): Checker {
  let [passed, failed] = [0, 0];
  return {
    async check(title, holds) {
      const startMs = performance.now();
      try {
        await holds();
      } catch (error) {
        failed += 1;
        say.line(`FAILED  ${title}\n        ${whyOf(error).replaceAll('\n', '\n        ')}`);
        return false;
      }
      passed += 1;
      const seconds = Math.round((performance.now() - startMs) / 1_000);
      say.line(`ok      ${title}${seconds >= 1 ? ` (${seconds} s)` : ''}`);
      return true;
    },
    get passed() {
      return passed;
    },
    get failed() {
      return failed;
    },
  };
}

function whyOf(error: unknown): string {
  if (error instanceof AssertionError || error instanceof Error) return error.message;
  return String(error);
}
