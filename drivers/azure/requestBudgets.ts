import { PATCH_CALLS_A_MINUTE, PATCH_CALLS_AT_ONCE } from '../../domain/patchCalls';

/** A token bucket: `burst` calls at once, and so many a minute after that. */
export interface Budget {
  readonly burst: number;
  readonly perMinute: number;
}

/**
 * What Azure allows (azure-driver-facts, section 3), by whom it is counted. The numbers for guest patching are those that the planner
 * spreads rounds by. ARM's own are per subscription, principal and region of entry; all reads of the driver share one of them.
 */
export const BUDGETS = {
  /** assessPatches and installPatches together, of a subscription and region. */
  guestPatch: { burst: PATCH_CALLS_AT_ONCE, perMinute: PATCH_CALLS_A_MINUTE },
  /** The same, of one VM. */
  guestPatchOfVm: { burst: 6, perMinute: 2 },
  /** GET of a VM or its instance view, of one VM. */
  readOfVm: { burst: 36, perMinute: 12 },
  /** Polls of one operation's status. */
  pollOfOperation: { burst: 45, perMinute: 15 },
  /** Of Resource Health, or of maintenance, in a subscription. No number of their own is known: those of ARM. */
  readsOfProvider: { burst: 250, perMinute: 25 * 60 },
  armReads: { burst: 250, perMinute: 25 * 60 },
  armWrites: { burst: 200, perMinute: 10 * 60 },
  /** Lists that Resource Graph makes (`useResourceGraph`), of a subscription. */
  graphLists: { burst: 4_000, perMinute: 4_000 },
  /** Queries of a principal: 15 in 5 s. A page is a query. */
  resourceGraph: { burst: 15, perMinute: 180 },
} as const satisfies Readonly<Record<string, Budget>>;
export type BudgetName = keyof typeof BUDGETS;

/** What is waited with; a rehearsal on a virtual clock waits without waiting. */
export interface Clock {
  nowMs(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const wallClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    }),
};

interface Bucket {
  left: number;
  atMs: number;
  /** Nothing is allowed before, whatever is left: Azure said so. */
  pausedUntilMs: number;
}

/** Buckets that are full again are forgotten when there are more than this. */
const BUCKETS_MAX = 20_000;

/** The calls that may still be made, by budget and by what it is counted for. It remembers nothing beyond the process: a bucket lasts minutes. */
export class RequestBudgets {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one call out of all of these, or of none. Returns the seconds until there is room, 0 when it was taken. */
  take(wanted: readonly (readonly [BudgetName, string])[]): number {
    const buckets = wanted.map(([name, of]) => ({ bucket: this.#refilled(name, of), budget: BUDGETS[name] }));
    const nowMs = this.#clock.nowMs();
    const waits = buckets.map(({ bucket, budget }) => {
      const paused = (bucket.pausedUntilMs - nowMs) / 1_000;
      const short = bucket.left >= 1 ? 0 : ((1 - bucket.left) * 60) / budget.perMinute;
      return Math.max(0, paused, short);
    });
    const longest = Math.max(0, ...waits);
    if (longest > 0) return longest;
    for (const { bucket } of buckets) bucket.left -= 1;
    return 0;
  }

  /** Azure refused a call: nothing of this budget before that. */
  pause(name: BudgetName, of: string, seconds: number): void {
    const bucket = this.#refilled(name, of);
    bucket.pausedUntilMs = Math.max(bucket.pausedUntilMs, this.#clock.nowMs() + seconds * 1_000);
  }

  /** Azure says how many are left, fewer than were counted here: others use the same budget. */
  atMost(name: BudgetName, of: string, left: number): void {
    const bucket = this.#refilled(name, of);
    bucket.left = Math.min(bucket.left, left);
  }

  #refilled(name: BudgetName, of: string): Bucket {
    const { burst, perMinute } = BUDGETS[name];
    const nowMs = this.#clock.nowMs();
    const key = `${name} ${of}`.toLowerCase();
    const bucket = this.#buckets.get(key) ?? { left: burst, atMs: nowMs, pausedUntilMs: 0 };
    bucket.left = Math.min(burst, bucket.left + ((nowMs - bucket.atMs) * perMinute) / 60_000);
    bucket.atMs = nowMs;
    if (this.#buckets.size > BUCKETS_MAX) this.#forgetFull(nowMs);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #forgetFull(nowMs: number): void {
    const minutesToFill = Math.max(
      ...Object.values(BUDGETS).map(({ burst, perMinute }) => burst / perMinute),
    );
    for (const [key, { atMs, pausedUntilMs }] of this.#buckets)
      if (nowMs - atMs > minutesToFill * 60_000 && pausedUntilMs < nowMs) this.#buckets.delete(key);
  }
}
