import { addSeconds } from '../domain/instants';
import { keepNewest } from './keepNewest';

/** An answer that was made before, at an instant of the app's clock; `ageMs` and `tookMs` are of the machine's. */
export interface KeptAnswer<Value> {
  readonly value: Value;
  readonly ageMs: number;
  readonly tookMs: number;
  readonly madeUtc: string;
}

export interface Rule<Value> {
  readonly nowUtc: string;
  /** As good as a new one. */
  readonly isFresh: (kept: KeptAnswer<Value>) => boolean;
  /** Not fresh, but answered while the next one is made. */
  readonly mayStand: (kept: KeptAnswer<Value>) => boolean;
  /** The next one, from what the one before can still give. */
  readonly make: (before: Value | null) => Promise<Value>;
}

/** On a clock that jumps nothing of so long ago is answered. */
const LONG_AGO_SECONDS = 3 * 3_600;

interface Made<Value> {
  readonly value: Value;
  readonly madeAtMs: number;
  readonly madeUtc: string;
  readonly tookMs: number;
}

/** Answers that take a while to make: each is kept under a key, made once for everything that asks meanwhile, and made again beside what is answered. */
export class KeptAnswers<Value> {
  readonly #made = new Map<string, Made<Value>>();
  readonly #underWay = new Map<string, Promise<Value>>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** A failure is not kept. */
  async answer(key: string, rule: Rule<Value>): Promise<Value> {
    const made = this.#made.get(key);
    if (made === undefined || rule.nowUtc > addSeconds(made.madeUtc, LONG_AGO_SECONDS))
      return this.#next(key, rule);
    const kept = { ...made, ageMs: performance.now() - made.madeAtMs };
    if (rule.isFresh(kept)) return made.value;
    const next = this.#next(key, rule);
    if (!rule.mayStand(kept)) return next;
    next.catch(() => undefined); // met by the request that finds this one too old
    return made.value;
  }

  #next(key: string, { make, nowUtc }: Rule<Value>): Promise<Value> {
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const begunMs = performance.now();
    const next = make(this.#made.get(key)?.value ?? null)
      .then((value) => {
        const madeAtMs = performance.now();
        keepNewest(
          this.#made,
          key,
          { value, madeAtMs, madeUtc: nowUtc, tookMs: madeAtMs - begunMs },
          this.#max,
        );
        return value;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, next);
    return next;
  }
}
