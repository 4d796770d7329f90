import type { Store, Table, TableName } from '../../store/store';

/** How many rows were read of each table: a row that is not there counts, too, for it was asked for. */
export class RowsRead {
  readonly #byTable = new Map<TableName, number>();

  wrap(store: Store): Store {
    return { table: (name) => this.#counting(name, store.table(name)) };
  }

  of(names: readonly TableName[]): number {
    return names.reduce((sum, name) => sum + (this.#byTable.get(name) ?? 0), 0);
  }

  get byTable(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#byTable].sort(([, a], [, b]) => b - a));
  }

  #counting(name: TableName, table: Table): Table {
    const add = (count: number): void => {
      this.#byTable.set(name, (this.#byTable.get(name) ?? 0) + count);
    };
    return {
      get: async (partition, row) => {
        add(1);
        return table.get(partition, row);
      },
      list: async (partition, range) => {
        const rows = await table.list(partition, range);
        add(rows.length);
        return rows;
      },
      insert: (...given) => table.insert(...given),
      upsert: (...given) => table.upsert(...given),
      replace: (...given) => table.replace(...given),
      remove: (...given) => table.remove(...given),
      commit: (...given) => table.commit(...given),
      write: (...given) => table.write(...given),
    };
  }
}

/** What a rollout reads to go on. The others are read by the sweeps: the inventory and the schedule of assessments, by the clock. */
export const ROLLOUT_TABLES: readonly TableName[] = [
  'rollouts',
  'plans',
  'rounds',
  'outcomes',
  'operations',
  'evidence',
  'waits',
];
