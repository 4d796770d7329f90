import { addSeconds } from '../domain/instants';
import { Policy } from '../domain/policy';
import type { Services } from '../activities/services';

/** A policy that was applied holds everywhere after so long: less than any poll of a rollout. */
const LOOK_EVERY_SECONDS = 10;

interface Known {
  readonly lookedUtc: string;
  readonly version: number;
  readonly services: Services;
}

const KNOWN = new WeakMap<Services, Known>();

/** The services with the policy that is in force: that of the settings, with what the latest applied version sets over it. */
export async function withPolicyInForce<S extends Services>(services: S): Promise<S> {
  const nowUtc = services.nowUtc();
  const known = KNOWN.get(services);
  if (known !== undefined && nowUtc < addSeconds(known.lookedUtc, LOOK_EVERY_SECONDS))
    return known.services as S;
  const current = await services.policies.current();
  const version = current?.version ?? 0;
  const found =
    known?.version === version
      ? (known.services as S)
      : {
          ...services,
          policy:
            current === null ? services.policy : Policy.parse({ ...services.policy, ...current.members }),
        };
  KNOWN.set(services, { lookedUtc: nowUtc, version, services: found });
  return found;
}

/** What was applied here holds for the next request to this process. */
export function lookAtPolicyAgain(base: Services): void {
  KNOWN.delete(base);
}
