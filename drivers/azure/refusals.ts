import type { StartAnswer } from '../driver';
import { codeIn, messageIn } from './errorBody';
import { retryAfterSeconds, type Answered } from './retryAfter';

export type Refused = Extract<StartAnswer, { kind: 'refused' }>;

/** An answer of ARM to a request. */
export interface ArmAnswer extends Answered {
  readonly status: number;
}

/** Shown to people and kept with the VM: an HTML page of a gateway would fill its row. */
const MESSAGE_MAX = 500;
/** When a throttled answer names no time: call windows of Compute last a minute (azure-driver-facts, section 3). */
const THROTTLED_SECONDS = 60;
/** A token is renewed by then, and a clock of Azure's that is ahead has been caught up with. */
const UNAUTHORIZED_SECONDS = 60;

/**
 * What a refusal to start something means. Null: the answer does not say whether anything was started (5xx), so that the caller must find
 * out. Decided by status: codes mean several things (recordings README, 36; 429 carries OperationNotAllowed, too).
 */
export function refusalOf(answer: ArmAnswer, nowUtc: string): Refused | null {
  const { status, body } = answer;
  const message = `${status} ${codeIn(body)}: ${messageIn(body)}`.slice(0, MESSAGE_MAX);
  const refused = (code: Refused['code'], seconds: number | null = null): Refused => ({
    kind: 'refused',
    code,
    message,
    retryAfterSeconds: seconds,
  });
  const asked = retryAfterSeconds(answer, nowUtc);
  switch (status) {
    case 429:
      return refused('throttled', asked ?? THROTTLED_SECONDS);
    // ARM looked at the token and at nothing else: nothing was started, and the next request has a new one.
    case 401:
      return refused('throttled', asked ?? UNAUTHORIZED_SECONDS);
    case 403:
      return refused('notAllowed');
    case 404:
      return refused('notFound');
    case 409:
      return refused(conflictCode(answer), asked);
    default:
      return status >= 400 && status < 500 && status !== 408 ? refused('notAllowed') : null;
  }
}

/** One code for everything that the state of a VM forbids; only its message says which. What is not recognised passes by itself. */
function conflictCode({ body }: ArmAnswer): Refused['code'] {
  const message = messageIn(body);
  if (/lock/i.test(codeIn(body))) return 'notAllowed';
  if (/to be running|not running|powered off|deallocated|stopped/i.test(message)) return 'notRunning';
  if (/extension is not installed/i.test(message)) return 'extensionMissing';
  if (/VM agent|guest agent/i.test(message)) return 'agentNotReady';
  if (/not registered|quota|PropertyChangeNotAllowed/i.test(`${codeIn(body)} ${message}`))
    return 'notAllowed';
  return 'conflict';
}
