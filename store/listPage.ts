import type { Table } from './store';

const PAGE_SIZE = 500;

/** One page of a list. `next` is where the following page begins, null after the last. */
export interface ListPage<T> {
  readonly value: readonly T[];
  readonly next: string | null;
}

/** The rows of a partition in the order of their keys, from behind `after`. */
export async function listPage<T>(
  table: Table,
  partition: string,
  after: string,
  parse: (value: unknown) => T,
): Promise<ListPage<T>> {
  const rows = (await table.list(partition, { from: after })).filter(({ row }) => row > after);
  const page = rows.slice(0, PAGE_SIZE);
  return {
    value: page.map(({ value }) => parse(value)),
    next: rows.length > PAGE_SIZE ? (page.at(-1)?.row ?? null) : null,
  };
}
