import { z } from 'zod';
import { RolloutId } from '../domain/ids';
import { hasRequested } from './approvals';
import { notFound } from './openRollout';
import { rolloutAsked } from './rolloutIdIn';
import type { OperatorRoute } from './route';

const Me = z.object({
  name: z.string(),
  id: z.string(),
  roles: z.array(z.enum(['reader', 'operator', 'approver'])),
  /** Only where a rollout was named: you then may not approve it. */
  hasRequested: z.boolean().optional(),
});

/** Who the caller is here, and what it may do: a dashboard turns off what it may not, and says why. */
const showMe: OperatorRoute = {
  name: 'showMe',
  methods: ['GET'],
  role: 'reader',
  route: 'api/me',
  query: {
    rollout: { about: 'Also whether you requested this one.', schema: RolloutId },
  },
  description: {
    summary: 'Who you are here, and what you may do.',
    answers: { 200: { about: 'The caller, from its token.', schema: Me } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const { name, id, roles } = request.caller;
    const rollout = rolloutAsked(request);
    if (rollout === undefined) return { jsonBody: { name, id, roles } };
    const control = await services.rollouts.read(rollout);
    if (control === null) throw notFound(rollout);
    return { jsonBody: { name, id, roles, hasRequested: hasRequested(control, request.caller) } };
  },
};

export const meRoutes: readonly OperatorRoute[] = [showMe];
