import type { HttpRequest } from '@azure/functions';
import { ArmError } from './armError';
import { isObject } from '../../domain/isObject';
import type { JsonObject } from './json';
import { spelledByArm } from './memberNames';

/** As large as what Azure Resource Manager takes. */
const BODY_MAX_BYTES = 4 * 1024 * 1024;

/** Deep enough for every resource; deeper JSON would overflow the stack of what walks it. */
const DEPTH_MAX = 64;

/** The body as JSON, null when it is empty. Every way of sending nonsense has its error. */
export async function readBody(request: HttpRequest): Promise<unknown> {
  const announced = Number(request.headers.get('content-length') ?? '0');
  if (announced > BODY_MAX_BYTES) throw tooLarge();
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length > BODY_MAX_BYTES) throw tooLarge();
  const text = decode(bytes).trim();
  if (text === '') return null;
  if (depthOf(text) > DEPTH_MAX) throw notUnderstood(`It is nested more than ${DEPTH_MAX} levels deep.`);
  try {
    return spelledByArm(JSON.parse(text, withoutPrototype));
  } catch (cause) {
    throw notUnderstood(cause instanceof Error ? cause.message : 'It is not JSON.');
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notUnderstood('It is not UTF-8.');
  }
}

/** A member of this name would set the prototype of whatever object it is copied into. */
function withoutPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, (depth += 1));
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}

function tooLarge(): ArmError {
  return new ArmError(
    413,
    'RequestContentTooLarge',
    `The request content is larger than ${BODY_MAX_BYTES} bytes, the most that is taken.`,
  );
}

function notUnderstood(why: string): ArmError {
  return new ArmError(
    400,
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: '${why}'.`,
  );
}

/** The body of a request that must have one. */
export function objectBody({ body }: { readonly body: unknown }): JsonObject {
  if (isObject(body)) return body;
  throw notUnderstood(body === null ? 'There is no content.' : 'It is not an object.');
}
