import { useLive } from './live';

interface Me {
  readonly name: string;
  readonly roles: readonly string[];
}

const EVERY_MS = 60_000;

/** Why the caller may not do what needs the role operator; null when it may, or when that is not known. The API decides in any case. */
export function useWhyNoOperator(): string | null {
  const { data } = useLive<Me>('/api/me', EVERY_MS);
  if (data === null || data.roles.includes('operator')) return null;
  const roles = data.roles.length === 0 ? 'no role here' : `the role ${data.roles.join(', ')}`;
  return `Off: it needs the role operator, and ${data.name} has ${roles}.`;
}
