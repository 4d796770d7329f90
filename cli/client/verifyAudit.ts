import { LowtideError } from '../../domain/lowtideError';
import { ChainedRow, faultsOf, type ChainFault } from '../../store/auditChain';
import { say } from '../../local/say';
import { writeJson } from '../../local/writeOutput';
import { apiClient, HOST_URL } from './apiClient';

export interface VerifyOptions {
  readonly verify?: boolean | undefined;
  readonly url?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly key?: string | undefined;
  readonly token?: string | undefined;
  /** A file that the report is written to, too; or instead of what people read. */
  readonly json?: string | true | undefined;
  /** `chain=hash`: a head that was noted down before. */
  readonly expect?: readonly string[] | undefined;
}

interface Verified {
  readonly chain: string;
  readonly rowCount: number;
  readonly head: string;
  readonly faults: readonly ChainFault[];
}

/**
 * Reads every row of the audit and computes its hash here, so that the host's word is not taken for it; what only the host can see (a row
 * that was decided and is not there) it says itself.
 */
export async function runVerifyAudit(options: VerifyOptions): Promise<0 | 2> {
  const { url, baseUrl, key, token, json } = options;
  const noted = (options.expect ?? []).map(notedHead);
  const api = apiClient({ url: url ?? baseUrl ?? process.env['LOWTIDE_URL'] ?? HOST_URL, key, token });
  const chains = new Map<string, ChainedRow[]>();
  for await (const raw of api.rows<unknown>('/api/audit')) {
    const row = ChainedRow.parse(raw);
    const rows = chains.get(row.chain);
    if (rows === undefined) chains.set(row.chain, [row]);
    else rows.push(row);
  }
  const said = await api.get<{ chains: readonly Verified[] }>('/api/audit/verify');
  const verified = said.chains.map((one) => checked(one, chains.get(one.chain) ?? [], noted));
  for (const { chain, hash } of noted)
    if (!verified.some((one) => one.chain === chain)) verified.push(vanished(chain, hash));
  if (json === true) say.line(JSON.stringify(verified, null, 2));
  else {
    if (json !== undefined) writeJson(json, verified);
    for (const one of verified) describe(one);
  }
  return verified.some(({ faults }) => faults.length > 0) ? 2 : 0;
}

/** A hash that was noted down of a chain: that of its last row then. */
interface NotedHead {
  readonly chain: string;
  readonly hash: string;
}

/** `chain=hash`. A text that is neither would compare nothing, and look as if it had. */
function notedHead(text: string): NotedHead {
  const [, chain, hash] = /^(.+)=([0-9a-f]{64})$/i.exec(text) ?? [];
  if (chain !== undefined && hash !== undefined) return { chain, hash: hash.toLowerCase() };
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `--expect '${text}' is not a hash of a chain.`,
    why: 'A chain and a SHA-256 of 64 hexadecimal digits are compared.',
    fix: 'Write it as rollout-2026-11=<hash>, with a head that `lowtide audit --verify` printed.',
  });
}

function checked(host: Verified, rows: readonly ChainedRow[], noted: readonly NotedHead[]): Verified {
  const { chain } = host;
  const faults = [...host.faults];
  for (const fault of faultsOf(rows))
    if (!faults.some(({ seq, kind }) => seq === fault.seq && kind === fault.kind)) faults.push(fault);
  const hashes = new Set(rows.map(({ hash }) => hash));
  for (const { hash } of noted.filter((one) => one.chain === chain))
    if (!hashes.has(hash))
      faults.push({
        seq: 0,
        kind: 'changed',
        detail: `no row has the hash ${hash} that was noted: the chain was replaced`,
      });
  return { chain, rowCount: rows.length, head: rows.at(-1)?.hash ?? host.head, faults };
}

/** The host names no chain that it does not have: only who noted a hash knows that it is gone. */
function vanished(chain: string, hash: string): Verified {
  const detail = `the host has no chain of this name, of which the hash ${hash} was noted`;
  return { chain, rowCount: 0, head: '', faults: [{ seq: 0, kind: 'removed', detail }] };
}

function describe({ chain, rowCount, head, faults }: Verified): void {
  say.line(
    `${chain}: ${rowCount} rows, ${faults.length === 0 ? 'whole' : faults.length === 1 ? '1 fault' : `${faults.length} faults`}; head ${head === '' ? 'none' : head}`,
  );
  for (const { kind, detail } of faults) say.line(`  ${kind}: ${detail}`);
}
