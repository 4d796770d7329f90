import { messageIn } from './errorBody';

/** What an answer of ARM says, as far as waiting is concerned. Names of headers in lower case. */
export interface Answered {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Longer than any throttle that was ever recorded (324 s) or documented (20 min): what asks for more is a mistake. */
const SECONDS_MAX = 3_600;

/**
 * How long Azure asks its caller to wait, in whole seconds; null when it does not say. Throttled answers come in five shapes, and most of
 * those recorded have no Retry-After (recordings README, 34): then the message says it, as seconds or as an instant.
 */
export function retryAfterSeconds({ headers, body }: Answered, nowUtc: string): number | null {
  const nowMs = Date.parse(nowUtc);
  const milliseconds = Number(headers['retry-after-ms'] ?? headers['x-ms-retry-after-ms'] ?? '');
  const found =
    headerSeconds(headers['retry-after'], nowMs) ??
    (milliseconds > 0 ? milliseconds / 1_000 : null) ??
    messageSeconds(messageIn(body), nowMs) ??
    quotaSeconds(headers);
  return found === null ? null : Math.min(SECONDS_MAX, Math.max(1, Math.ceil(found)));
}

/** Seconds, or a date of HTTP. Zero asks for nothing. */
function headerSeconds(written: string | undefined, nowMs: number): number | null {
  if (written === undefined || written.trim() === '') return null;
  const seconds = Number(written);
  if (!Number.isNaN(seconds)) return seconds > 0 ? seconds : null;
  return untilMs(Date.parse(written), nowMs);
}

/** «Please try again after '324' seconds.» and «Please retry after '2023-11-27T09:04:57.0000000Z' UTC.» (72). */
function messageSeconds(message: string, nowMs: number): number | null {
  const seconds = /after '(\d+)' seconds/i.exec(message)?.[1];
  if (seconds !== undefined) return Number(seconds);
  const instant = /after '([^']+)' UTC/i.exec(message)?.[1];
  return instant === undefined ? null : untilMs(Date.parse(instant.replace(/(\.\d{3})\d+/, '$1')), nowMs);
}

/** Of Resource Graph, when its quota is used up: `00:00:05`. */
function quotaSeconds(headers: Answered['headers']): number | null {
  if (headers['x-ms-user-quota-remaining'] !== '0') return null;
  const [hours, minutes, seconds] = (headers['x-ms-user-quota-resets-after'] ?? '').split(':').map(Number);
  const total = (hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  return Number.isFinite(total) && total > 0 ? total : null;
}

/** Null for an instant that has passed, or that the clocks do not agree on. */
function untilMs(ms: number, nowMs: number): number | null {
  return Number.isNaN(ms) || ms <= nowMs ? null : (ms - nowMs) / 1_000;
}
