import { z } from 'zod';
import { Utc } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import { CONTROL } from './rollouts';
import type { Store } from './store';

/** A policy that was applied: what it sets over the settings of the deployment. */
export const PolicyVersion = z.object({
  /** From 1. */
  version: z.number().int().positive(),
  appliedUtc: Utc,
  appliedBy: z.string(),
  reason: z.string(),
  /** As it was written. */
  text: z.string(),
  members: z.record(z.string(), z.unknown()),
});
export type PolicyVersion = Readonly<z.infer<typeof PolicyVersion>>;

export interface PolicyStore {
  /** Null: none was ever applied, and the settings of the deployment hold. */
  current(): Promise<PolicyVersion | null>;
  /** False when another was applied since: versions follow each other, and none is overwritten. */
  apply(version: PolicyVersion): Promise<boolean>;
  /** The latest first, at most so many. */
  versions(max: number): Promise<readonly PolicyVersion[]>;
}

const ALL = 'policy';
/** The one in force stands beside the rollouts and the agenda, so that the hourly look at these sees it, too. */
export const POLICY_ROW = '~policy';
export const parsePolicyVersion = parsedOnce(PolicyVersion);

/** Numbers count down in keys, so that the latest is the first row, and one short read finds it. */
const LAST = 9_999_999_999;
const rowOf = (version: number): string => `v~${LAST - version}`;

export function policyStore(store: Store): PolicyStore {
  const table = store.table('policies');
  const inForce = store.table('rollouts');
  const current = async (): Promise<PolicyVersion | null> => {
    const row = await inForce.get(CONTROL, POLICY_ROW);
    return row && parsePolicyVersion(row.value);
  };
  return {
    current,
    apply: async (version) => {
      if (await table.insert(ALL, rowOf(version.version), version)) {
        await inForce.upsert(CONTROL, POLICY_ROW, version);
        return true;
      }
      // A crash between the two: what was applied then is in force from now on.
      const row = await table.get(ALL, rowOf(version.version));
      if (row !== null && ((await current())?.version ?? 0) < version.version)
        await inForce.upsert(CONTROL, POLICY_ROW, row.value);
      return false;
    },
    versions: async (max) =>
      (await table.list(ALL, { from: 'v~', before: 'v~~' }))
        .slice(0, max)
        .map(({ value }) => parsePolicyVersion(value)),
  };
}
