import { foreignRollout, isForeign } from '../activities/rollout/control';
import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import type { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';

/** A rollout about which something can be decided here. Throws NOT_FOUND, ROLLOUT_ENDED, or NOT_OWNER for one of another task hub. */
export async function openRollout(
  services: Pick<Services, 'rollouts' | 'hub'>,
  id: RolloutId,
): Promise<RolloutControl> {
  const control = await services.rollouts.read(id);
  if (control === null) throw notFound(id);
  if (control.endedUtc !== null || control.mode === 'cancelled') throw over(control);
  if (isForeign(control, services.hub)) throw foreignRollout(control, services.hub);
  return control;
}

export function notFound(id: RolloutId): LowtideError {
  return new LowtideError('NOT_FOUND', {
    what: `There is no rollout '${id}'.`,
    why: 'It was never started here.',
    fix: 'GET /api/rollouts lists the rollouts; POST /api/rollouts starts one.',
  });
}

export function over({ rolloutId, mode }: RolloutControl): LowtideError {
  return new LowtideError('ROLLOUT_ENDED', {
    what: `${rolloutId} is over.`,
    why: mode === 'cancelled' ? 'It was cancelled.' : 'Every VM of it has its outcome.',
    fix: 'Nothing is left to decide.',
  });
}
