import { isUtf8 } from 'node:buffer';

/** What a fleet that is read in pieces cannot be read as: it is another shape, or malformed. Says where. */
export class NotStreamable extends Error {
  readonly line: number;

  constructor(what: string, line: number) {
    super(what);
    this.line = line;
  }
}

export const BYTE = {
  newline: 0x0a,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  listOpens: 0x5b,
  backslash: 0x5c,
  listCloses: 0x5d,
  objectOpens: 0x7b,
  objectCloses: 0x7d,
  end: -1,
} as const;

const REPLACEMENT = '\uFFFD';
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const VALUE_OPENS: readonly number[] = [BYTE.quote, BYTE.listOpens, BYTE.objectOpens];
const ENDS_SCALAR: readonly number[] = [BYTE.comma, BYTE.listCloses, BYTE.objectCloses, BYTE.end];
const { newline, quote, listOpens, backslash, listCloses, objectOpens, objectCloses } = BYTE;
/** 1 for the bytes with which, in JSON, texts, lists, objects and lines begin and end; a string's bytes are stepped over. */
const STOPS = new Uint8Array(256);
for (const byte of [newline, quote, listOpens, listCloses, objectOpens, objectCloses]) STOPS[byte] = 1;

/** A piece of a UTF-8 file that holds JSON: it grows at its end, and at its begin forgets what has been read. */
export class ByteWindow {
  readonly #chunks: Iterator<Uint8Array>;
  #room: Buffer = Buffer.alloc(0);
  /** The part of the room that is filled. */
  #bytes: Buffer = this.#room;
  #at = 0;
  #keptFrom: number | null = null;
  #line = 1;

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]();
    while (this.#bytes.length < BYTE_ORDER_MARK.length && this.#more());
    if (BYTE_ORDER_MARK.every((byte, n) => this.#bytes[n] === byte)) this.#at = BYTE_ORDER_MARK.length;
  }

  /** The next byte that is no white space, which stays; `BYTE.end` after the last. */
  peek(): number {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) {
        if (!this.#more()) return BYTE.end;
      } else if (byte === newline || byte === 0x20 || byte === 0x0d || byte === 0x09) {
        if (byte === newline) this.#line += 1;
        this.#at += 1;
      } else return byte;
    }
  }

  /** The next byte that is no white space. */
  take(): number {
    const byte = this.peek();
    this.#at += 1;
    return byte;
  }

  /** Everything from the next byte on is kept until `release`. */
  keep(): void {
    this.peek();
    this.#keptFrom = this.#at;
  }

  release(): void {
    this.#keptFrom = null;
  }

  /** What has been read since `keep`. */
  kept(): unknown {
    const from = this.#keptFrom ?? this.#at;
    this.#keptFrom = null;
    return this.#parse(from);
  }

  /** The value that begins at the next byte. */
  value(): unknown {
    const outer = this.#keptFrom;
    this.peek();
    const begin = this.#at;
    this.#keptFrom = outer ?? begin;
    const before = begin - this.#keptFrom;
    if (VALUE_OPENS.includes(this.peek())) this.#skipValue();
    else this.#skipScalar();
    const from = this.#keptFrom + before;
    this.#keptFrom = outer === null ? null : this.#keptFrom;
    return this.#parse(from);
  }

  fail(what: string): never {
    throw new NotStreamable(what, this.#line);
  }

  #parse(from: number): unknown {
    const text = this.#bytes.toString('utf8', from, this.#at);
    // It stands where bytes were wrong; and in texts, which may have it.
    if (text.includes(REPLACEMENT) && !isUtf8(this.#bytes.subarray(from, this.#at)))
      this.fail('The bytes are not UTF-8.');
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      return this.fail(`This is not JSON: ${(error as Error).message}.`);
    }
  }

  #skipValue(): void {
    let depth = 0;
    do {
      const byte = this.#nextStop();
      if (byte === newline) this.#line += 1;
      else if (byte === quote) this.#skipString();
      else if (byte === objectOpens || byte === listOpens) depth += 1;
      else depth -= 1;
    } while (depth > 0);
  }

  /** A number, true, false or null ends before the next of these, or with the file. */
  #skipScalar(): void {
    for (let byte = this.peek(); !ENDS_SCALAR.includes(byte); byte = this.#bytes[this.#at] ?? this.peek()) {
      if (byte <= 0x20) return;
      this.#at += 1;
    }
  }

  #nextStop(): number {
    for (;;) {
      const bytes = this.#bytes;
      let at = this.#at;
      while (at < bytes.length && STOPS[bytes[at] ?? 0] === 0) at += 1;
      this.#at = at + 1;
      if (at < bytes.length) return bytes[at] ?? 0;
      this.#at = at;
      if (!this.#more()) this.fail('The file ends inside of a value.');
    }
  }

  /** From behind the opening quote. */
  #skipString(): void {
    for (;;) {
      const bytes = this.#bytes;
      let at = this.#at;
      while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
      this.#at = at + 1;
      if (at < bytes.length) return;
      this.#at = at;
      if (!this.#more()) this.fail('The file ends inside of a text.');
    }
  }

  /** False at the end of the file. What has been read and is not kept makes room for what comes next: no memory is asked for, unless one value is larger. */
  #more(): boolean {
    const next = this.#chunks.next();
    if (next.done === true) return false;
    const from = Math.min(this.#keptFrom ?? this.#at, this.#bytes.length);
    const left = this.#bytes.length - from;
    const needed = left + next.value.length;
    const room = needed > this.#room.length ? Buffer.allocUnsafeSlow(2 * needed) : this.#room;
    this.#room.copy(room, 0, from, this.#bytes.length);
    room.set(next.value, left);
    this.#room = room;
    this.#bytes = room.subarray(0, needed);
    this.#at -= from;
    if (this.#keptFrom !== null) this.#keptFrom -= from;
    return true;
  }
}
