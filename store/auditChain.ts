import { hash } from 'node:crypto';
import { z } from 'zod';
import { AuditRow } from './auditRow';

/**
 * A row of an audit in its place in the chain. Its hash is over everything else in it, the hash of the row before included: whoever changes,
 * removes or adds a row has to write every later row again, and the last hash is another one than was noted down.
 */
export const ChainedRow = AuditRow.extend({
  /** `rollout-2026-11`, `ledger`, `operator`. */
  chain: z.string(),
  /** From 1, without a gap. */
  seq: z.number().int().positive(),
  /** What makes a repeated decision the same row. */
  key: z.string(),
  /** The hash of the row before; zeros for the first. */
  previous: z.string(),
  hash: z.string(),
});
export type ChainedRow = Readonly<z.infer<typeof ChainedRow>>;

export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

export const NO_ROWS: ChainHead = { seq: 0, hash: '0'.repeat(64) };

export function linked(chain: string, key: string, row: AuditRow, head: ChainHead): ChainedRow {
  const { atUtc, who, what, subject, vmId, why, evidence } = row;
  const seq = head.seq + 1;
  const place = { chain, seq, key, previous: head.hash };
  const unsigned = { atUtc, who, what, subject, vmId, why, evidence, ...place };
  return { ...unsigned, hash: hashOf(unsigned) };
}

/** SHA-256 of the row's JSON with its members in alphabetical order, at every depth. */
export function hashOf({
  hash: _own,
  ...row
}: Omit<ChainedRow, 'hash'> & { readonly hash?: string }): string {
  return hash('sha256', canonicalJson(row), 'hex');
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

export interface ChainFault {
  readonly seq: number;
  readonly kind: 'changed' | 'removed' | 'added';
  readonly detail: string;
}

/** Where the rows of a chain, in their order, do not fit each other. `head` is how the chain stood before the first of them. */
export function faultsOf(rows: readonly ChainedRow[], head: ChainHead = NO_ROWS): ChainFault[] {
  const faults: ChainFault[] = [];
  let before = head;
  for (const row of rows) {
    const { seq, hash, previous } = row;
    if (seq > before.seq + 1)
      faults.push(fault(before.seq + 1, 'removed', `rows ${before.seq + 1} to ${seq - 1} are missing`));
    else if (seq <= before.seq) faults.push(fault(seq, 'added', `row ${seq} is there a second time`));
    else if (previous !== before.hash)
      faults.push(
        fault(seq, 'changed', `row ${seq} follows another row ${before.seq} than the one that is there`),
      );
    if (hashOf(row) !== hash)
      faults.push(fault(seq, 'changed', `row ${seq} is not what its hash was made of`));
    before = { seq, hash };
  }
  return faults;
}

const fault = (seq: number, kind: ChainFault['kind'], detail: string): ChainFault => ({ seq, kind, detail });
