/** A JSON value in a text that may have several, one after another. */
export interface JsonDocument {
  readonly start: number;
  /** Just after its last character. */
  readonly end: number;
}

export type JsonDocuments =
  | { readonly ok: true; readonly documents: readonly JsonDocument[] }
  /** Where the text first breaks the grammar, and what is there. */
  | { readonly ok: false; readonly position: number; readonly what: string };

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[\u0020\u0021\u0023-\u005b\u005d-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

type Expected = 'value' | 'valueOrEnd' | 'member' | 'memberOrEnd' | 'colon' | 'commaOrEnd' | 'document';

const WORDS: Readonly<Record<Expected, string>> = {
  value: 'a value',
  valueOrEnd: 'a value or "]"',
  member: 'a member name in double quotes',
  memberOrEnd: 'a member name in double quotes or "}"',
  colon: '":"',
  commaOrEnd: '"," or the end of the list or object',
  document: 'a value',
};

/** Finds the JSON values of a text. `JSON.parse` says neither where a second one begins nor, for many faults, where it is. */
export function jsonDocuments(text: string): JsonDocuments {
  const documents: JsonDocument[] = [];
  /** The closing brackets of what is open, the innermost last. */
  const open: ('}' | ']')[] = [];
  let expected: Expected = 'document';
  let start = 0;
  let at = skipSpace(text, 0);
  const valueEnded = (): Expected => {
    if (open.length > 0) return 'commaOrEnd';
    documents.push({ start, end: at });
    return 'document';
  };
  for (; at < text.length; at = skipSpace(text, at)) {
    const character = text.charAt(at);
    const mayBeValue = expected === 'value' || expected === 'valueOrEnd' || expected === 'document';
    if (expected === 'document') start = at;
    if (mayBeValue && (character === '{' || character === '[')) {
      at += 1;
      open.push(character === '{' ? '}' : ']');
      expected = character === '{' ? 'memberOrEnd' : 'valueOrEnd';
    } else if (mayEnd(expected) && character === open.at(-1)) {
      at += 1;
      open.pop();
      expected = valueEnded();
    } else if (expected === 'commaOrEnd' && character === ',') {
      at += 1;
      expected = open.at(-1) === '}' ? 'member' : 'value';
    } else if (expected === 'colon' && character === ':') {
      at += 1;
      expected = 'value';
    } else {
      const length = scalarLength(text, at);
      const isName: boolean = expected === 'member' || expected === 'memberOrEnd';
      if (length === 0 || !(mayBeValue || (isName && character === '"')))
        return { ok: false, position: at, what: `${shown(text, at)} where ${WORDS[expected]} should be` };
      at += length;
      expected = isName ? 'colon' : valueEnded();
    }
  }
  if (open.length > 0 || expected !== 'document')
    return { ok: false, position: text.trimEnd().length, what: `the end where ${WORDS[expected]} should be` };
  return { ok: true, documents };
}

/** The line of a position, from 1. */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

function mayEnd(expected: Expected): boolean {
  return expected === 'commaOrEnd' || expected === 'memberOrEnd' || expected === 'valueOrEnd';
}

function skipSpace(text: string, from: number): number {
  SPACE.lastIndex = from;
  SPACE.test(text);
  return SPACE.lastIndex;
}

function scalarLength(text: string, from: number): number {
  SCALAR.lastIndex = from;
  return SCALAR.test(text) ? SCALAR.lastIndex - from : 0;
}

const SHOWN_MAX = 20;

function shown(text: string, at: number): string {
  const piece = text.slice(at, at + SHOWN_MAX).split('\n')[0] ?? '';
  return JSON.stringify(piece.trimEnd());
}
