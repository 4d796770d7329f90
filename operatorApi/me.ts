import type { OperatorRoute } from './route';

/** Who the caller is here, and what it may do: a dashboard turns off what it may not, and says why. */
const showMe: OperatorRoute = {
  name: 'showMe',
  methods: ['GET'],
  role: 'reader',
  route: 'api/me',
  query: [],
  handler: ({ caller: { name, id, roles } }) => Promise.resolve({ jsonBody: { name, id, roles } }),
};

export const meRoutes: readonly OperatorRoute[] = [showMe];
