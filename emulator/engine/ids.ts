import { randomUUID } from 'node:crypto';

/** Makes ids in the GUID shape the real host uses. `counter` is kept in the journal, so a restart never repeats an id. */
export interface Ids {
  guid(): string;
  readonly counter: number;
}

export function randomIds(): Ids {
  return { guid: () => randomUUID(), counter: 0 };
}

/** Counted instead of random: under the virtual clock a run must depend on the app and its inputs only. */
export function countedIds(start = 0): Ids {
  let counter = start;
  return {
    guid: () => {
      counter += 1;
      return `10de71de-0000-4000-8000-${counter.toString(16).padStart(12, '0')}`;
    },
    get counter() {
      return counter;
    },
  };
}

/** The `N` format of .NET: what the real host gives to instances and executions it names itself. */
export function withoutDashes(guid: string): string {
  return guid.replaceAll('-', '');
}
