import type { FleetDriver } from '../../drivers/driver';
import type { SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import type { Store, Table, TableName } from '../../store/store';
import { behindABadLine } from './faultyDriver';

/** What a host does that outlives it: a step of its own durable state, or a change of what is outside of it. */
export interface Step {
  readonly kind: string;
  /** The instance, the row or the VM. */
  readonly of: string;
}

/** The life of one host. Both throw when it is over: a dead host does nothing more. */
export interface Pulse {
  /** It has just done that. */
  beat(step: Step): void;
  check(): void;
}

/** A store whose host may die after each change, which has then been made. */
export function mortalStore(store: Store, pulse: Pulse): Store {
  return { table: (name) => mortalTable(store.table(name), name, pulse) };
}

function mortalTable(table: Table, name: TableName, pulse: Pulse): Table {
  const change = async <T>(of: string, work: () => Promise<T>): Promise<T> => {
    pulse.check();
    const done = await work();
    pulse.beat({ kind: `table.${name}`, of });
    return done;
  };
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    pulse.check();
    return work();
  };
  return {
    get: (partition, row) => read(() => table.get(partition, row)),
    list: (partition, range) => read(() => table.list(partition, range)),
    insert: (partition, row, value) =>
      change(`${partition}/${row}`, () => table.insert(partition, row, value)),
    upsert: (partition, row, value) =>
      change(`${partition}/${row}`, () => table.upsert(partition, row, value)),
    replace: (partition, row, value, etag) =>
      change(`${partition}/${row}`, () => table.replace(partition, row, value, etag)),
    remove: (partition, row) => change(`${partition}/${row}`, () => table.remove(partition, row)),
    write: (partition, changes) => change(partition, () => table.write(partition, changes)),
  };
}

/** An Azure whose caller may die after each request, which has then been heard. */
export function mortalDriver(driver: SimulatedDriver, pulse: Pulse): SimulatedDriver {
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    pulse.check();
    return work();
  };
  const request = async <T>(kind: string, of: string, work: () => Promise<T>): Promise<T> => {
    const answer = await ask(work);
    pulse.beat({ kind: `azure.${kind}`, of });
    return answer;
  };
  const mortal: FleetDriver = {
    kind: driver.kind,
    listVirtualMachines: (cursor) => ask(() => driver.listVirtualMachines(cursor)),
    readVirtualMachine: (id) => ask(() => driver.readVirtualMachine(id)),
    readOperation: (id) => ask(() => driver.readOperation(id)),
    probeHealth: (id) => ask(() => driver.probeHealth(id)),
    startAssessment: (id) => request('startAssessment', id, () => driver.startAssessment(id)),
    startInstallation: (id, wanted) =>
      request('startInstallation', id, () => driver.startInstallation(id, wanted)),
    startExtensionInstallation: (id, notAfterUtc) =>
      request('startExtensionInstallation', id, () => driver.startExtensionInstallation(id, notAfterUtc)),
  };
  return behindABadLine(driver, mortal);
}
