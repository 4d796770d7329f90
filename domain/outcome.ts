import { z } from 'zod';
import { Utc, VmId } from './ids';
import { FactValue, OutcomeKind, OutcomeReason, type Because } from './reasons';

// eslint-disable-next-line no-restricted-syntax -- its shape
export const Outcome = z.object({
  vmId: VmId,
  kind: OutcomeKind,
  reason: OutcomeReason,
  /** One sentence for people; may be empty. */
  detail: z.string(),
  atUtc: Utc,
  /** The numbers and ids of the reason, as `REASONS` lists them. Absent where it has none. */
  facts: z.record(z.string(), FactValue).exactOptional(),
  /** What else held the VM, in the order of `HOLDS`. Absent where nothing did. */
  otherReasons: z.array(OutcomeReason).exactOptional(),
});
export type Outcome = Readonly<z.infer<typeof Outcome>>;

/** The one constructor of outcomes. The first reason is the VM's, what else held it is named beside it. */
export function outcomeOf(
  vmId: VmId,
  atUtc: string,
  because: Because,
  others: readonly Because[] = [],
): Outcome {
  const { kind, reason, facts } = because;
  // eslint-disable-next-line no-restricted-syntax -- the one constructor
  const outcome = { vmId, kind, reason, detail: sentences([because, ...others]), atUtc };
  return {
    ...outcome,
    ...(Object.keys(facts).length > 0 && { facts }),
    ...(others.length > 0 && { otherReasons: others.map((other) => other.reason) }),
  };
}

/** What held the VM, one sentence after another; phrases without a full stop are joined by semicolons. */
function sentences(all: readonly Because[]): string {
  return all
    .map(({ detail }) => detail)
    .filter((detail) => detail !== '')
    .reduce(
      (said, detail) => (said === '' ? detail : `${said}${said.endsWith('.') ? '' : ';'} ${detail}`),
      '',
    );
}
