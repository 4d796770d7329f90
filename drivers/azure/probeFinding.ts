import type { Arm } from './arm';
import type { ArmAnswer } from './refusals';
import { codeIn, messageIn } from './errorBody';
import { retryAfterSeconds } from './retryAfter';

/** One thing that no document answers, and what this VM answered. `setting` is the one that rests on it. */
export interface Finding {
  readonly question: string;
  readonly answer: string;
  readonly setting: string | null;
}

export interface ProbeOptions {
  readonly arm: Arm;
  readonly vmId: string;
  readonly nowUtc: () => string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** How long the URL of the finished assessment is tried, in minutes. */
  readonly urlMinutes: number;
  /** Patches are installed and the VM is rebooted, for what nothing else shows. */
  readonly installs: boolean;
}

export function finding(question: string, answer: string, setting: string | null = null): Finding {
  return { question, answer, setting };
}

export function said({ status, body }: ArmAnswer): string {
  const text = `${codeIn(body)} ${messageIn(body)}`.trim();
  return text === '' ? String(status) : `${status} ${text.slice(0, 300)}`;
}

/** How long an answer asks to wait, and what is left of which limit. */
export function waitAndLimits(answer: ArmAnswer, nowUtc: string): string {
  const seconds = retryAfterSeconds(answer, nowUtc);
  return `${seconds === null ? 'no Retry-After' : `Retry-After ${seconds}`}; ${limitsIn(answer)}`;
}

/** The limits that an answer names, with what is left of each. */
export function limitsIn({ headers }: ArmAnswer): string {
  const found = Object.entries(headers).filter(([name]) =>
    /^x-ms-(ratelimit-remaining-|user-quota-)/.test(name),
  );
  return found.length === 0
    ? 'no header of a limit'
    : found.map(([name, value]) => `${name} ${value}`).join(', ');
}
