import { useEffect, useState } from 'preact/hooks';
import type { Problem } from './send';

/** How the page stands with the host. Times are of this browser, but for `nowUtc`, the clock of the app. */
export interface Connection {
  readonly kind: 'opening' | 'live' | 'lost' | 'refused';
  /** Of the app, at its last answer: it may be a virtual clock. */
  readonly nowUtc: string | null;
  readonly lastAnswerMs: number | null;
  /** Why there is none, for people. */
  readonly why: string | null;
  /** What the host answers nothing for while it answers the rest; the one that failed first. */
  readonly unread: Unread | null;
}

/** A part of the page that is missing or old. */
export interface Unread {
  readonly problem: Problem;
  /** When it was read last; null when it never was. */
  readonly readMs: number | null;
  /** Its first failure after that. */
  readonly sinceMs: number;
}

let current: Connection = { kind: 'opening', nowUtc: null, lastAnswerMs: null, why: null, unread: null };
const watchers = new Set<(connection: Connection) => void>();
/** By address. */
const unread = new Map<string, Unread>();

function set(next: Omit<Connection, 'unread'>): void {
  const [first] = unread.values();
  current = { ...next, unread: first ?? null };
  for (const watch of watchers) watch(current);
}

export function heard(nowUtc: string | null): void {
  set({ kind: 'live', nowUtc: nowUtc ?? current.nowUtc, lastAnswerMs: Date.now(), why: null });
}

/** An address brought nothing. The connection is lost when since its first failure no other one has been answered, either. */
export function lost(path: string, why: string): void {
  const sinceMs = unread.get(path)?.sinceMs ?? 0;
  if (current.lastAnswerMs === null || current.lastAnswerMs <= sinceMs)
    set({ ...current, kind: 'lost', why });
}

/** The host answers, but not to us. */
export function refused(why: string): void {
  set({ ...current, kind: 'refused', why });
}

export function notRead(path: string, problem: Problem, readMs: number | null): void {
  unread.set(path, { problem, readMs, sinceMs: unread.get(path)?.sinceMs ?? Date.now() });
  set(current);
}

/** Or shown no more. */
export function readAgain(path: string): void {
  if (unread.delete(path)) set(current);
}

export function useConnection(): Connection {
  const [connection, setConnection] = useState(current);
  useEffect(() => {
    watchers.add(setConnection);
    setConnection(current);
    return () => {
      watchers.delete(setConnection);
    };
  }, []);
  return connection;
}
