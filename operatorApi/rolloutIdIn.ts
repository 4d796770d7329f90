import { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { wrongQuery } from './queryValues';
import type { OperatorRequest } from './route';
import type { Parameter } from './routeDescription';

/** The rollout that the path names. */
export function rolloutIdIn(request: OperatorRequest): RolloutId {
  const parsed = RolloutId.safeParse(request.parameter('id'));
  if (parsed.success) return parsed.data;
  throw new LowtideError('NOT_FOUND', {
    what: `There is no rollout '${request.parameter('id')}'.`,
    why: 'A rollout is called rollout-YYYY-MM, after the month of its release; an emergency of it rollout-YYYY-MM-e1.',
    fix: 'GET /api/rollouts lists them.',
  });
}

export const ROLLOUT: Parameter = {
  about: 'As this rollout has it; the latest monthly one without it.',
  schema: RolloutId,
};

/** The rollout that the query names. */
export function rolloutAsked(request: OperatorRequest): RolloutId | undefined {
  const text = request.query('rollout');
  if (text === null) return undefined;
  const parsed = RolloutId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw wrongQuery('rollout', text, 'the id of a rollout, as rollout-2026-11');
}
