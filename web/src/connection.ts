import { useEffect, useState } from 'preact/hooks';

/** How the page stands with the host. Times are of this browser, but for `nowUtc`, the clock of the app. */
export interface Connection {
  readonly kind: 'opening' | 'live' | 'lost' | 'refused';
  /** Of the app, at its last answer: it may be a virtual clock. */
  readonly nowUtc: string | null;
  readonly lastAnswerMs: number | null;
  /** Why there is none, for people. */
  readonly why: string | null;
}

let current: Connection = { kind: 'opening', nowUtc: null, lastAnswerMs: null, why: null };
const watchers = new Set<(connection: Connection) => void>();

function set(next: Connection): void {
  current = next;
  for (const watch of watchers) watch(current);
}

export function heard(nowUtc: string | null): void {
  set({ kind: 'live', nowUtc: nowUtc ?? current.nowUtc, lastAnswerMs: Date.now(), why: null });
}

export function lost(why: string): void {
  set({ ...current, kind: 'lost', why });
}

/** The host answers, but not to us. */
export function refused(why: string): void {
  set({ ...current, kind: 'refused', why });
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
