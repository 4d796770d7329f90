import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { askAllNow, useLive } from '../live';
import { ProblemNote } from '../parts/problemNote';
import { forgetToken, hasToken, keepToken, thrownProblem, type Problem } from '../send';
import { beginSignIn, type CodeFlow } from './codeFlow';

interface SignIn {
  readonly kind: 'none' | 'entra' | 'appService';
  readonly codeFlow: CodeFlow | null;
}

const EVERY_MS = 60_000;

interface SignInPageProps {
  /** Why the host did not admit the caller. */
  readonly problem: Problem;
  /** What went wrong with the sign-in that led here. */
  readonly failed: Problem | null;
}

/** What stands in the place of a page that the host does not show to this caller: why, and how to sign in. */
export function SignInPage({ problem, failed }: SignInPageProps): JSX.Element {
  const { data } = useLive<SignIn>('/api/sign-in', EVERY_MS);
  const isKnown = problem.status === 403;
  return (
    <section class="card sign-in" aria-labelledby="sign-in">
      <h1 id="sign-in">{isKnown ? 'Your account has no role here' : 'Sign in'}</h1>
      <p>
        {isKnown
          ? 'The host knows who you are, and shows the fleet to readers, operators and approvers alone.'
          : 'This host shows its fleet to people of your organisation who have a role in Lowtide.'}
      </p>
      <p class="quiet value">
        {problem.title} {problem.detail}
      </p>
      <ProblemNote problem={failed} />
      {data?.codeFlow && <WithEntra flow={data.codeFlow} again={isKnown} />}
      {data?.kind === 'appService' && (
        <p>
          <a class="button primary" href="/.auth/login/aad?post_login_redirect_uri=/dashboard">
            Sign in with Microsoft Entra ID
          </a>
        </p>
      )}
      {data?.kind !== 'appService' && <WithToken isFirst={!data?.codeFlow} />}
    </section>
  );
}

function WithEntra({ flow, again }: { readonly flow: CodeFlow; readonly again: boolean }): JSX.Element {
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <>
      <p>
        <button
          type="button"
          class="primary"
          onClick={() => {
            beginSignIn(flow, again).catch((error: unknown) => {
              setProblem(thrownProblem('The sign-in could not begin.', error));
            });
          }}
        >
          {again ? 'Sign in with another account' : 'Sign in with Microsoft Entra ID'}
        </button>
      </p>
      <ProblemNote problem={problem} />
    </>
  );
}

/** For those who have a token already, and for hosts where the dashboard has no registration. */
function WithToken({ isFirst }: { readonly isFirst: boolean }): JSX.Element {
  const [token, setToken] = useState('');
  return (
    <details open={isFirst}>
      <summary>Use a token</summary>
      <p class="quiet">
        <code>az account get-access-token</code> prints one. It stays in this tab, and is forgotten with it.
      </p>
      <form
        class="key-form"
        onSubmit={(event) => {
          event.preventDefault();
          keepToken(token);
          askAllNow();
        }}
      >
        <label>
          Bearer token{' '}
          <input
            type="password"
            autocomplete="off"
            value={token}
            onInput={(event) => {
              setToken(event.currentTarget.value);
            }}
          />
        </label>
        <button type="submit">Use it in this tab</button>
        {hasToken() && (
          <button
            type="button"
            onClick={() => {
              forgetToken();
              askAllNow();
            }}
          >
            Forget the one there is
          </button>
        )}
      </form>
    </details>
  );
}
