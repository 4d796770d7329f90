import { z } from 'zod';
import type { AuthSettings } from '../composition/authSettings';
import { startedSettings } from '../composition/compose';
import type { OperatorRoute } from './route';

const SignIn = z.object({
  kind: z.enum(['none', 'entra', 'appService']),
  /** Of the authorization code flow with PKCE; null where the dashboard takes only a token. */
  codeFlow: z
    .object({ authorizeUrl: z.string(), tokenUrl: z.string(), clientId: z.string(), scope: z.string() })
    .nullable(),
});
export type SignIn = z.infer<typeof SignIn>;

/** How people sign in here. It is asked before anybody is signed in, and names nothing of the fleet. */
const showSignIn: OperatorRoute = {
  name: 'showSignIn',
  methods: ['GET'],
  role: null,
  route: 'api/sign-in',
  query: {},
  description: {
    summary: 'How people sign in here; needs no sign-in itself.',
    answers: { 200: { about: 'The way, and for Entra ID its addresses.', schema: SignIn } },
  },
  handler: () => Promise.resolve({ jsonBody: signInOf(startedSettings().auth) }),
};

export function signInOf(auth: AuthSettings): SignIn {
  if (auth.kind !== 'entra' || auth.clientId === null) return { kind: auth.kind, codeFlow: null };
  const { authority, clientId, audiences } = auth;
  const api = audiences.find((audience) => audience.startsWith('api://')) ?? audiences[0] ?? clientId;
  return {
    kind: 'entra',
    codeFlow: {
      authorizeUrl: `${authority}/oauth2/v2.0/authorize`,
      tokenUrl: `${authority}/oauth2/v2.0/token`,
      clientId,
      scope: `${api}/.default openid`,
    },
  };
}

export const signInRoutes: readonly OperatorRoute[] = [showSignIn];
