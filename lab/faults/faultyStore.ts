import type { Row, Store, Table, TableName } from '../../store/store';
import type { FaultKind, Faults } from './faults';

const RATES: readonly (readonly [FaultKind, number])[] = [
  ['storeUnavailable', 0.0006],
  ['storeAnswerLost', 0.0006],
  ['storeConflict', 0.0006],
  ['storeHalfWritten', 0.0006],
];

/** A transaction of Azure Tables takes so many changes; a longer write may stop between two of them. */
const TRANSACTION_CHANGES = 100;

type NextFault = () => FaultKind | null;

/** A store that fails as Azure Tables does. What it says was done was done, and its ETags are always right. */
export function faultyStore(store: Store, faults: Faults): Store {
  const tables = new Map<TableName, Table>();
  return {
    table: (name) => {
      const known = tables.get(name) ?? faultyTable(store.table(name), name, faults);
      tables.set(name, known);
      return known;
    },
  };
}

function faultyTable(table: Table, name: TableName, faults: Faults): Table {
  const nextFault = faults.stream(`table ${name}`, RATES);
  const failIfOut = (): void => {
    if (faults.isOut('storeOutage')) throw unavailable(name);
  };
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    failIfOut();
    const fault = nextFault();
    if (fault === 'storeUnavailable' || fault === 'storeAnswerLost') throw unavailable(name);
    return work();
  };
  const change = async <T>(work: () => Promise<T>): Promise<T> => {
    failIfOut();
    const fault = nextFault();
    if (fault === 'storeUnavailable') throw unavailable(name);
    const done = await work();
    if (fault === 'storeAnswerLost') throw answerLost(name);
    return done;
  };
  return {
    get: (partition, row) => read(() => table.get(partition, row)),
    list: (partition, range) => read(() => table.list(partition, range)),
    upsert: (partition, row, value) => change(() => table.upsert(partition, row, value)),
    remove: (partition, row) => change(() => table.remove(partition, row)),
    removeIf: (partition, row, etag) => change(() => table.removeIf(partition, row, etag)),
    ...conditional(table, name, nextFault, failIfOut),
    write: (partition, changes) => halfWritten(table, name, nextFault, failIfOut, partition, changes),
  };
}

/** 409 and 412: another writer came first, and wrote the same value. */
function conditional(
  table: Table,
  name: TableName,
  nextFault: NextFault,
  failIfOut: () => void,
): Pick<Table, 'insert' | 'replace' | 'commit'> {
  const guarded = async <T>(work: () => Promise<T>, interloper: () => Promise<unknown>): Promise<T> => {
    failIfOut();
    const fault = nextFault();
    if (fault === 'storeUnavailable') throw unavailable(name);
    if (fault === 'storeConflict') await interloper();
    const done = await work();
    if (fault === 'storeAnswerLost') throw answerLost(name);
    return done;
  };
  return {
    insert: (partition, row, value) =>
      guarded(
        () => table.insert(partition, row, value),
        () => table.insert(partition, row, value),
      ),
    replace: (partition, row, value, etag) =>
      guarded(
        () => table.replace(partition, row, value, etag),
        () => touch(table, partition, row),
      ),
    commit: (partition, changes) =>
      guarded(
        () => table.commit(partition, changes),
        async () => {
          for (const { row } of changes.replace ?? []) await touch(table, partition, row);
        },
      ),
  };
}

/** Rewrites a row as it is: its ETag is another from then on. */
async function touch(table: Table, partition: string, row: string): Promise<void> {
  const found: Row | null = await table.get(partition, row);
  if (found !== null) await table.upsert(partition, row, found.value);
}

async function halfWritten(
  table: Table,
  name: TableName,
  nextFault: NextFault,
  failIfOut: () => void,
  partition: string,
  changes: Parameters<Table['write']>[1],
): Promise<void> {
  failIfOut();
  const fault = nextFault();
  if (fault === 'storeUnavailable') throw unavailable(name);
  if (fault !== 'storeHalfWritten') {
    await table.write(partition, changes);
    if (fault === 'storeAnswerLost') throw answerLost(name);
    return;
  }
  const { upsert = [], remove = [] } = changes;
  const wholeTransactions = Math.floor((upsert.length + remove.length) / 2 / TRANSACTION_CHANGES);
  await table.write(partition, { upsert: upsert.slice(0, wholeTransactions * TRANSACTION_CHANGES) });
  throw answerLost(name);
}

function unavailable(table: TableName): Error {
  return new Error(`Torture: table ${table} answers 503.`);
}

function answerLost(table: TableName): Error {
  return new Error(`Torture: table ${table} did not answer in time.`);
}
