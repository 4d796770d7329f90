import type { Row, Table } from './store';

const PAGE_SIZE = 500;

/** A page that is one request: Azure Tables answers with 1,000 rows at most, and a page looks at two more than it has. */
export const PAGE_OF_ONE_REQUEST = 998;

/** One page of a list. `next` is where the following page begins, null after the last. */
export interface ListPage<T> {
  readonly value: readonly T[];
  readonly next: string | null;
}

/** The rows of a partition in the order of their keys, from behind `after`, all of them with this beginning. A page reads what it returns. */
export async function listPage<T>(
  table: Table,
  partition: string,
  { after, prefix = '', size = PAGE_SIZE }: PageFrom,
  parse: (value: unknown, row: Row) => T,
): Promise<ListPage<T>> {
  const from = after > prefix ? after : prefix;
  // One more for the row that `after` names, and one to see whether there is a next page.
  const range = { ...(from !== '' && { from }), ...(prefix !== '' && { before: `${prefix}~` }) };
  const rows = (await table.list(partition, { ...range, take: size + 2 })).filter(({ row }) => row > after);
  const page = rows.slice(0, size);
  return {
    value: page.map((row) => parse(row.value, row)),
    next: rows.length > size ? (page.at(-1)?.row ?? null) : null,
  };
}

export interface PageFrom {
  readonly after: string;
  readonly prefix?: string;
  readonly size?: number;
}

/** Every row, page after page. */
export async function* allPages<T>(pageOf: (after: string) => Promise<ListPage<T>>): AsyncGenerator<T> {
  for (let after: string | null = ''; after !== null;) {
    const page: ListPage<T> = await pageOf(after);
    yield* page.value;
    after = page.next;
  }
}
