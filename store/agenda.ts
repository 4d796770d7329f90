import { z } from 'zod';
import { Utc } from '../domain/ids';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

/** Something that a sweep looks after, and the instant from which on there is something to do. */
export interface AgendaItem {
  readonly name: AgendaName;
  readonly dueUtc: string;
  readonly etag: string;
}

/** `ledger~<key>` is one disruption ledger, `rollouts` the open rollouts, `purge` how far finished instances were purged; the others are what their sweep is called after. */
export type AgendaName =
  'assessments' | 'secondChances' | 'extensions' | 'inventory' | 'rollouts' | 'purge' | `ledger~${string}`;

/** Nothing is known to become due. */
export const NEVER_UTC = '9999-12-31T00:00:00.000Z';

/**
 * What there is to do for the sweeps, and when: one partition of a few rows, so that an hour in which nothing is due costs one request.
 * A row may say too early, which costs a sweep in vain; it never says too late.
 */
export interface AgendaStore {
  list(): Promise<readonly AgendaItem[]>;
  read(name: AgendaName): Promise<AgendaItem | null>;
  /** There is something to do at this instant: the item becomes due no later. */
  soonest(name: AgendaName, dueUtc: string): Promise<void>;
  /** After a sweep: due at this instant, unless it was brought forward since the item was read. */
  settle(seen: AgendaItem | null, name: AgendaName, dueUtc: string): Promise<void>;
}

const PARTITION = 'agenda';
const Due = z.object({ dueUtc: Utc });
const parseDue = parsedOnce(Due);

export function agendaStore(store: Store): AgendaStore {
  const table = store.table('agenda');
  const read = async (name: AgendaName): Promise<AgendaItem | null> => {
    const row = await table.get(PARTITION, name);
    return row && { name, dueUtc: parseDue(row.value).dueUtc, etag: row.etag };
  };
  return {
    read,
    list: async () =>
      (await table.list(PARTITION)).map(({ row, value, etag }) => ({
        name: row as AgendaName,
        dueUtc: parseDue(value).dueUtc,
        etag,
      })),
    soonest: async (name, dueUtc) => {
      for (;;) {
        const seen = await read(name);
        if (seen !== null && seen.dueUtc <= dueUtc) return;
        const written =
          seen === null
            ? await table.insert(PARTITION, name, { dueUtc })
            : await table.replace(PARTITION, name, { dueUtc }, seen.etag);
        if (written) return;
      }
    },
    settle: async (seen, name, dueUtc) => {
      if (seen?.dueUtc === dueUtc) return;
      if (seen === null) await table.insert(PARTITION, name, { dueUtc });
      else await table.replace(PARTITION, name, { dueUtc }, seen.etag);
    },
  };
}
