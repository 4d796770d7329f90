import type { Services } from '../activities/services';
import type { Halt, RolloutControl } from '../domain/control';
import type { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';

/** What a person has just decided. */
interface Decided {
  readonly kind: 'resume' | 'skip';
  /** The halts that it answers. */
  readonly answered: readonly Halt[];
  /** Whether a halt that stands is one that it would have answered. */
  readonly isMeant: (halt: Halt) => boolean;
  /** Whether it lifts the pause of the rollout, too. */
  readonly liftsPause: boolean;
}

/**
 * A decision that is written down, and does not come to what it says, because something else came meanwhile: a pause, a halt, or the answer of another person.
 * That another said the same is no such thing. Null where nothing did.
 */
export async function overtakenBy(
  services: Services,
  id: RolloutId,
  decided: Decided,
): Promise<LowtideError | null> {
  const [control, halts] = await Promise.all([services.rollouts.read(id), services.rollouts.halts(id)]);
  const said = [...pauseIn(control, decided), ...halts.flatMap((halt) => standing(halt, decided))];
  if (said.length === 0) return null;
  const more = said.length > NAMED_MAX ? [`And ${said.length - NAMED_MAX} more.`] : [];
  return new LowtideError('DECISION_OVERTAKEN', {
    what: `Something came while ${decided.kind} of ${id} was carried out, and stands.`,
    why: [...said.slice(0, NAMED_MAX), ...more].join(' '),
    fix: `What was seen is answered, and need not be again. See GET /api/rollouts/${id}, and decide about what stands.`,
  });
}

const NAMED_MAX = 5;

function pauseIn(control: RolloutControl | null, { liftsPause }: Decided): readonly string[] {
  if (!liftsPause || control?.mode !== 'paused') return [];
  return [`It was paused at ${control.modeSinceUtc ?? 'an unknown time'}.`];
}

function standing(halt: Halt, { kind, answered, isMeant }: Decided): readonly string[] {
  const { haltId, decision, why } = halt;
  if (decision === null) return isMeant(halt) ? [`${haltId} stands: ${why}`] : [];
  const isOther = decision.kind !== kind && answered.some((one) => one.haltId === haltId);
  return isOther ? [`${decision.by} answered ${haltId} with ${decision.kind}.`] : [];
}
