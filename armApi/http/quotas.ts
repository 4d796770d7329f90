import type { SimulatedServices } from '../../composition/compose';

/** Kinds of requests that share a quota. */
export type QuotaKind =
  | 'guestPatch'
  | 'putVm'
  | 'updateVm'
  | 'deleteVm'
  | 'getVm'
  | 'listVms'
  | 'getSet'
  | 'putSet'
  | 'deleteSet'
  | 'getOperation';

interface Quota {
  /** As Azure names it in the header. */
  readonly name: string;
  /** Requests of a subscription and region in a window. */
  readonly subscriptionMax: number;
  /** Requests for one resource in a window; null when there is no such limit. */
  readonly resourceMax: number | null;
}

/** Source: the remaining counts in recordings of 2024 (02, 03, 09, 10, 20, 23), each one less than its limit at a first request. */
export const QUOTAS: Readonly<Record<QuotaKind, Quota>> = {
  guestPatch: { name: 'VMGuestPatchOperation', subscriptionMax: 600, resourceMax: 6 },
  putVm: { name: 'PutVM', subscriptionMax: 1500, resourceMax: 12 },
  updateVm: { name: 'UpdateVM', subscriptionMax: 1500, resourceMax: 12 },
  deleteVm: { name: 'DeleteVM', subscriptionMax: 1500, resourceMax: 12 },
  getVm: { name: 'LowCostGet', subscriptionMax: 24_000, resourceMax: 36 },
  listVms: { name: 'HighCostGet', subscriptionMax: 900, resourceMax: null },
  getSet: { name: 'LowCostGet', subscriptionMax: 24_000, resourceMax: null },
  putSet: { name: 'PutVM', subscriptionMax: 1500, resourceMax: null },
  deleteSet: { name: 'DeleteVM', subscriptionMax: 1500, resourceMax: null },
  getOperation: { name: 'GetOperation', subscriptionMax: 15_000, resourceMax: 45 },
};

/** A used-up quota is full again after this. Source: azure-driver-facts, 200 calls a minute and a burst of 600. */
const WINDOW_MS = 180_000;

/** Buckets that are full again are forgotten when there are more than this. */
const BUCKETS_MAX = 20_000;

interface Bucket {
  left: number;
  atMs: number;
}

export interface Remaining {
  /** False when the request is one more than the quota allows. */
  readonly allowed: boolean;
  /** The value of x-ms-ratelimit-remaining-resource. */
  readonly header: string;
}

/** Counts requests by resource, and by subscription and region. It remembers nothing beyond the process: a quota lasts three minutes. */
export class Quotas {
  readonly #buckets = new Map<string, Bucket>();

  take(kind: QuotaKind, of: { readonly place: string; readonly resource: string }, nowMs: number): Remaining {
    const { name, subscriptionMax, resourceMax } = QUOTAS[kind];
    this.#forgetFull(nowMs);
    const subscription = this.#takeOne(`${name} ${of.place}`.toLowerCase(), subscriptionMax, nowMs);
    const all = `Microsoft.Compute/${name}SubscriptionMaximum;${Math.max(0, subscription)}`;
    if (resourceMax === null) return { allowed: subscription >= 0, header: all };
    const resource = this.#takeOne(`${kind} = ${of.resource}`.toLowerCase(), resourceMax, nowMs);
    const one = `Microsoft.Compute/${name}Resource;${Math.max(0, resource)}`;
    const header = kind === 'getOperation' ? `${one},${all}` : `${all},${one}`;
    return { allowed: subscription >= 0 && resource >= 0, header };
  }

  /** What is left after this request; negative when there was nothing left for it. */
  #takeOne(key: string, max: number, nowMs: number): number {
    const { left, atMs } = this.#buckets.get(key) ?? { left: max, atMs: nowMs };
    const refilled = Math.min(max, left + ((nowMs - atMs) * max) / WINDOW_MS);
    const after = refilled - 1;
    this.#buckets.set(key, { left: Math.max(0, after), atMs: nowMs });
    return Math.floor(after);
  }

  #forgetFull(nowMs: number): void {
    if (this.#buckets.size <= BUCKETS_MAX) return;
    for (const [key, { atMs }] of this.#buckets) if (nowMs - atMs >= WINDOW_MS) this.#buckets.delete(key);
  }
}

const quotas = new WeakMap<SimulatedServices['driver'], Quotas>();

export function quotasOf({ driver }: SimulatedServices): Quotas {
  const known = quotas.get(driver) ?? new Quotas();
  quotas.set(driver, known);
  return known;
}
