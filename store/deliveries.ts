import { z } from 'zod';
import { Utc } from '../domain/ids';
import { NOTICE_KINDS } from '../domain/notices';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

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

export interface DeliveryStore {
  /** The number of the last row of a chain that notices were made of; 0 for none. */
  readCursor(chain: string): Promise<number>;
  saveCursor(chain: string, seq: number): Promise<void>;
  add(delivery: Delivery): Promise<void>;
  /** Those that may be tried now, the longest due first. */
  due(nowUtc: string): Promise<readonly Delivery[]>;
  /** All that wait, in the order in which they are due. */
  waiting(): Promise<readonly Delivery[]>;
  delivered(delivery: Delivery): Promise<void>;
  /** Back to waiting, with what came of the attempt. */
  postpone(from: Delivery, to: Delivery): Promise<void>;
  /** Given up: kept until a person has it tried again. */
  giveUp(from: Delivery, to: Delivery): Promise<void>;
  dead(): Promise<readonly Delivery[]>;
  /** A dead one waits again. False when there is none. */
  revive(noticeId: string, receiver: string, nextUtc: string): Promise<boolean>;
}

/** Waiting and dead ones share a partition, so that one transaction moves a delivery. */
const DELIVERIES = 'deliveries';
const CURSORS = 'cursors';

const parseDelivery = parsedOnce(Delivery);
const parseCursor = parsedOnce(z.object({ seq: z.number().int() }));

const waitingKey = ({ nextUtc, noticeId, receiver }: Delivery): string =>
  `w~${nextUtc}~${noticeId}~${receiver}`;
const deadKey = (noticeId: string, receiver: string): string => `d~${noticeId}~${receiver}`;

export function deliveryStore(store: Store): DeliveryStore {
  const table = store.table('deliveries');
  const listOf = async (from: string, before: string): Promise<readonly Delivery[]> =>
    (await table.list(DELIVERIES, { from, before })).map(({ value }) => parseDelivery(value));
  return {
    readCursor: async (chain) => {
      const row = await table.get(CURSORS, chain);
      return row === null ? 0 : parseCursor(row.value).seq;
    },
    saveCursor: (chain, seq) => table.upsert(CURSORS, chain, { seq }),
    add: async (delivery) => {
      await table.insert(DELIVERIES, waitingKey(delivery), delivery);
    },
    due: (nowUtc) => listOf('w~', `w~${nextOf(nowUtc)}`),
    waiting: () => listOf('w~', 'w~~'),
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
    dead: () => listOf('d~', 'd~~'),
    revive: async (noticeId, receiver, nextUtc) => {
      const found = await table.get(DELIVERIES, deadKey(noticeId, receiver));
      if (found === null) return false;
      const delivery = { ...parseDelivery(found.value), attempts: 0, nextUtc };
      await table.write(DELIVERIES, {
        upsert: [{ row: waitingKey(delivery), value: delivery }],
        remove: [deadKey(noticeId, receiver)],
      });
      return true;
    },
  };
}

/** The first key behind every delivery that is due at this instant. */
const nextOf = (nowUtc: string): string => `${nowUtc}~~`;
