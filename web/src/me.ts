import { useLive } from './live';

interface Me {
  readonly name: string;
  /** Never changes for one person; without sign-in it is `loopback` for all. */
  readonly id: string;
  readonly roles: readonly string[];
}

const EVERY_MS = 60_000;
const WITHOUT_SIGN_IN = 'loopback';

/** Why the caller may not do what needs the role operator; null when it may, or when that is not known. The API decides in any case. */
export function useWhyNoOperator(): string | null {
  const { data } = useLive<Me>('/api/me', EVERY_MS);
  return whyWithout('operator', data);
}

interface WhyNoApprover {
  /** Of approving: also whoever asked for the rollout may not. */
  readonly approve: string | null;
  readonly reject: string | null;
}

export function useWhyNoApprover(requestedBy: string): WhyNoApprover {
  const { data } = useLive<Me>('/api/me', EVERY_MS);
  const reject = whyWithout('approver', data);
  const hasAsked = data !== null && data.name === requestedBy && data.id !== WITHOUT_SIGN_IN;
  const own = hasAsked ? 'Off: you asked for this rollout, so another approver has to approve it.' : null;
  return { approve: reject ?? own, reject };
}

function whyWithout(role: string, me: Me | null): string | null {
  if (me === null || me.roles.includes(role)) return null;
  const roles = me.roles.length === 0 ? 'no role here' : `the role ${me.roles.join(', ')}`;
  return `Off: it needs the role ${role}, and ${me.name} has ${roles}.`;
}
