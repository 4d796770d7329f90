import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AskHook, HookAnswer } from '../domain/hooks';
import { messageOf } from '../domain/messageOf';
import { signature } from './post';
import { lookupPublic, refuseWrittenAddress } from './publicAddress';

/** Of an answer; the rest is not read. */
const ANSWER_CHARACTERS_MAX = 300;

interface HookCaller {
  readonly privateAddresses: boolean;
  /** Signs each question as notices are signed; null for none. */
  readonly hookSecret?: string | null;
  /** Of the wall clock, which the receiver has, too. */
  readonly nowMs?: () => number;
}

/**
 * Posts the question as JSON. 2xx is yes, unless the answer is JSON with `go: false`; anything else is no, with the first words of the answer.
 * No redirect is followed and no private address reached, as with notices.
 */
export function hookCaller({ privateAddresses, hookSecret = null, nowMs = Date.now }: HookCaller): AskHook {
  return (hook, about) =>
    new Promise((resolve) => {
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
        sent.on('error', (error) => {
          const isLate = error.name === 'TimeoutError' || error.name === 'AbortError';
          no(isLate ? `It did not answer within ${timeoutSeconds} s.` : messageOf(error));
        });
        sent.on('response', (response) => {
          read(response, (text) => {
            resolve(answerOf(response.statusCode ?? 0, text));
          });
        });
        sent.end(body);
      } catch (error) {
        no(messageOf(error));
      }
    });
}

function read(response: IncomingMessage, done: (text: string) => void): void {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (piece: string) => {
    text += piece;
    if (text.length < ANSWER_CHARACTERS_MAX) return;
    response.destroy();
    done(text.slice(0, ANSWER_CHARACTERS_MAX));
  });
  response.on('end', () => {
    done(text);
  });
  response.on('error', () => {
    done(text);
  });
}

function answerOf(status: number, text: string): HookAnswer {
  const said = wordsOf(text);
  if (status < 200 || status >= 300)
    return { kind: 'no', why: `It answered ${status}${said.why === '' ? '.' : `: ${said.why}`}` };
  return said.go ? { kind: 'yes' } : { kind: 'no', why: said.why === '' ? 'It said no.' : said.why };
}

function wordsOf(text: string): { readonly go: boolean; readonly why: string } {
  try {
    const { go, why } = JSON.parse(text) as { go?: unknown; why?: unknown };
    return { go: go !== false, why: typeof why === 'string' ? why : '' };
  } catch {
    return { go: true, why: text.trim() };
  }
}
