/** Counts requests to Azurite by what they are for, from the lines that it logs. */
export class StorageRequests {
  readonly #counts = new Map<RequestKind, number>();

  add(line: string): void {
    const found = /"([A-Z]+) \/devstoreaccount1\/([^ ?"(]*)/.exec(line);
    if (found === null) return;
    const kind = kindOf(found[1] ?? '', found[2] ?? '');
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** Most first, and their sum. */
  describe(): string {
    const counts = [...this.#counts].sort(([, a], [, b]) => b - a);
    const sum = counts.reduce((total, [, count]) => total + count, 0);
    return [...counts, ['all', sum] as const]
      .map(([kind, count]) => `${String(count).padStart(9)}  ${kind}`)
      .join('\n');
  }
}

type RequestKind =
  | 'messages taken from queues, and looks into empty ones'
  | 'messages put into queues, deleted and renewed'
  | 'history and instances of the hub'
  | 'partitions and leases of the hub'
  | 'large messages'
  | "the app's tables"
  | 'transactions: history of the hub and the app';

function kindOf(method: string, path: string): RequestKind {
  if (/^[^/]+\/messages/.test(path))
    return method === 'GET'
      ? 'messages taken from queues, and looks into empty ones'
      : 'messages put into queues, deleted and renewed';
  if (path === '$batch') return 'transactions: history of the hub and the app';
  if (/(History|Instances)$/.test(path)) return 'history and instances of the hub';
  if (/Partitions$|applease|leases|-control-|-workitems/.test(path))
    return 'partitions and leases of the hub';
  if (path.includes('largemessages')) return 'large messages';
  return "the app's tables";
}
