/** A row with its place in time: `<instant>~…`, unique within its source. */
export interface TimedRow<T> {
  readonly key: string;
  readonly value: T;
}

/** At most `take` rows behind `after`, in the order of their keys. */
export type TimeSource<T> = (after: string, take: number) => Promise<readonly TimedRow<T>[]>;

export interface TimePage<T> {
  readonly value: readonly T[];
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
}

/** Rows that one page reads at most: a filter that few fit gives short pages instead of long waits. */
const SCANNED_MAX = 5_000;

/** One page of several sources in order of time. What is equal in time is never parted by the end of a page. */
export async function pageInTime<T>(
  sources: readonly TimeSource<T>[],
  {
    after,
    size,
    isWanted,
  }: { readonly after: string; readonly size: number; readonly isWanted: (row: T) => boolean },
): Promise<TimePage<T>> {
  const value: T[] = [];
  let cursor = after;
  for (let scanned = 0; ;) {
    const found = await Promise.all(sources.map((source) => source(cursor, size)));
    // Behind the last row of a source that may have more, nothing is known yet.
    const full = found.flatMap((rows) => (rows.length < size ? [] : [rows.at(-1)?.key ?? '']));
    const horizon = full.reduce((a, b) => (a < b ? a : b), LAST);
    const rows = found.flat().filter(({ key }) => key <= horizon);
    rows.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    for (const { key, value: row } of rows) {
      if (value.length >= size && key !== cursor) return { value, next: cursor };
      cursor = key;
      if (isWanted(row)) value.push(row);
    }
    scanned += rows.length;
    if (full.length === 0) return { value, next: null };
    if (value.length >= size || scanned >= SCANNED_MAX) return { value, next: cursor };
  }
}

/** Behind every instant. */
const LAST = '~';
