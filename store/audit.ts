import { z } from 'zod';
import { messageOf } from '../domain/messageOf';
import {
  canonicalJson,
  ChainedRow,
  faultsOf,
  hashOf,
  linked,
  NO_ROWS,
  type ChainFault,
  type ChainHead,
} from './auditChain';
import { AuditRow } from './auditRow';
import type { ListPage } from './listPage';
import type { Store, Table } from './store';

export interface AuditStore {
  /** `key` makes a repeated decision the same row: a crash between two lines must not write it twice. */
  append(chain: string, key: string, row: AuditRow): Promise<void>;
  /** What a person decides is a row of its own, also where a row has its key: two decisions may be alike and of one instant. */
  appendNew(chain: string, key: string, row: AuditRow): Promise<void>;
  has(chain: string, key: string): Promise<boolean>;
  /** Oldest first. */
  list(chain: string): Promise<readonly AuditRow[]>;
  /** In the order in which they were written, from behind the row with this number; empty for the first page. */
  page(chain: string, after: string, size?: number): Promise<ListPage<ChainedRow>>;
  /** The same page for a reader that must get past a row that cannot be read. */
  readablePage(chain: string, afterSeq: number): Promise<ReadablePage>;
  /** The chains that there are. */
  chains(): Promise<readonly string[]>;
  /** Reads a chain whole, and finds rows that were changed, removed or added. */
  verify(chain: string): Promise<ChainReport>;
}

export interface ReadablePage {
  readonly rows: readonly ChainedRow[];
  readonly unreadable: readonly { readonly seq: number; readonly error: string }[];
  /** Where the next page begins; null for a page without any row. */
  readonly lastSeq: number | null;
  readonly isLast: boolean;
}

export interface ChainReport {
  readonly chain: string;
  readonly rowCount: number;
  /** The hash of the last row: noted elsewhere, it shows later that nothing before it was changed. */
  readonly head: string;
  readonly faults: readonly ChainFault[];
}

const PAGE_SIZE = 500;
const SEQ_DIGITS = 10;
/** The partition that lists the chains. */
const CHAINS = 'chains';

/**
 * Written before the row itself: a repeated decision finds it, and looks for its row behind `afterSeq`. Written together with the row it has no need to
 * hold it once more: its hash says which one that was.
 */
const Reservation = z.union([
  z.object({ afterSeq: z.number().int(), row: AuditRow }),
  z.object({ afterSeq: z.number().int(), hash: z.string() }),
]);

/** Rows of the audit are the most there are, and each is read once or twice: what was parsed is not kept. */
const parseChainedRow = (value: unknown): ChainedRow => ChainedRow.parse(value);
const parseReservation = (value: unknown): z.output<typeof Reservation> => Reservation.parse(value);

const seqKey = (seq: number): string => `c~${String(seq).padStart(SEQ_DIGITS, '0')}`;
const seqOf = (key: string): number => Number(key.slice('c~'.length));
const reservationKey = (key: string): string => `k~${key}`;

/**
 * Append-only, each row with the hash of the one before. The number of a row is its key, and inserting it is what decides which of two
 * writers comes first: the other one reads that row and comes after it. So no transaction and no lock is needed, whatever the store.
 */
export function auditStore(store: Store): AuditStore {
  const table = store.table('audit');
  const writer = chainWriter(table);
  const rowsFrom = async (chain: string, from: number, count: number): Promise<readonly ChainedRow[]> => {
    const range = { from: seqKey(from), before: seqKey(from + count) };
    return (await table.list(chain, range)).map(({ value }) => parseChainedRow(value));
  };
  return {
    append: (chain, key, row) => writer.append(chain, key, row),
    appendNew: (chain, key, row) => writer.appendNew(chain, key, row),
    has: async (chain, key) => (await table.get(chain, reservationKey(key))) !== null,
    list: async (chain) =>
      (await table.list(chain, { from: 'c~', before: 'c~~' }))
        .map(({ value }) => AuditRow.parse(value))
        .sort((a, b) => (a.atUtc < b.atUtc ? -1 : a.atUtc > b.atUtc ? 1 : 0)),
    page: async (chain, after, size = PAGE_SIZE) => {
      const from = Number(after) + 1;
      const value = await rowsFrom(chain, from, size);
      const last = value.at(-1);
      return { value, next: value.length < size || last === undefined ? null : String(last.seq) };
    },
    readablePage: (chain, afterSeq) => readablePage(table, chain, afterSeq),
    chains: async () => (await table.list(CHAINS)).map(({ row }) => row),
    verify: (chain) => verifyChain(table, chain),
  };
}

async function readablePage(table: Table, chain: string, afterSeq: number): Promise<ReadablePage> {
  const range = { from: seqKey(afterSeq + 1), before: seqKey(afterSeq + 1 + PAGE_SIZE) };
  const found = await table.list(chain, range);
  const rows: ChainedRow[] = [];
  const unreadable: { seq: number; error: string }[] = [];
  for (const { row, value } of found)
    try {
      rows.push(parseChainedRow(value));
    } catch (error) {
      unreadable.push({ seq: seqOf(row), error: messageOf(error) });
    }
  const last = found.at(-1);
  return {
    rows,
    unreadable,
    lastSeq: last === undefined ? null : seqOf(last.row),
    isLast: found.length < PAGE_SIZE,
  };
}

type ChainWriter = Pick<AuditStore, 'append' | 'appendNew'>;

function chainWriter(table: Table): ChainWriter {
  /** How each chain stood when this process last looked: a hint, from which the end is found. */
  const heads = new Map<string, ChainHead>();
  const inTurn = turnsOfChains();

  /** Behind whatever other writers have put at the end meanwhile. */
  async function link(chain: string, key: string, row: AuditRow, from: ChainHead): Promise<void> {
    if (from.seq === 0) await table.insert(CHAINS, chain, {});
    for (let head = from; ;) {
      const next = linked(chain, key, row, head);
      const isMine = await table.insert(chain, seqKey(next.seq), next);
      const written = isMine ? next : await readRow(table, chain, next.seq);
      if (written === null)
        throw new Error(`Row ${next.seq} of the audit ${chain} is there and cannot be read.`);
      head = { seq: written.seq, hash: written.hash };
      heads.set(chain, head);
      if (written.key === key) return;
    }
  }

  /** As a rule this process wrote the last row, and neither the key nor the number is taken: then one transaction does. */
  async function bothAtOnce(chain: string, key: string, row: AuditRow, head: ChainHead): Promise<boolean> {
    if (head.seq === 0) return false;
    const next = linked(chain, key, row, head);
    const insert = [
      { row: reservationKey(key), value: { afterSeq: head.seq, hash: next.hash } },
      { row: seqKey(next.seq), value: next },
    ];
    if (!(await table.commit(chain, { insert }))) return false;
    heads.set(chain, { seq: next.seq, hash: next.hash });
    return true;
  }

  /** False when the key has another row. */
  async function appendNow(chain: string, key: string, row: AuditRow): Promise<boolean> {
    const head = heads.get(chain) ?? (await findHead(table, chain));
    if (await bothAtOnce(chain, key, row, head)) return true;
    const reserved = await table.insert(chain, reservationKey(key), { afterSeq: head.seq, row });
    if (reserved) {
      await link(chain, key, row, head);
      return true;
    }
    const found = await table.get(chain, reservationKey(key));
    if (found === null) throw new Error(`Row ${key} of the audit ${chain} was there and is not any more.`);
    const first = parseReservation(found.value);
    // Its row was written with it: by this call, when the answer of the table was lost and it was asked again.
    if ('hash' in first) return first.hash === linked(chain, key, row, head).hash;
    if (!(await isLinked(table, chain, key, first.afterSeq))) await link(chain, key, first.row, head);
    return canonicalJson(first.row) === canonicalJson(row);
  }

  /**
   * A key that is taken is appended to all the same: its own row may have broken off half way, and is ended with that. One that was free may have
   * gone to another host in between.
   */
  async function appendNewNow(chain: string, key: string, row: AuditRow): Promise<void> {
    for (let [next, n, isWritten] = [key, 2, false]; !isWritten; next = `${key}~${n}`, n += 1) {
      const isTaken = (await table.get(chain, reservationKey(next))) !== null;
      isWritten = (await appendNow(chain, next, row)) && !isTaken;
    }
  }

  return {
    append: (chain, key, row) => inTurn(chain, () => appendNow(chain, key, row)),
    appendNew: (chain, key, row) => inTurn(chain, () => appendNewNow(chain, key, row)),
  };
}

/** Of one process the rows of a chain are written one after another, so that they do not get in each other's way. */
function turnsOfChains(): (chain: string, write: () => Promise<unknown>) => Promise<void> {
  const queues = new Map<string, Promise<unknown>>();
  return async (chain, write) => {
    const before = queues.get(chain) ?? Promise.resolve();
    const mine = before.then(write);
    queues.set(
      chain,
      mine.catch(() => undefined),
    );
    await mine;
  };
}

/** As a rule its row is among the next few: a halt that stands is asked about after each round, while the chain grows. */
async function isLinked(table: Table, chain: string, key: string, afterSeq: number): Promise<boolean> {
  for (let from = seqKey(afterSeq + 1); ;) {
    const rows = await table.list(chain, { from, before: 'c~~', take: PAGE_SIZE });
    if (rows.some(({ value }) => parseChainedRow(value).key === key)) return true;
    const last = rows.at(-1);
    if (rows.length < PAGE_SIZE || last === undefined) return false;
    from = seqKey(seqOf(last.row) + 1);
  }
}

async function readRow(table: Table, chain: string, seq: number): Promise<ChainedRow | null> {
  const row = await table.get(chain, seqKey(seq));
  return row && parseChainedRow(row.value);
}

/** Numbers have no gap, so the last is found by halves: some thirty reads of a chain with a million rows, once a process. */
async function findHead(table: Table, chain: string): Promise<ChainHead> {
  let [found, missing]: [ChainHead, number] = [NO_ROWS, 1];
  for (let row = await readRow(table, chain, 1); row !== null; row = await readRow(table, chain, missing)) {
    found = row;
    missing = row.seq * 2;
  }
  while (missing - found.seq > 1) {
    const middle = Math.floor((found.seq + missing) / 2);
    const row = await readRow(table, chain, middle);
    if (row === null) missing = middle;
    else found = row;
  }
  return { seq: found.seq, hash: found.hash };
}

async function verifyChain(table: Table, chain: string): Promise<ChainReport> {
  const faults: ChainFault[] = [];
  const unseen = new Map<string, Reservation>();
  for (const { row, value } of await table.list(chain, { from: 'k~', before: 'k~~' }))
    unseen.set(row.slice(2), parseReservation(value));
  const rows = (await table.list(chain, { from: 'c~', before: 'c~~' })).map(({ value }) =>
    parseChainedRow(value),
  );
  faults.push(...faultsOf(rows));
  for (const row of rows) {
    const reservation = unseen.get(row.key);
    unseen.delete(row.key);
    const { seq } = row;
    if (reservation === undefined)
      faults.push({ seq, kind: 'added', detail: `row ${seq} was not written by Lowtide, or twice` });
    else if (!isReserved(reservation, row))
      faults.push({ seq, kind: 'changed', detail: `row ${seq} is not what was decided` });
  }
  for (const [key, { afterSeq }] of unseen)
    faults.push({
      seq: afterSeq + 1,
      kind: 'removed',
      detail: `'${key}' was decided after row ${afterSeq} and has no row: it was removed, or its writer died before it wrote it`,
    });
  return { chain, rowCount: rows.length, head: rows.at(-1)?.hash ?? NO_ROWS.hash, faults };
}

function isReserved(reservation: Reservation, row: ChainedRow): boolean {
  if ('hash' in reservation) return reservation.hash === hashOf(row);
  return canonicalJson(AuditRow.parse(row)) === canonicalJson(reservation.row);
}

type Reservation = z.infer<typeof Reservation>;
