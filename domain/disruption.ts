import { z } from 'zod';
import { BudgetShare } from './budgets';
import { AvailabilitySetId } from './ids';
import { arePaired } from './regions';
import { remembered } from './remembered';
import type { Policy } from './policy';
import { hash53 } from './seed';

/** How many of a subscription's standalone VMs in the region are meant, and how many may be down at once (`standaloneShare`). */
export const SubscriptionShare = z.object({
  /** `subscriptionKey`, not the id: a claim stays small. */
  subscription: z.string(),
  count: z.number().int().positive(),
  max: z.number().int().positive(),
});
export type SubscriptionShare = Readonly<z.infer<typeof SubscriptionShare>>;

/** VMs of one place that are down together: what one claim covers. */
export const Disruption = z.object({
  region: z.string(),
  /** Null for VMs without a zone: they may sit in any. */
  zone: z.string().nullable(),
  availabilitySetId: AvailabilitySetId.nullable(),
  /** Null in a set: of a VM whose update domain is not known, which goes alone. */
  updateDomain: z.number().int().nullable(),
  /** How many VMs at once. */
  count: z.number().int().nonnegative(),
  /** How many VMs of the set may be down at once (`setShare`); null outside sets. */
  shareMax: z.number().int().positive().nullable(),
  /** Members of the set that are down by themselves, and none of the counted ones: off, or unhealthy. */
  downCount: z.number().int().nonnegative().exactOptional(),
  /** Of standalone VMs: how many of each subscription that has more than one in the region. */
  subscriptions: z.array(SubscriptionShare).exactOptional(),
  /** What its VMs take of the budgets of applications, each of which has a ledger of its own. */
  budgets: z.array(BudgetShare).exactOptional(),
});
export type Disruption = Readonly<z.infer<typeof Disruption>>;

/** The rule that forbids two disruptions at once. Source: design section 4, R-203, R-205, R-206, R-207, R-208. */
export const ConflictRule = z.enum([
  'geoPair',
  'zones',
  'updateDomains',
  'setShare',
  'subscriptionShare',
  'budget',
]);
export type ConflictRule = z.infer<typeof ConflictRule>;

/** Whether two disruptions may coexist, and if not, which rule forbids it. Symmetric. Those that name budgets are compared by these alone: they are in the ledger of a budget. */
export function conflict(a: Disruption, b: Disruption): ConflictRule | null {
  if (a.budgets !== undefined && b.budgets !== undefined) return fitsBudgets([a, b]) ? null : 'budget';
  if (arePaired(a.region, b.region)) return 'geoPair';
  if (a.region !== b.region) return null;
  if (a.zone !== b.zone) return 'zones';
  if (a.availabilitySetId === null && b.availabilitySetId === null)
    return fitsSubscriptions([a, b]) ? null : 'subscriptionShare';
  if (a.availabilitySetId === null || a.availabilitySetId !== b.availabilitySetId) return null;
  if (a.updateDomain !== b.updateDomain || a.updateDomain === null) return 'updateDomains';
  return fitsSet([a, b]) ? null : 'setShare';
}

/** Whether disruptions of one set keep its share together. VMs that are down by themselves use it up; one VM alone may always go. */
export function fitsSet(together: readonly Disruption[]): boolean {
  const count = together.reduce((sum, one) => sum + one.count, 0);
  const shareMax = Math.min(...together.map((one) => one.shareMax ?? 1));
  const downCount = Math.max(0, ...together.map((one) => one.downCount ?? 0));
  return count <= 1 || count + downCount <= shareMax;
}

/** Whether disruptions keep every budget together, wherever they are. */
export function fitsBudgets(together: readonly Disruption[]): boolean {
  const sums = new Map<string, { count: number; max: number }>();
  for (const { budgets = [] } of together)
    for (const { budget, count, max } of budgets) {
      const sum = sums.get(budget) ?? { count: 0, max };
      sums.set(budget, { count: sum.count + count, max: Math.min(sum.max, max) });
    }
  return [...sums.values()].every(({ count, max }) => count <= max);
}

/** Whether disruptions of standalone VMs of one region keep the share of every subscription together. */
export function fitsSubscriptions(together: readonly Disruption[]): boolean {
  const sums = new Map<string, { count: number; max: number }>();
  for (const { subscriptions = [] } of together)
    for (const { subscription, count, max } of subscriptions) {
      const sum = sums.get(subscription) ?? { count: 0, max };
      sums.set(subscription, { count: sum.count + count, max: Math.min(sum.max, max) });
    }
  return [...sums.values()].every(({ count, max }) => count <= max);
}

/**
 * how many VMs of a set of this size may be down at once: a percentage rounded down, at least one, never all of them whatever
 * the policy says; small sets go one by one.
 */
export function setShare(
  setSize: number,
  policy: Pick<Policy, 'setSharePercent' | 'setOneByOneBelow'>,
): number {
  if (setSize < policy.setOneByOneBelow) return 1;
  const share = Math.floor((setSize * policy.setSharePercent) / 100);
  return Math.max(1, Math.min(share, setSize - 1));
}

/**
 * how many VMs of a set may be installed at once while so many of its members are down by themselves: the share of those that are up,
 * and no more than is left of the whole set's share; at least one.
 */
export function roomInSet(
  setSize: number,
  downCount: number,
  policy: Pick<Policy, 'setSharePercent' | 'setOneByOneBelow'>,
): number {
  const left = setShare(setSize, policy) - downCount;
  return Math.max(1, Math.min(left, setShare(Math.max(1, setSize - downCount), policy)));
}

/** How many of the standalone VMs that a subscription has in a region may be down at once: a percentage rounded down, at least one. */
export function standaloneShare(vmCount: number, policy: Pick<Policy, 'standaloneSharePercent'>): number {
  return Math.max(1, Math.floor((vmCount * policy.standaloneSharePercent) / 100));
}

const KEY_DIGITS = 8;

/** Short name of a subscription in claims. Two that met in one would only be held to one share together. */
export const subscriptionKey = remembered((subscriptionId: string): string =>
  hash53(subscriptionId.toLowerCase()).toString(36).slice(-KEY_DIGITS),
);
