import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AskHook, Hook, HookAnswer } from '../domain/hooks';
import { messageOf } from '../domain/messageOf';
import { signature } from './post';
import { lookupPublic, refuseWrittenAddress } from './publicAddress';

/** A longer answer is a no: what is not read to its end may say anything there. */
const ANSWER_CHARACTERS_MAX = 16_384;
/** Of its words. */
const WHY_CHARACTERS_MAX = 300;

/**
 * A hook that was late four times in a row is not asked for so long. It is asked of each VM of a round, and 80 waits of 30 seconds, eight at once, are as
 * long as the host lets an activity run: then the round would never end. One late answer is no silence.
 */
const SILENT_MS = 30_000;
const SILENT_AFTER = 4;

interface HookCaller {
  readonly privateAddresses: boolean;
  /** Signs each question as notices are signed; null for none. */
  readonly hookSecret?: string | null;
  /** Of the wall clock, which the receiver has, too. */
  readonly nowMs?: () => number;
}

/**
 * Posts the question as JSON. 2xx is yes, unless the answer is JSON whose `go` is not `true`; anything else is no, with the first words of the
 * answer: also one that breaks off, is cut by the time limit, or is too long. No redirect is followed and no private address reached, as
 * with notices.
 */
export function hookCaller(caller: HookCaller): AskHook {
  const { nowMs = Date.now } = caller;
  /** How often each address did not answer in time since it last did, and when that was last. */
  const silent = new Map<string, { readonly count: number; readonly lastMs: number }>();
  return async (hook, about) => {
    const { url = '', timeoutSeconds } = hook;
    const { count, lastMs } = silent.get(url) ?? { count: 0, lastMs: 0 };
    if (count >= SILENT_AFTER && nowMs() < lastMs + SILENT_MS)
      return { kind: 'no', why: `It did not answer within ${timeoutSeconds} s a moment ago.` };
    const answer = await askOnce(caller, hook, about);
    if (answer !== LATE) {
      silent.delete(url);
      return answer;
    }
    silent.set(url, { count: (silent.get(url)?.count ?? 0) + 1, lastMs: nowMs() });
    return { kind: 'no', why: `It did not answer within ${timeoutSeconds} s.` };
  };
}

const LATE = 'late';

function askOnce(
  { privateAddresses, hookSecret = null, nowMs = Date.now }: HookCaller,
  hook: Hook,
  about: Readonly<Record<string, unknown>>,
): Promise<HookAnswer | typeof LATE> {
  return new Promise((resolve) => {
    const no = (why: string): void => {
      resolve({ kind: 'no', why });
    };
    const { url = '', timeoutSeconds } = hook;
    try {
      if (!privateAddresses && !url.startsWith('https:'))
        throw new Error(`${url} is not https (LOWTIDE_NOTIFICATIONS_PRIVATE).`);
      if (!privateAddresses) refuseWrittenAddress(url);
      const send = url.startsWith('https:') ? httpsRequest : httpRequest;
      const body = JSON.stringify({ hook: hook.name, on: hook.on, ...about });
      const sent = send(url, {
        method: 'POST',
        agent: false,
        ...(!privateAddresses && { lookup: lookupPublic }),
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
        headers: {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'lowtide',
          ...(hookSecret !== null &&
            signature(body, {
              id: randomUUID(),
              secret: hookSecret,
              privateAddresses,
              nowSeconds: Math.floor(nowMs() / 1000),
            })),
        },
      });
      const failed = (error: Error): void => {
        if (isTimeout(error)) resolve(LATE);
        else no(messageOf(error));
      };
      sent.on('error', failed);
      sent.on('response', (response) => {
        read(response).then((text) => {
          resolve(answerOf(response.statusCode ?? 0, text));
        }, failed);
      });
      sent.end(body);
    } catch (error) {
      no(messageOf(error));
    }
  });
}

const isTimeout = ({ name }: Error): boolean => name === 'TimeoutError' || name === 'AbortError';

function read(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      text += piece;
      if (text.length <= ANSWER_CHARACTERS_MAX) return;
      reject(new Error(`Its answer is longer than ${ANSWER_CHARACTERS_MAX} characters.`));
      response.destroy();
    });
    response.on('end', () => {
      resolve(text);
    });
    response.on('error', (error) => {
      reject(isTimeout(error) ? error : new Error('Its answer broke off.'));
    });
  });
}

function answerOf(status: number, text: string): HookAnswer {
  const said = wordsOf(text.trim());
  const why = said.why.slice(0, WHY_CHARACTERS_MAX);
  if (status < 200 || status >= 300)
    return { kind: 'no', why: `It answered ${status}${why === '' ? '.' : `: ${why}`}` };
  return said.go ? { kind: 'yes' } : { kind: 'no', why: why === '' ? 'It said no.' : why };
}

/** An answer that begins as JSON has to be JSON, and its `go`, where it has one, has to be true. */
function wordsOf(text: string): { readonly go: boolean; readonly why: string } {
  if (!text.startsWith('{')) return { go: true, why: text };
  try {
    const { go = true, why } = JSON.parse(text) as { go?: unknown; why?: unknown };
    return { go: go === true, why: typeof why === 'string' ? why : '' };
  } catch {
    return { go: false, why: `Its answer is no JSON: ${text}` };
  }
}
