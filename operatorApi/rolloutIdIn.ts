import { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import type { OperatorRequest } from './route';

/** The rollout that the path names. */
export function rolloutIdIn(request: OperatorRequest): RolloutId {
  const parsed = RolloutId.safeParse(request.parameter('id'));
  if (parsed.success) return parsed.data;
  throw new LowtideError('NOT_FOUND', {
    what: `There is no rollout '${request.parameter('id')}'.`,
    why: 'A rollout is called rollout-YYYY-MM, after the month of its release.',
    fix: 'GET /api/rollouts lists them.',
  });
}
