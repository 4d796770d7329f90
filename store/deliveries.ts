import { z } from 'zod';
import { Utc } from '../domain/ids';
import { messageOf } from '../domain/messageOf';
import { NOTICE_KINDS, NOTICE_RANKS, rankOf } from '../domain/notices';
import { listPage, type ListPage } from './listPage';
import { parsedOnce } from './parsedOnce';
import type { Row, Store, Table } from './store';

/** One notice on its way to one receiver. */
export const Delivery = z.object({
  /** Of the notice: `chain~seq` of the row of the audit it comes from. Receivers tell repeats by it. */
  noticeId: z.string(),
  receiver: z.string(),
  kind: z.enum(NOTICE_KINDS),
  atUtc: Utc,
  subject: z.string(),
  why: z.string(),
  who: z.string(),
  rolloutId: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
  attempts: z.number().int(),
  /** Not tried before. */
  nextUtc: Utc,
  /** What came of the last attempt; null before the first. */
  lastError: z.string().nullable(),
});
export type Delivery = Readonly<z.infer<typeof Delivery>>;

/** A row that cannot be read is kept under another key, where no run meets it again; this is what a log says of it. */
export interface SetAside {
  readonly row: string;
  readonly error: string;
}

export interface DeliveryStore {
  /** The number of the last row of a chain that notices were made of; 0 for none. */
  readCursor(chain: string): Promise<number>;
  saveCursor(chain: string, seq: number): Promise<void>;
  /** New ones, not tried before. The same one again changes nothing. */
  add(deliveries: readonly Delivery[]): Promise<void>;
  /** The names for which something waits, one read each. */
  receivers(): Promise<readonly string[]>;
  /** Those of a receiver that may be tried now, at most 100: those that a person must act on at once first, then the longest due. */
  due(receiver: string, nowUtc: string): Promise<Due>;
  /** Puts rows that an older Lowtide left in one queue of all receivers where `due` finds them: 500 a call. */
  moveOld(): Promise<readonly SetAside[]>;
  /** What did not arrive, in the order of the keys: dead, waiting, set aside. One that cannot be read hides no other. */
  page(after: string, size: number): Promise<ListPage<Undelivered>>;
  delivered(delivery: Delivery): Promise<void>;
  /** Back to waiting, with what came of the attempt. */
  postpone(from: Delivery, to: Delivery): Promise<void>;
  /** Given up: kept until a person has it tried again. */
  giveUp(from: Delivery, to: Delivery): Promise<void>;
  /** A dead one waits again, if there is one that can be read. */
  revive(noticeId: string, receiver: string, nextUtc: string): Promise<'waits' | 'none' | 'unreadable'>;
}

export type Undelivered =
  | { readonly state: 'waiting' | 'dead'; readonly delivery: Delivery }
  /** Another version of Lowtide wrote it. */
  | ({ readonly state: 'unreadable' } & SetAside);

export interface Due {
  readonly deliveries: readonly Delivery[];
  readonly setAside: readonly SetAside[];
}

/** Waiting and dead ones share a partition, so that one transaction moves a delivery. */
const DELIVERIES = 'deliveries';
const CURSORS = 'cursors';

/** A run reads so many of a receiver, however many wait. */
const DUE_MAX = 100;
const OLD_MAX = 500;
/** Each is a removal and a write: 100 changes are one transaction. */
const MOVES_A_TRANSACTION = 50;

const parseDelivery = parsedOnce(Delivery);
const parseCursor = parsedOnce(z.object({ seq: z.number().int() }));

/** By receiver, then by rank: a halt is found at the beginning, whatever else waits. No name of a receiver has a `~`. */
const waitingKey = ({ nextUtc, noticeId, receiver, kind }: Delivery): string =>
  `q~${receiver}~${rankOf(kind)}~${nextUtc}~${noticeId}`;
const ASIDE = 'x~';
const deadKey = (noticeId: string, receiver: string): string => `d~${noticeId}~${receiver}`;

export function deliveryStore(store: Store): DeliveryStore {
  const table = store.table('deliveries');
  return {
    readCursor: async (chain) => {
      const row = await table.get(CURSORS, chain);
      return row === null ? 0 : parseCursor(row.value).seq;
    },
    saveCursor: (chain, seq) => table.upsert(CURSORS, chain, { seq }),
    add: (deliveries) =>
      table.write(DELIVERIES, { upsert: deliveries.map((value) => ({ row: waitingKey(value), value })) }),
    receivers: () => listReceivers(table),
    due: (receiver, nowUtc) => readDue(table, receiver, nowUtc),
    moveOld: () => moveOld(table),
    page: (after, size) =>
      listPage(table, DELIVERIES, { after, size }, (value, { row }) => undeliveredOf(row, value)),
    delivered: (delivery) => table.remove(DELIVERIES, waitingKey(delivery)),
    postpone: (from, to) =>
      table.write(DELIVERIES, {
        upsert: [{ row: waitingKey(to), value: to }],
        remove: [waitingKey(from)],
      }),
    giveUp: (from, to) =>
      table.write(DELIVERIES, {
        upsert: [{ row: deadKey(to.noticeId, to.receiver), value: to }],
        remove: [waitingKey(from)],
      }),
    revive: async (noticeId, receiver, nextUtc) => {
      const found = await table.get(DELIVERIES, deadKey(noticeId, receiver));
      if (found === null) return 'none';
      const dead = undeliveredOf(found.row, found.value);
      if (dead.state === 'unreadable') return 'unreadable';
      const delivery = { ...dead.delivery, attempts: 0, nextUtc };
      await table.write(DELIVERIES, {
        upsert: [{ row: waitingKey(delivery), value: delivery }],
        remove: [deadKey(noticeId, receiver)],
      });
      return 'waits';
    },
  };
}

function undeliveredOf(row: string, value: unknown): Undelivered {
  if (row.startsWith(ASIDE))
    return { state: 'unreadable', row, error: 'It could not be read when it was due, and was set aside.' };
  try {
    return { state: row.startsWith('d~') ? 'dead' : 'waiting', delivery: parseDelivery(value) };
  } catch (error) {
    return { state: 'unreadable', row, error: messageOf(error) };
  }
}

/** From the first row of one name to the first row of the next, so that what waits behind it is not read. */
async function listReceivers(table: Table): Promise<readonly string[]> {
  const names: string[] = [];
  for (let from = 'q~'; ;) {
    const [first] = await table.list(DELIVERIES, { from, before: 'q~~', take: 1 });
    if (first === undefined) return names;
    const [, name = ''] = first.row.split('~');
    names.push(name);
    from = `q~${name}~~`;
  }
}

async function readDue(table: Table, receiver: string, nowUtc: string): Promise<Due> {
  const rows: Row[] = [];
  for (const rank of NOTICE_RANKS) {
    const take = DUE_MAX - rows.length;
    const queue = `q~${receiver}~${rank}~`;
    if (take > 0)
      rows.push(...(await table.list(DELIVERIES, { from: queue, before: `${queue}${nowUtc}~~`, take })));
  }
  const { readable, setAside } = await readEach(table, rows);
  return { deliveries: readable.map(({ delivery }) => delivery), setAside };
}

/** Their keys were `w~nextUtc~noticeId~receiver`. */
async function moveOld(table: Table): Promise<readonly SetAside[]> {
  const rows = await table.list(DELIVERIES, { from: 'w~', before: 'w~~', take: OLD_MAX });
  const { readable, setAside } = await readEach(table, rows);
  for (let n = 0; n < readable.length; n += MOVES_A_TRANSACTION) {
    const moved = readable.slice(n, n + MOVES_A_TRANSACTION);
    await table.write(DELIVERIES, {
      upsert: moved.map(({ delivery }) => ({ row: waitingKey(delivery), value: delivery })),
      remove: moved.map(({ row }) => row),
    });
  }
  return setAside;
}

async function readEach(
  table: Table,
  rows: readonly Row[],
): Promise<{ readable: { row: string; delivery: Delivery }[]; setAside: SetAside[] }> {
  const readable: { row: string; delivery: Delivery }[] = [];
  const setAside: SetAside[] = [];
  for (const { row, value } of rows)
    try {
      readable.push({ row, delivery: parseDelivery(value) });
    } catch (error) {
      await table.write(DELIVERIES, { upsert: [{ row: `${ASIDE}${row}`, value }], remove: [row] });
      setAside.push({ row, error: messageOf(error) });
    }
  return { readable, setAside };
}
