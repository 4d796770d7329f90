import type { RolloutControl } from '../../domain/control';
import { describeScope, keyOfDecision } from '../../domain/controlScope';
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

/** The same of the parts of it that a person gave up: a halt that was made with its answer says by whom. */
export async function auditPartsGivenUp(
  services: Pick<Services, 'rollouts' | 'audit'>,
  control: RolloutControl,
): Promise<void> {
  const { rolloutId } = control;
  const halts = await services.rollouts.haltsOf(control);
  for (const { haltId, asked, decision, atUtc } of halts) {
    if (!asked || decision === null || decision.kind === 'resume' || decision.atUtc !== atUtc) continue;
    const key = keyOfDecision(asked, decision.kind, atUtc);
    const answered = halts.filter(
      (halt) =>
        halt.haltId !== haltId &&
        halt.decision?.atUtc === atUtc &&
        halt.decision.kind === decision.kind &&
        halt.decision.by === decision.by,
    );
    await services.audit.append(rolloutId, key, {
      atUtc,
      who: decision.by,
      what: decision.kind === 'skip' ? 'skipped' : 'cancelled',
      subject: describeScope(asked),
      vmId: 'vm' in asked ? asked.vm : null,
      why: decision.reason,
      evidence: { scope: asked, halts: answered.map((halt) => halt.haltId) },
    });
  }
}
