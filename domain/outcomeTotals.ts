import { z } from 'zod';
import type { Outcome } from './outcome';
import { noOutcomes, type OutcomeCounts } from './outcomeCounts';
import { OutcomeKind } from './reasons';

/** How many VMs of a rollout ended how and why, and how many of them wait for a second chance. */
export const OutcomeTotals = z.object({
  reasons: z.partialRecord(OutcomeKind, z.record(z.string(), z.number().int())),
  waiting: z.number().int(),
  /** How many came after the plan was made. Absent: none. */
  joined: z.number().int().exactOptional(),
});
export type OutcomeTotals = Readonly<z.infer<typeof OutcomeTotals>>;

export const noTotals: OutcomeTotals = { reasons: {}, waiting: 0 };

type Ended = Pick<Outcome, 'kind' | 'reason'>;
type Counted = Ended & { readonly waits: boolean };

/** A try that did something to the VM, or meant to: a deferred or skipped one did not. */
export const wasAttempted = ({ kind, reason }: Ended): boolean =>
  (kind !== 'deferred' && kind !== 'skipped') || reason === 'stoppedDuringSoak';

/**
 * deferred VMs, and failed or pending patches, are caught up until they have been tried often enough; a VM that is unhealthy is
 * not patched again, a skipped one not at all.
 */
export const isWaiting = (
  { kind, attempts }: Ended & { readonly attempts: number },
  attemptsMax: number,
): boolean => (kind === 'deferred' || kind === 'failed') && attempts < attemptsMax;

/** VMs that a rollout did not reach, or could not, go first in the next one. */
export const goesFirst = ({ kind, reason }: Ended): boolean =>
  kind === 'deferred' || reason === 'superseded' || reason === 'deadlinePassed';

/** Not the last word: the VM is tried again, in this rollout or in the next one, or needs a person. */
export const isUnfinished = (ended: Ended): boolean =>
  ended.kind === 'failed' || ended.kind === 'unhealthy' || goesFirst(ended);

/** After one VM's outcome became another. */
export function changeTotals(totals: OutcomeTotals, before: Counted | null, after: Counted): OutcomeTotals {
  const without = before === null ? totals : counted(totals, before, -1);
  return counted(without, after, 1);
}

/** Without an outcome that stands no more. */
export const uncounted = (totals: OutcomeTotals, gone: Counted): OutcomeTotals => counted(totals, gone, -1);

function counted(totals: OutcomeTotals, { kind, reason, waits }: Counted, by: number): OutcomeTotals {
  const { [reason]: known = 0, ...others } = totals.reasons[kind] ?? {};
  const ofKind = known + by === 0 ? others : { ...others, [reason]: known + by };
  const reasons = { ...totals.reasons, [kind]: ofKind };
  return withJoined({ reasons, waiting: totals.waiting + (waits ? by : 0) }, totals.joined ?? 0);
}

export function sumTotals(a: OutcomeTotals, b: OutcomeTotals): OutcomeTotals {
  const reasons: OutcomeTotals['reasons'] = { ...a.reasons };
  for (const kind of OutcomeKind.options)
    for (const [reason, count] of Object.entries(b.reasons[kind] ?? {})) {
      const ofKind = reasons[kind] ?? {};
      reasons[kind] = { ...ofKind, [reason]: (ofKind[reason] ?? 0) + count };
    }
  return withJoined({ reasons, waiting: a.waiting + b.waiting }, (a.joined ?? 0) + (b.joined ?? 0));
}

/** With so many that came after the plan was made. */
export const withJoined = (totals: OutcomeTotals, joined: number): OutcomeTotals =>
  joined === 0 ? totals : { ...totals, joined };

/** The same by kind alone. */
export function countsOf({ reasons }: OutcomeTotals): OutcomeCounts {
  const counts = { ...noOutcomes };
  for (const kind of OutcomeKind.options)
    for (const [reason, count] of Object.entries(reasons[kind] ?? {})) {
      counts[kind] += count;
      if (reason === 'unknownTooLong') counts.unknown += count;
    }
  return counts;
}
