import type { RolloutControl } from '../../domain/control';
import type { Services } from '../services';

/**
 * Writes down who cancelled a rollout and why, once, from the rollout's row: also for a host that died after that row. A row of an earlier version does not
 * say it.
 */
export async function auditCancel(
  services: Pick<Services, 'rollouts' | 'audit'>,
  control: RolloutControl,
): Promise<void> {
  const { rolloutId, cancelled } = control;
  if (cancelled === undefined) return;
  const { by, reason, atUtc } = cancelled;
  const halts = (await services.rollouts.haltsOf(control)).filter((halt) =>
    halt.decision === null
      ? halt.atUtc <= atUtc
      : halt.decision.kind === 'cancel' && halt.decision.atUtc === atUtc,
  );
  await services.audit.append(rolloutId, `${atUtc}~cancel`, {
    atUtc,
    who: by,
    what: 'cancelled',
    subject: rolloutId,
    vmId: null,
    why: reason,
    evidence: { halts: halts.map(({ haltId }) => haltId) },
  });
}
