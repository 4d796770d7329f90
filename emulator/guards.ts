/**
 * What the real host would do differently from what the code seems to say, or what it refuses outright. For Lowtide
 * itself (`strict`) a guard is an error; a hosted app gets one warning, and then what the recordings show.
 */
export type GuardCode =
  | 'async-orchestrator'
  | 'audit-mismatch'
  | 'duplicate-live-instance'
  | 'entity-threw-an-error'
  | 'fan-out'
  | 'hang'
  | 'history-length'
  | 'host-json'
  | 'hub-table'
  | 'message-size'
  | 'not-json'
  | 'open-tasks-at-return'
  | 'retry-timeout'
  | 'scalar-activity-input'
  | 'task-reused'
  | 'timestamp-key';

export interface Finding {
  readonly code: GuardCode;
  /** The function or instance it is about. */
  readonly subject: string;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

export class GuardError extends Error {
  constructor(readonly finding: Finding) {
    super(`[emulator:${finding.code}] ${finding.subject}: ${finding.what} ${finding.why} ${finding.fix}`);
    this.name = 'GuardError';
  }
}

/** Messages of the real host start to travel through blobs above this; below it everything stays in one table row. */
export const MESSAGE_WARN_BYTES = 16 * 1024;
/** An Azure Storage queue message. */
export const MESSAGE_MAX_BYTES = 64 * 1024;
/** The host splits its history batch every 99 rows, so a wider fan-out is not scheduled as one. */
export const FAN_OUT_MAX = 90;
/** Every episode of the real host reads and replays the whole history. */
export const HISTORY_WARN_EVENTS = 1_000;
export const HISTORY_MAX_EVENTS = 5_000;

export class Guards {
  readonly findings: Finding[] = [];
  readonly #reported = new Set<string>();
  readonly #log: (line: string) => void;

  constructor(
    readonly strict: boolean,
    log: (line: string) => void,
  ) {
    this.#log = log;
  }

  /** Throws when strict, otherwise says it once for each code and subject. */
  refuse(finding: Finding): void {
    this.#report(finding, this.strict ? 'error' : 'warning');
    if (this.strict) throw new GuardError(finding);
  }

  /** Says it once, strict or not. */
  warn(finding: Finding): void {
    this.#report(finding, 'warning');
  }

  /** What was said before costs no error and no text: a long history is reported at every episode. */
  #report(finding: Finding, level: string): void {
    const key = `${finding.code} ${finding.subject}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.findings.push(finding);
    this.#log(`${level}: ${new GuardError(finding).message}`);
  }

  /** `text` is JSON that is about to become a message or a row. */
  checkSize(subject: string, what: string, text: string): void {
    if (text.length <= MESSAGE_WARN_BYTES) return;
    const finding: Finding = {
      code: 'message-size',
      subject,
      what: `${what} is ${text.length} bytes.`,
      why: `Messages over ${MESSAGE_WARN_BYTES} bytes are slow on the real host, and over ${MESSAGE_MAX_BYTES} go through blobs.`,
      fix: 'Store the data in a table and pass its key.',
    };
    if (text.length > MESSAGE_MAX_BYTES) this.refuse(finding);
    else this.warn(finding);
  }

  /** Strict only: values must come back from JSON as they went in. A walk over every value costs too much otherwise. */
  checkJson(subject: string, what: string, value: unknown): void {
    if (!this.strict) return;
    const where = findNonJson(value);
    if (where === undefined) return;
    this.refuse({
      code: 'not-json',
      subject,
      what: `${what}${where} does not survive JSON.`,
      why: 'The real host stores every input and result as JSON text, so it would come back different.',
      fix: 'Pass plain objects, arrays, strings, finite numbers, booleans and null; instants as ISO text.',
    });
  }

  checkTimestampKeys(subject: string, inputText: string): void {
    if (!inputText.includes('"Timestamp"')) return;
    this.refuse({
      code: 'timestamp-key',
      subject,
      what: 'The orchestration input has a property called "Timestamp".',
      why: 'The library turns every string property of that name into a Date, anywhere in the input.',
      fix: 'Give the property another name.',
    });
  }
}

/** Where in the value JSON would change or drop something first, and what it is: `.vms[2] (undefined)`. Properties that are undefined are simply absent. */
function findNonJson(value: unknown): string | undefined {
  switch (typeof value) {
    case 'undefined':
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : ` (${value})`;
    case 'object':
      return value === null ? undefined : findNonJsonInside(value);
    case 'bigint':
    case 'function':
    case 'symbol':
      return ` (a ${typeof value})`;
  }
}

/** No path is made on the way down: every input and result of a month is walked over, and hardly one has anything to find. */
function findNonJsonInside(value: object): string | undefined {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const item: unknown = value[i];
      const found = item === undefined ? ' (undefined)' : findNonJson(item);
      if (found !== undefined) return `[${i}]${found}`;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return ` (a ${value.constructor.name})`;
  for (const key in value) {
    const found = findNonJson((value as Record<string, unknown>)[key]);
    if (found !== undefined) return `.${key}${found}`;
  }
  return undefined;
}
