import { useEffect, useState } from 'preact/hooks';
import { heard, lost, notRead, readAgain, refused } from './connection';
import { tokenHeader, problemIn, type Problem } from './send';

/** What a live answer is right now. `data` stays while a later poll fails. */
export interface Live<T> {
  readonly data: T | null;
  /** Why the last poll brought nothing; null when it did. */
  readonly problem: Problem | null;
}

const NOW_HEADER = 'x-lowtide-now';
/** After so many milliseconds a host that is silent counts as lost. */
const SILENT_MS = 20_000;
/** So often a rollout is asked for, wherever it is shown: one poll for all of them. */
export const ROLLOUT_MS = 2_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 15_000;

type Watch = (live: Live<unknown>) => void;

/**
 * Asks for one address again and again while something on the page shows it: with the tag of what it has, so that no change costs a few bytes;
 * not at all while the page is hidden; later and later while the host is lost.
 */
class Poll {
  readonly #path: string;
  readonly #everyMs: number;
  readonly #watchers = new Set<Watch>();
  #live: Live<unknown> = { data: null, problem: null };
  #etag: string | null = null;
  #timer: number | undefined;
  #failures = 0;
  #readMs: number | null = null;
  #isAsking = false;

  constructor(path: string, everyMs: number) {
    this.#path = path;
    this.#everyMs = everyMs;
  }

  get live(): Live<unknown> {
    return this.#live;
  }

  watch(watch: Watch): () => void {
    this.#watchers.add(watch);
    if (this.#watchers.size === 1) {
      document.addEventListener('visibilitychange', this.#onVisible);
      window.addEventListener('online', this.ask);
      this.ask();
    }
    return () => {
      this.#watchers.delete(watch);
      if (this.#watchers.size > 0) return;
      document.removeEventListener('visibilitychange', this.#onVisible);
      window.removeEventListener('online', this.ask);
      window.clearTimeout(this.#timer);
      readAgain(this.#path);
      polls.delete(this.#path);
    };
  }

  /** Now, whatever the timer says. */
  readonly ask = (): void => {
    window.clearTimeout(this.#timer);
    if (this.#isAsking || document.hidden) return;
    this.#isAsking = true;
    void this.#request().finally(() => {
      this.#isAsking = false;
      if (this.#watchers.size === 0 || document.hidden) return;
      const waitMs = this.#failures === 0 ? this.#everyMs : retryMs(this.#failures);
      this.#timer = window.setTimeout(this.ask, waitMs);
    });
  };

  readonly #onVisible = (): void => {
    if (document.hidden) window.clearTimeout(this.#timer);
    else this.ask();
  };

  async #request(): Promise<void> {
    const headers: Record<string, string> = tokenHeader();
    if (this.#etag !== null) headers['if-none-match'] = this.#etag;
    try {
      const answer = await fetch(this.#path, {
        headers,
        cache: 'no-store',
        signal: AbortSignal.timeout(SILENT_MS),
      });
      await this.#take(answer);
    } catch (error) {
      const why =
        error instanceof DOMException && error.name === 'TimeoutError'
          ? 'It does not answer in time.'
          : 'It cannot be reached.';
      this.#gotNothing({ title: 'The host cannot be reached.', detail: why, status: 0 }, why);
    }
  }

  async #take(answer: Response): Promise<void> {
    if (answer.status === 304) {
      this.#gotAnswer(answer);
      if (this.#live.problem !== null) this.#show({ data: this.#live.data, problem: null });
      return;
    }
    if (answer.ok) {
      const data: unknown = await answer.json();
      this.#etag = answer.headers.get('etag');
      this.#gotAnswer(answer);
      this.#show({ data, problem: null });
      return;
    }
    const problem = await problemIn(answer);
    if (answer.status > 500) {
      this.#gotNothing(problem, problem.title);
      return;
    }
    if (answer.status === 401 || answer.status === 403) {
      this.#failures += 1;
      refused(problem.detail);
    } else {
      this.#failures = 0;
      heard(answer.headers.get(NOW_HEADER));
    }
    if (answer.status === 500) this.#notRead(problem);
    else readAgain(this.#path);
    this.#show({ data: answer.status === 404 ? null : this.#live.data, problem });
  }

  #gotAnswer(answer: Response): void {
    this.#failures = 0;
    this.#readMs = Date.now();
    readAgain(this.#path);
    heard(answer.headers.get(NOW_HEADER));
  }

  #gotNothing(problem: Problem, why: string): void {
    this.#failures += 1;
    this.#notRead(problem);
    lost(this.#path, why);
    this.#show({ data: this.#live.data, problem });
  }

  /** Of what is shown no more nothing is said: no later answer would take the words away. */
  #notRead(problem: Problem): void {
    if (this.#watchers.size > 0) notRead(this.#path, problem, this.#readMs);
  }

  #show(live: Live<unknown>): void {
    this.#live = live;
    for (const watch of this.#watchers) watch(live);
  }
}

function retryMs(failures: number): number {
  return Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
}

const polls = new Map<string, Poll>();

/** Whatever is on the page is asked for again, at once: after a decision, or when a person says «try now». */
export function askAllNow(): void {
  for (const poll of polls.values()) poll.ask();
}

const nothing: Live<never> = { data: null, problem: null };

/** Calls `show` with what an address of the API answers, now and whenever that changes. Returns how to end it. */
export function watchLive<T>(path: string, everyMs: number, show: (live: Live<T>) => void): () => void {
  const poll = polls.get(path) ?? new Poll(path, everyMs);
  polls.set(path, poll);
  const watch = (next: Live<unknown>): void => {
    show(next as Live<T>);
  };
  watch(poll.live);
  return poll.watch(watch);
}

/** The answer of an address of the API, kept up to date. Null asks for nothing. */
export function useLive<T>(path: string | null, everyMs: number): Live<T> {
  const [live, setLive] = useState<{ path: string | null; live: Live<T> }>({ path, live: nothing });
  useEffect(() => {
    if (path === null) return undefined;
    return watchLive<T>(path, everyMs, (next) => {
      setLive({ path, live: next });
    });
  }, [path, everyMs]);
  return live.path === path ? live.live : nothing;
}
