import { z } from 'zod';
import { Utc } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
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
const parseVersion = parsedOnce(PolicyVersion);

/** Numbers count down in keys, so that the latest is the first row, and one short read finds it. */
const LAST = 9_999_999_999;
const rowOf = (version: number): string => `v~${LAST - version}`;

export function policyStore(store: Store): PolicyStore {
  const table = store.table('policies');
  return {
    current: async () => {
      const row = await table.get(ALL, 'current');
      return row && parseVersion(row.value);
    },
    apply: async (version) => {
      if (!(await table.insert(ALL, rowOf(version.version), version))) return false;
      await table.upsert(ALL, 'current', version);
      return true;
    },
    versions: async (max) =>
      (await table.list(ALL, { from: 'v~', before: 'v~~' }))
        .slice(0, max)
        .map(({ value }) => parseVersion(value)),
  };
}
