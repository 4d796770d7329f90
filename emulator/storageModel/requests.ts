/** Requests to the three services of a storage account, by what they are for. */
export const OPERATIONS = {
  queueAdd: 'queue',
  queueGet: 'queue',
  queueGetEmpty: 'queue',
  queueDelete: 'queue',
  historyRead: 'table',
  historyWrite: 'table',
  instanceRead: 'table',
  instanceWrite: 'table',
  partitionRead: 'table',
  partitionWrite: 'table',
  blobPut: 'blob',
  blobGet: 'blob',
  leaseRenew: 'blob',
} as const;

export type Operation = keyof typeof OPERATIONS;
export type Service = (typeof OPERATIONS)[Operation];

/** Counts by orchestration, by entity (`@name`), and for what belongs to neither. */
export class RequestCounts {
  readonly #byName = new Map<string, Map<Operation, number>>();

  add(name: string, operation: Operation, count = 1): void {
    if (count === 0) return;
    let counts = this.#byName.get(name);
    if (counts === undefined) {
      counts = new Map();
      this.#byName.set(name, counts);
    }
    counts.set(operation, (counts.get(operation) ?? 0) + count);
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** Of one name, or of all. */
  of(operation: Operation, name?: string): number {
    if (name !== undefined) return this.#byName.get(name)?.get(operation) ?? 0;
    return this.names.reduce((sum, each) => sum + this.of(operation, each), 0);
  }

  service(service: Service, name?: string): number {
    const operations = Object.entries(OPERATIONS) as [Operation, Service][];
    return operations
      .filter(([, of]) => of === service)
      .reduce((sum, [operation]) => sum + this.of(operation, name), 0);
  }

  total(name?: string): number {
    return this.service('queue', name) + this.service('table', name) + this.service('blob', name);
  }
}
