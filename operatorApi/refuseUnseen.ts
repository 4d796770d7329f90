import { pausedSince, type Halt, type RolloutControl } from '../domain/control';
import { LowtideError } from '../domain/lowtideError';

/** What a person looked at before deciding; what is absent was not said. */
export interface Seen {
  /** The halts. */
  readonly forgives?: readonly string[];
  /** Since when the rollout was paused; null when it was not. */
  readonly pausedSinceUtc?: string | null;
}

/** A halt that came after a person looked is not answered by what that person says. */
export function refuseUnseen({ rolloutId }: RolloutControl, open: readonly Halt[], { forgives }: Seen): void {
  if (forgives === undefined) return;
  const unseen = open.filter(({ haltId }) => !forgives.includes(haltId));
  if (unseen.length === 0) return;
  throw new LowtideError('REQUEST_INVALID', {
    what: `It would forgive more than was listed: ${unseen.map(({ haltId }) => haltId).join(', ')}.`,
    why: unseen.map(({ why }) => why).join(' '),
    fix: `See GET /api/rollouts/${rolloutId}/forgiven; then name every halt in \`forgives\`.`,
  });
}

/** INV-9: nor is a pause lifted that came after that. */
export function refuseUnseenPause(control: RolloutControl, { pausedSinceUtc: seen }: Seen): void {
  if (seen === undefined || control.mode !== 'paused' || pausedSince(control) === seen) return;
  const { rolloutId } = control;
  throw new LowtideError('REQUEST_INVALID', {
    what: `It would lift a pause of ${rolloutId} that was not looked at.`,
    why: `It is paused since ${pausedSince(control) ?? 'an earlier version'}, which is not what \`pausedSinceUtc\` says.`,
    fix: `See who paused it and why with GET /api/rollouts/${rolloutId}/audit; then resume with its \`pausedSinceUtc\`.`,
  });
}
