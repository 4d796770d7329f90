import { z } from 'zod';
import { Utc } from '../domain/ids';
import { writeOne } from './lastWritten';
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
  /**
   * False when another was applied since: versions follow each other, and none is overwritten. The one that is in force from now on is written down
   * before it is; that is another when its own application broke off half way.
   */
  apply(version: PolicyVersion, writeDown: (applied: PolicyVersion) => Promise<void>): Promise<boolean>;
  /** The latest first, at most so many of those before a version; null begins with the latest. A page reads what it returns. */
  versions(before: number | null, max: number): Promise<readonly PolicyVersion[]>;
}

const ALL = 'policy';
/** The one in force stands beside the rollouts and the agenda, so that the hourly look at these sees it, too. */
export const POLICY_ROW = '~policy';
export const parsePolicyVersion = parsedOnce(PolicyVersion);

/** Numbers count down in keys, so that the latest is the first row, and one short read finds it. */
export const VERSION_MAX = 9_999_999_999;
const rowOf = (version: number): string => `v~${VERSION_MAX - version}`;

export function policyStore(store: Store): PolicyStore {
  const table = store.table('policies');
  const inForce = store.table('rollouts');
  const current = async (): Promise<PolicyVersion | null> => {
    const row = await inForce.get(CONTROL, POLICY_ROW);
    return row && parsePolicyVersion(row.value);
  };
  /** Never an older one in place of a newer. */
  const putInForce = async (version: PolicyVersion): Promise<void> => {
    for (;;) {
      const row = await inForce.get(CONTROL, POLICY_ROW);
      if (row !== null && parsePolicyVersion(row.value).version >= version.version) return;
      const change = { row: POLICY_ROW, value: version, etag: row?.etag ?? null };
      if ((await writeOne(inForce, CONTROL, change)) !== null) return;
    }
  };
  return {
    current,
    apply: async (version, writeDown) => {
      const isMine = await table.insert(ALL, rowOf(version.version), version);
      const row = isMine ? null : await table.get(ALL, rowOf(version.version));
      const applied = row === null ? version : parsePolicyVersion(row.value);
      // It is not in force where its host died before the end: it is from now on.
      if (((await current())?.version ?? 0) < applied.version) {
        await writeDown(applied);
        await putInForce(applied);
      }
      return isMine;
    },
    versions: async (before, max) => {
      const from = before === null ? 'v~' : rowOf(before - 1);
      const rows = await table.list(ALL, { from, before: 'v~~', take: max });
      return rows.map(({ value }) => parsePolicyVersion(value));
    },
  };
}
