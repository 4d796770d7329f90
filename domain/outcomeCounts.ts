import { z } from 'zod';
import type { OutcomeKind } from './reasons';

/** How many VMs of a scope ended how. Deferred and skipped VMs leave the denominator. */
export const OutcomeCounts = z.object({
  patched: z.number().int(),
  upToDate: z.number().int(),
  failed: z.number().int(),
  unhealthy: z.number().int(),
  deferred: z.number().int(),
  skipped: z.number().int(),
  /** Of the unhealthy ones: those whose health stayed unknown until it timed out. */
  unknown: z.number().int(),
});
export type OutcomeCounts = Readonly<z.infer<typeof OutcomeCounts>>;

export const noOutcomes: OutcomeCounts = {
  patched: 0,
  upToDate: 0,
  failed: 0,
  unhealthy: 0,
  deferred: 0,
  skipped: 0,
  unknown: 0,
};

export function countOutcomes(
  outcomes: readonly { readonly kind: OutcomeKind; readonly reason: string }[],
): OutcomeCounts {
  const counts = { ...noOutcomes };
  for (const { kind, reason } of outcomes) {
    counts[kind] += 1;
    if (reason === 'unknownTooLong') counts.unknown += 1;
  }
  return counts;
}

export function addCounts(a: OutcomeCounts, b: OutcomeCounts): OutcomeCounts {
  return {
    patched: a.patched + b.patched,
    upToDate: a.upToDate + b.upToDate,
    failed: a.failed + b.failed,
    unhealthy: a.unhealthy + b.unhealthy,
    deferred: a.deferred + b.deferred,
    skipped: a.skipped + b.skipped,
    unknown: a.unknown + b.unknown,
  };
}
