import { useLive } from './live';

interface Me {
  readonly name: string;
  readonly roles: readonly string[];
  /** Where a rollout was named: whether the caller requested it. Names differ from client to client; the host knows. */
  readonly hasRequested?: boolean;
}

const EVERY_MS = 60_000;

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

export function useWhyNoApprover(rolloutId: string): WhyNoApprover {
  const { data } = useLive<Me>(`/api/me?rollout=${rolloutId}`, EVERY_MS);
  const reject = whyWithout('approver', data);
  const own =
    data?.hasRequested === true
      ? 'Off: you asked for this rollout, so another approver has to approve it.'
      : null;
  return { approve: reject ?? own, reject };
}

function whyWithout(role: string, me: Me | null): string | null {
  if (me === null || me.roles.includes(role)) return null;
  const roles = me.roles.length === 0 ? 'no role here' : `the role ${me.roles.join(', ')}`;
  return `Off: it needs the role ${role}, and ${me.name} has ${roles}.`;
}
