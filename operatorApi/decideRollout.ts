import type { Services, WakingServices } from '../activities/services';
import { forgiveAnswered } from '../activities/round/roundEvidence';
import { auditCancel } from '../activities/rollout/cancelled';
import { wakeWaits } from '../activities/rollout/wake';
import type { Halt, RolloutControl } from '../domain/control';
import type { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { openRollout, over } from './openRollout';
import { overtakenBy } from './overtakenBy';
import { refuseUnseen, refuseUnseenPause, type Seen } from './refuseUnseen';

export type DecisionKind = 'pause' | 'resume' | 'skip' | 'cancel';

/** As the audit says it. */
export const DONE = { pause: 'paused', resume: 'resumed', skip: 'skipped', cancel: 'cancelled' } as const;

/**
 * Carries out what a person decided: it is written on the rollout's row or on the halts it answers, where everything that is about to
 * start something looks; what waits is woken to look. Nothing in flight is cut off. What is answered and lifted is what was seen, read once.
 */
export async function decideRollout(
  services: WakingServices,
  id: RolloutId,
  kind: DecisionKind,
  who: { readonly by: string; readonly reason: string },
  seen: Seen = {},
): Promise<void> {
  if (kind === 'cancel') await endCancel(services, id);
  const control = await openRollout(services, id);
  const all = (await services.rollouts.halts(id)).filter(({ decision }) => decision === null);
  // What a person paused goes on with the rollout, and is not given up with what halted by itself.
  const isMeant = ({ asked }: Halt): boolean => kind !== 'skip' || !asked;
  const open = all.filter(isMeant);
  const atUtc = services.nowUtc();
  if (
    (kind === 'resume' && control.mode !== 'paused' && open.length === 0) ||
    (kind === 'skip' && open.length === 0)
  )
    throw nothingToDecide(id, kind);
  if (kind === 'resume' || kind === 'skip') refuseUnseen(control, open, seen);
  if (kind === 'resume') refuseUnseenPause(control, seen);

  const writeDown = (): Promise<void> =>
    services.audit.appendNew(id, `${atUtc}~${kind}`, {
      atUtc,
      who: who.by,
      what: DONE[kind],
      subject: id,
      vmId: null,
      why: who.reason,
      evidence: { halts: open.map(({ haltId }) => haltId) },
    });
  // Should it stop half way, the audit may say «paused» too late and «resumed» too early, never the other way round.
  if (kind === 'resume' || kind === 'skip') {
    await writeDown();
    await answerHalts(services, id, open, { kind, ...who, atUtc });
    if (kind === 'resume') await liftPause(services, control);
  } else if (kind === 'pause') {
    await setMode(services, id, 'paused');
    await writeDown();
  } else {
    const isMine = await setMode(services, id, 'cancelled', { ...who, atUtc });
    if (!isMine) await writeDown(); // another said it first, and is in the audit with that
    return endCancel(services, id);
  }
  // Before anything is woken: what halts after that is not meanwhile.
  const overtaken =
    kind === 'pause'
      ? null
      : await overtakenBy(services, id, { kind, answered: open, isMeant, liftsPause: kind === 'resume' });
  await wakeWaits(services, id, null);
  if (overtaken !== null) throw overtaken;
}

/** What a cancel does after its row: said again, it ends what broke off half way. */
async function endCancel(services: WakingServices, id: RolloutId): Promise<void> {
  const control = await services.rollouts.read(id);
  if (control?.cancelled === undefined || control.endedUtc !== null) return;
  await auditCancel(services, control);
  const open = (await services.rollouts.halts(id)).filter(({ decision }) => decision === null);
  await answerHalts(services, id, open, { kind: 'cancel', ...control.cancelled });
  await wakeWaits(services, id, null);
}

/** Each halt is answered by itself: a halt that comes while a person decides waits for its own decision. */
export async function answerHalts(
  services: Services,
  id: RolloutId,
  halts: readonly Halt[],
  decision: NonNullable<Halt['decision']>,
): Promise<void> {
  for (const { haltId } of halts) await services.rollouts.decide(id, haltId, decision);
  if (halts.length > 0) await forgiveAnswered(services, id);
}

/**
 * INV-9: what another person cancelled meanwhile, or what has ended, does not go on, and the late decision fails. A pause of what is paused is a pause of its
 * own: a resume that has not seen it does not lift it.
 */
async function setMode(
  services: Services,
  id: RolloutId,
  mode: 'paused' | 'cancelled',
  cancelled?: RolloutControl['cancelled'],
): Promise<boolean> {
  const after = await services.rollouts.update(id, (row) => {
    if (row.mode === 'cancelled' && mode === 'cancelled') return null;
    if (row.mode === 'ended' || row.mode === 'cancelled') throw over(row);
    return { ...row, mode, modeSinceUtc: services.nowUtc(), ...(cancelled !== undefined && { cancelled }) };
  });
  return after?.cancelled === cancelled;
}

/** INV-9: lifts the pause that was looked at, and no pause that came while this person decided. */
async function liftPause(services: Services, seen: RolloutControl): Promise<void> {
  await services.rollouts.update(seen.rolloutId, (row) => {
    if (row.mode === 'ended' || row.mode === 'cancelled') throw over(row);
    const isSeen = seen.mode === 'paused' && row.modeSinceUtc === seen.modeSinceUtc;
    if (row.mode !== 'paused' || !isSeen) return null;
    return { ...row, mode: 'running', modeSinceUtc: services.nowUtc() };
  });
}

function nothingToDecide(id: RolloutId, kind: DecisionKind): LowtideError {
  return new LowtideError('NOTHING_TO_DECIDE', {
    what: `There is nothing to ${kind} in ${id}.`,
    why: kind === 'skip' ? 'No halt is open.' : 'It is neither paused nor halted.',
    fix: `See its state with GET /api/rollouts/${id}.`,
  });
}
