import type { Store, Table, TableName } from '../../store/store';

/** Azure answers a list in pages of at most so many rows, each a request. */
const PAGE_ROWS_MAX = 1000;

/** How many requests the app makes to its tables, by table and operation. */
export class RequestsMade {
  readonly #counts = new Map<string, number>();

  wrap(store: Store): Store {
    return { table: (name) => this.#counting(name, store.table(name)) };
  }

  /** Those so far, as `rollouts.list`. */
  get counts(): ReadonlyMap<string, number> {
    return new Map(this.#counts);
  }

  #counting(name: TableName, table: Table): Table {
    const add = (operation: string, requests = 1): void => {
      const key = `${name}.${operation}`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + requests);
    };
    const counted =
      <Given extends unknown[], Answer>(operation: string, work: (...given: Given) => Answer) =>
      (...given: Given): Answer => {
        add(operation);
        return work(...given);
      };
    return {
      get: counted('get', (...given: Parameters<Table['get']>) => table.get(...given)),
      insert: counted('insert', (...given: Parameters<Table['insert']>) => table.insert(...given)),
      upsert: counted('upsert', (...given: Parameters<Table['upsert']>) => table.upsert(...given)),
      replace: counted('replace', (...given: Parameters<Table['replace']>) => table.replace(...given)),
      remove: counted('remove', (...given: Parameters<Table['remove']>) => table.remove(...given)),
      removeIf: counted('remove', (...given: Parameters<Table['removeIf']>) => table.removeIf(...given)),
      commit: counted('commit', (...given: Parameters<Table['commit']>) => table.commit(...given)),
      list: async (partition, range) => {
        const rows = await table.list(partition, range);
        add('list', Math.max(1, Math.ceil(rows.length / PAGE_ROWS_MAX)));
        return rows;
      },
      write: async (partition, changes) => {
        // A write without a change sends nothing.
        if (Object.values(changes).some((rows: readonly unknown[]) => rows.length > 0)) add('write');
        return table.write(partition, changes);
      },
    };
  }
}
