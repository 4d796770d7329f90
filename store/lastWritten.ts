import type { Row, Table } from './store';

/**
 * What this process wrote last under a key. A row that still has the ETag of that write holds just this, so that it need not be read from
 * JSON and checked again. Those that were written longest ago are forgotten: their rows are read as any other.
 */
export class LastWritten<T extends object> {
  readonly #kept = new Map<string, { readonly etag: string; readonly value: T }>();

  /** `atMost`: so many rows are kept. */
  constructor(readonly atMost: number) {}

  /** What the row holds, if it was written here and by no other since. */
  of(key: string, { etag }: Row): T | undefined {
    const kept = this.#kept.get(key);
    return kept?.etag === etag ? kept.value : undefined;
  }

  keep(key: string, etag: string, value: T): void {
    this.#kept.delete(key);
    this.#kept.set(key, { etag, value });
    if (this.#kept.size <= this.atMost) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }
}

/** Inserts the row (`etag` null) or replaces the one that was read. Its ETag; null when another writer came first. */
export async function writeOne(
  table: Table,
  partition: string,
  { row, value, etag }: { readonly row: string; readonly value: unknown; readonly etag: string | null },
): Promise<string | null> {
  const changes = etag === null ? { insert: [{ row, value }] } : { replace: [{ row, value, etag }] };
  const etags = await table.commit(partition, changes);
  if (etags === null) return null;
  const written = etags.get(row);
  if (written !== undefined) return written;
  // Storage took it and its answer was lost. A row that another wrote since holds something else.
  const found = await table.get(partition, row);
  return JSON.stringify(found?.value) === JSON.stringify(value) ? (found?.etag ?? null) : null;
}
