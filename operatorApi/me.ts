import { z } from 'zod';
import type { OperatorRoute } from './route';

const Me = z.object({
  name: z.string(),
  id: z.string(),
  roles: z.array(z.enum(['reader', 'operator', 'approver'])),
});

/** Who the caller is here, and what it may do: a dashboard turns off what it may not, and says why. */
const showMe: OperatorRoute = {
  name: 'showMe',
  methods: ['GET'],
  role: 'reader',
  route: 'api/me',
  query: {},
  description: {
    summary: 'Who you are here, and what you may do.',
    answers: { 200: { about: 'The caller, from its token.', schema: Me } },
  },
  handler: ({ caller: { name, id, roles } }) => Promise.resolve({ jsonBody: { name, id, roles } }),
};

export const meRoutes: readonly OperatorRoute[] = [showMe];
