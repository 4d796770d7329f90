/** A row as the repositories see it: a value that survives JSON, under two keys, with the ETag it was read at. */
export interface Row {
  readonly partition: string;
  readonly row: string;
  /** Frozen: never mutate. */
  readonly value: unknown;
  readonly etag: string;
}

export interface RowRange {
  /** Inclusive lower and exclusive upper bound of the row key; absent for no bound. */
  readonly from?: string;
  readonly before?: string;
  /** So many rows at most, the first ones: no more is read. */
  readonly take?: number;
}

/** What one transaction changes: all of it, or nothing. */
export interface Conditions {
  /** Rows that must not be there. */
  readonly insert?: readonly { readonly row: string; readonly value: unknown }[];
  /** Rows that must be as they were read. */
  readonly replace?: readonly { readonly row: string; readonly value: unknown; readonly etag: string }[];
}

/** The ETags of the rows that were written, by row key. One that is not known is not there: its row has to be read. */
export type Committed = ReadonlyMap<string, string>;

/**
 * The little that Lowtide asks of a table store, so that Azure Tables and memory behave alike. Keys may contain any character but
 * `/ \ # ?` and control characters. Values up to 900 KB of JSON.
 */
export interface Table {
  get(partition: string, row: string): Promise<Row | null>;
  /** False when the row exists already. */
  insert(partition: string, row: string, value: unknown): Promise<boolean>;
  upsert(partition: string, row: string, value: unknown): Promise<void>;
  /** False when the row changed since `etag` was read, or is gone. */
  replace(partition: string, row: string, value: unknown, etag: string): Promise<boolean>;
  remove(partition: string, row: string): Promise<void>;
  /** False when the row changed since `etag` was read, or is gone. */
  removeIf(partition: string, row: string, etag: string): Promise<boolean>;
  /** In the order of the row keys. */
  list(partition: string, range?: RowRange): Promise<readonly Row[]>;
  /** One transaction of at most 100 changes. Null when a row was not as expected: then nothing was changed. */
  commit(partition: string, changes: Conditions): Promise<Committed | null>;
  /** Upserts and removals in one partition, in transactions of at most 100; each transaction is all or nothing. */
  write(
    partition: string,
    changes: {
      readonly upsert?: readonly { row: string; value: unknown }[];
      readonly remove?: readonly string[];
    },
  ): Promise<void>;
}

/**
 * None may end in `History`, `Instances` or `Partitions`, in any case: the task hub of the Functions host keeps tables of its own in the same
 * account, called `<hub>History`, `<hub>Instances` and `<hub>Partitions`, and table names ignore case. So no hub name can meet ours.
 */
export const TABLE_NAMES = [
  'inventory',
  'rollouts',
  'plans',
  'rounds',
  'outcomes',
  'operations',
  'assessments',
  'deliveries',
  'vmEvents',
  'evidence',
  'audit',
  'longRunning',
  'armResources',
  'waits',
  'hookAsks',
  'agenda',
  'azureOperations',
  'azureLog',
  'freezes',
  'policies',
  'patches',
] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** The name of one of Lowtide's tables in the storage account. */
export function accountTableName(name: TableName): string {
  return `lowtide${name}`;
}

export interface Store {
  table(name: TableName): Table;
}
