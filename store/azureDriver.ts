import { keyOf } from '../domain/ids';
import { TRANSACTION_CHANGES_MAX } from './rowValue';
import type { Store } from './store';

/** What the Azure driver keeps between calls and hosts. It knows the shapes; here they are values. */
export interface AzureDriverStore {
  /** Of each VM and lane the latest operation. */
  readOperation(vmKey: string, lane: string): Promise<unknown>;
  putOperation(vmKey: string, lane: string, operation: unknown): Promise<void>;
  appendEvents(events: readonly LoggedEvent[]): Promise<void>;
  /** Those of a day in UTC, `2026-11-10`, in the order of time. */
  eventsOf(day: string): Promise<readonly unknown[]>;
  /** Removes them, so many at most; how many there were. */
  dropEventsOf(day: string, max: number): Promise<number>;
}

/** What the key of an event is made of: the same event written twice is one row. */
export interface LoggedEvent {
  readonly at: string;
  readonly action: string;
  readonly vm: string;
  readonly operationId: string | null;
  readonly [detail: string]: unknown;
}

export function azureDriverStore(store: Store): AzureDriverStore {
  const operations = store.table('azureOperations');
  const log = store.table('azureLog');
  return {
    readOperation: async (vmKey, lane) => (await operations.get(vmKey, lane))?.value ?? null,
    putOperation: (vmKey, lane, operation) => operations.upsert(vmKey, lane, operation),
    appendEvents: async (events) => {
      const days = byDay(events);
      for (const [day, ofDay] of days) {
        const rows = new Map(ofDay.map((value) => [rowOf(value), value]));
        const upsert = [...rows].map(([row, value]) => ({ row, value }));
        for (let from = 0; from < upsert.length; from += TRANSACTION_CHANGES_MAX)
          await log.write(day, { upsert: upsert.slice(from, from + TRANSACTION_CHANGES_MAX) });
      }
    },
    dropEventsOf: async (day, max) => {
      const rows = (await log.list(day, { take: max })).map(({ row }) => row);
      for (let from = 0; from < rows.length; from += TRANSACTION_CHANGES_MAX)
        await log.write(day, { remove: rows.slice(from, from + TRANSACTION_CHANGES_MAX) });
      return rows.length;
    },
    eventsOf: async (day) => (await log.list(day)).map(({ value }) => value),
  };
}

function rowOf(event: LoggedEvent): string {
  const { at, action, vm, operationId } = event;
  const patchId = typeof event['patchId'] === 'string' ? keyOf(event['patchId']) : '';
  return [at, keyOf(vm), action, operationId ?? '', patchId].join('~');
}

function byDay(events: readonly LoggedEvent[]): Map<string, LoggedEvent[]> {
  const days = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    const day = event.at.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return days;
}
