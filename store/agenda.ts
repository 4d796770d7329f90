import { z } from 'zod';
import type { RolloutControl } from '../domain/control';
import { Utc } from '../domain/ids';
import { dueAtSweepUtc } from '../domain/hourlySweep';
import { AgreedListing } from '../domain/inventoryChanges';
import { earlier } from '../domain/instants';
import { parsedOnce } from './parsedOnce';
import { parsePolicyVersion, POLICY_ROW, type PolicyVersion } from './policies';
import { BEHIND_ROLLOUTS, CONTROL, parseRolloutControl } from './rollouts';
import { TRANSACTION_CHANGES_MAX } from './rowValue';
import type { Row, Store } from './store';

/** Something that a sweep looks after, and the instant from which on there is something to do. */
export interface AgendaItem {
  readonly name: AgendaName;
  readonly dueUtc: string;
  readonly etag: string;
  /** Only of `inventory`, and only until the inventory is written to. */
  readonly listed?: AgreedListing;
}

/** `ledger~<key>` is one disruption ledger, `purge` how far finished instances were purged; the others are what their sweep is called after. */
export type AgendaName =
  'assessments' | 'secondChances' | 'extensions' | 'inventory' | 'purge' | `ledger~${string}`;

/** The row of one disruption ledger. */
export interface DueLedger {
  readonly key: string;
  readonly dueUtc: string;
  readonly etag: string;
}

const LEDGER = 'ledger~';

export const ledgerItem = (key: string): AgendaName => `${LEDGER}${key}`;

/** The ledgers that are due to be inspected by now. */
export const ledgersDue = (items: readonly AgendaItem[], nowUtc: string): DueLedger[] =>
  items
    .filter(({ name, dueUtc }) => name.startsWith(LEDGER) && dueUtc <= nowUtc)
    .map(({ name, dueUtc, etag }) => ({ key: name.slice(LEDGER.length), dueUtc, etag }));

/** A row as it was read; null: it was not there. */
export type SeenDue = Omit<AgendaItem, 'name'> | null;

export interface Rescheduled {
  readonly name: AgendaName;
  readonly seen: Exclude<SeenDue, null>;
  readonly dueUtc: string;
}

/** Nothing is known to become due. */
export const NEVER_UTC = '9999-12-31T00:00:00.000Z';

/**
 * What there is to do for the sweeps, and when: a few rows beside those of the rollouts, so that an hour in which nothing is due costs one request.
 * A row may say too early, which costs a sweep in vain; it never says too late.
 */
export interface AgendaStore {
  list(): Promise<readonly AgendaItem[]>;
  /** The agenda, every rollout there was, and the policy that was applied last: one request. */
  listWithRollouts(): Promise<{
    readonly items: readonly AgendaItem[];
    readonly rollouts: readonly RolloutControl[];
    readonly policy: PolicyVersion | null;
  }>;
  read(name: AgendaName): Promise<AgendaItem | null>;
  /**
   * There is something to do at this instant: the item becomes due no later. What is due by now may be under way in a sweep that has looked
   * before, so it is written again: that sweep does not put it off.
   */
  soonest(name: AgendaName, dueUtc: string, nowUtc: string): Promise<void>;
  /** After a sweep: due at this instant, unless it was brought forward since the item was read. */
  reschedule(seen: SeenDue, name: AgendaName, dueUtc: string, listed?: AgreedListing | null): Promise<void>;
  /** The same for many that were there, together where none was brought forward. */
  rescheduleAll(items: readonly Rescheduled[]): Promise<void>;
}

const PARTITION = CONTROL;
/** Sorts after every id of a rollout. */
export const AGENDA_PREFIX = '~agenda~';
const BEHIND_AGENDA = '~agenda~~';
const Due = z.object({ dueUtc: Utc, listed: AgreedListing.exactOptional() });
const parseDue = parsedOnce(Due);

export function agendaStore(store: Store): AgendaStore {
  const table = store.table('rollouts');
  const keyOf = (name: AgendaName): string => AGENDA_PREFIX + name;
  const itemOf = ({ row, value, etag }: Row): AgendaItem => {
    const name = row.slice(AGENDA_PREFIX.length) as AgendaName;
    const { dueUtc, listed } = parseDue(value);
    return listed === undefined ? { dueUtc, name, etag } : { dueUtc, listed, name, etag };
  };
  const read = async (name: AgendaName): Promise<AgendaItem | null> => {
    const row = await table.get(PARTITION, keyOf(name));
    return row && itemOf(row);
  };
  const reschedule: AgendaStore['reschedule'] = async (seen, name, dueUtc, listed = null) => {
    if (seen?.dueUtc === dueUtc) return;
    const value = listed === null ? { dueUtc } : { dueUtc, listed };
    if (seen === null) await table.insert(PARTITION, keyOf(name), value);
    else await table.replace(PARTITION, keyOf(name), value, seen.etag);
  };
  return {
    read,
    reschedule,
    rescheduleAll: async (items) => {
      for (let start = 0; start < items.length; start += TRANSACTION_CHANGES_MAX) {
        const some = items.slice(start, start + TRANSACTION_CHANGES_MAX);
        const replace = some.map(({ name, seen, dueUtc }) => ({
          row: keyOf(name),
          value: { dueUtc },
          etag: seen.etag,
        }));
        if ((await table.commit(PARTITION, { replace })) !== null) continue;
        for (const { name, seen, dueUtc } of some) await reschedule(seen, name, dueUtc);
      }
    },
    list: async () =>
      (await table.list(PARTITION, { from: AGENDA_PREFIX, before: BEHIND_AGENDA })).map(itemOf),
    listWithRollouts: async () => {
      const rows = await table.list(PARTITION);
      const policy = rows.find(({ row }) => row === POLICY_ROW);
      return {
        items: rows.filter(({ row }) => row.startsWith(AGENDA_PREFIX)).map(itemOf),
        rollouts: rows
          .filter(({ row }) => row < BEHIND_ROLLOUTS)
          .map(({ value }) => parseRolloutControl(value)),
        policy: policy === undefined ? null : parsePolicyVersion(policy.value),
      };
    },
    soonest: async (name, dueUtc, nowUtc) => {
      for (;;) {
        const seen = await read(name);
        if (seen !== null && seen.dueUtc <= dueUtc && seen.dueUtc > nowUtc) return;
        const value = { dueUtc: seen === null ? dueUtc : earlier(seen.dueUtc, dueUtc) };
        const written =
          seen === null
            ? await table.insert(PARTITION, keyOf(name), value)
            : await table.replace(PARTITION, keyOf(name), value, seen.etag);
        if (written) return;
      }
    },
  };
}

/**
 * Before the inventory is written to otherwise than it was listed: the next listing is compared with all of it. What races with this is found by the
 * comparison that there is once a day, whatever was listed.
 */
export async function forgetListed(store: Store): Promise<void> {
  const table = store.table('rollouts');
  const row = `${AGENDA_PREFIX}inventory`;
  for (;;) {
    const seen = await table.get(PARTITION, row);
    if (seen === null) return;
    const { dueUtc, listed } = parseDue(seen.value);
    if (listed === undefined) return;
    // Until it is compared, it was due no more than once a day.
    const { comparedUtc, everySeconds } = listed;
    const soonUtc = everySeconds === undefined ? dueUtc : dueAtSweepUtc(comparedUtc, everySeconds);
    if (await table.replace(PARTITION, row, { dueUtc: earlier(dueUtc, soonUtc) }, seen.etag)) return;
  }
}
