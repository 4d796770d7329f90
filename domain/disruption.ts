import { z } from 'zod';
import { AvailabilitySetId } from './ids';
import { arePaired } from './regions';
import type { Policy } from './policy';

/** VMs of one place that are down together: what one claim covers. */
export const Disruption = z.object({
  region: z.string(),
  /** Null for VMs without a zone: they may sit in any. */
  zone: z.string().nullable(),
  availabilitySetId: AvailabilitySetId.nullable(),
  updateDomain: z.number().int().nullable(),
  /** How many VMs. */
  count: z.number().int().nonnegative(),
  /** How many VMs of the set may be down at once (`setShare`); null outside sets. */
  shareMax: z.number().int().positive().nullable(),
});
export type Disruption = Readonly<z.infer<typeof Disruption>>;

/** The rule that forbids two disruptions at once. Source: design section 4, R-203, R-205, R-207, R-208. */
export const ConflictRule = z.enum(['geoPair', 'zones', 'updateDomains', 'setShare']);
export type ConflictRule = z.infer<typeof ConflictRule>;

/** Whether two disruptions may coexist, and if not, which rule forbids it. Symmetric. */
export function conflict(a: Disruption, b: Disruption): ConflictRule | null {
  if (arePaired(a.region, b.region)) return 'geoPair';
  if (a.region !== b.region) return null;
  if (a.zone !== b.zone) return 'zones';
  if (a.availabilitySetId === null || a.availabilitySetId !== b.availabilitySetId) return null;
  if (a.updateDomain !== b.updateDomain) return 'updateDomains';
  return a.count + b.count > Math.min(a.shareMax ?? 1, b.shareMax ?? 1) ? 'setShare' : null;
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
