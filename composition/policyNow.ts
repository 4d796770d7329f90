import { Policy } from '../domain/policy';
import type { Services } from '../activities/services';
import type { PolicyVersion } from '../store/policies';

/** A policy that was applied by another process holds here after so long. By the app's clock: the same seed makes the same requests to the store. */
const LOOK_EVERY_MS = 300_000;

interface Known {
  readonly lookedMs: number;
  readonly version: number;
  readonly services: Services;
}

const KNOWN = new WeakMap<Services, Known>();

/** The services with the policy that is in force: that of the settings, with what the latest applied version sets over it. */
export async function withPolicyInForce<S extends Services>(services: S): Promise<S> {
  const lookedMs = Date.parse(services.nowUtc());
  const known = KNOWN.get(services);
  if (known !== undefined && lookedMs < known.lookedMs + LOOK_EVERY_MS) return known.services as S;
  return withPolicy(services, await services.policies.current(), lookedMs);
}

/** The services, which have from now on the policy that was just read. */
export function withPolicy<S extends Services>(
  services: S,
  current: PolicyVersion | null,
  lookedMs = Date.parse(services.nowUtc()),
): S {
  const known = KNOWN.get(services);
  const version = current?.version ?? 0;
  const found =
    known?.version === version
      ? (known.services as S)
      : {
          ...services,
          policy:
            current === null ? services.policy : Policy.parse({ ...services.policy, ...current.members }),
        };
  KNOWN.set(services, { lookedMs, version, services: found });
  return found;
}

/** What was applied here holds for the next request to this process. */
export function lookAtPolicyAgain(base: Services): void {
  KNOWN.delete(base);
}
