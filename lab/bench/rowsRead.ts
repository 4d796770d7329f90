import { AGENDA_PREFIX } from '../../store/agenda';
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
    const add = (count: number, of = name): void => {
      this.#byTable.set(of, (this.#byTable.get(of) ?? 0) + count);
    };
    // The agenda stands beside the rollouts, and is read by the clock.
    const isOfAgenda = (row: string): boolean => name === 'rollouts' && row.startsWith(AGENDA_PREFIX);
    return {
      get: async (partition, row) => {
        add(1, isOfAgenda(row) ? 'agenda' : name);
        return table.get(partition, row);
      },
      list: async (partition, range) => {
        const rows = await table.list(partition, range);
        const ofAgenda = rows.filter(({ row }) => isOfAgenda(row)).length;
        add(rows.length - ofAgenda);
        if (ofAgenda > 0) add(ofAgenda, 'agenda');
        return rows;
      },
      insert: (...given) => table.insert(...given),
      upsert: (...given) => table.upsert(...given),
      replace: (...given) => table.replace(...given),
      remove: (...given) => table.remove(...given),
      removeIf: (...given) => table.removeIf(...given),
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
