import type { FleetDriver } from '../../drivers/driver';
import type { SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import type { Store, Table, TableName } from '../../store/store';
import { withDriverMethods } from './faultyDriver';

/** A change that remains after the host has crashed: of its own durable state, of a table, or of Azure. */
export interface Step {
  readonly kind: string;
  /** The instance, the row or the VM. */
  readonly of: string;
}

/** Decides when one host crashes. Both methods throw once it has: a crashed host does nothing more. */
export interface CrashSwitch {
  /** The host has just made this change. */
  afterStep(step: Step): void;
  check(): void;
}

/** A store whose host may crash right after each change. The change has then been made. */
export function crashingStore(store: Store, crashSwitch: CrashSwitch): Store {
  return { table: (name) => crashingTable(store.table(name), name, crashSwitch) };
}

function crashingTable(table: Table, name: TableName, crashSwitch: CrashSwitch): Table {
  const change = async <T>(of: string, work: () => Promise<T>): Promise<T> => {
    crashSwitch.check();
    const done = await work();
    crashSwitch.afterStep({ kind: `table.${name}`, of });
    return done;
  };
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    crashSwitch.check();
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
    removeIf: (partition, row, etag) =>
      change(`${partition}/${row}`, () => table.removeIf(partition, row, etag)),
    commit: (partition, changes) => change(partition, () => table.commit(partition, changes)),
    write: (partition, changes) => change(partition, () => table.write(partition, changes)),
  };
}

/** An Azure whose caller may crash right after each request. Azure has then received it. */
export function crashingDriver(driver: SimulatedDriver, crashSwitch: CrashSwitch): SimulatedDriver {
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    crashSwitch.check();
    return work();
  };
  const request = async <T>(kind: string, of: string, work: () => Promise<T>): Promise<T> => {
    const answer = await ask(work);
    crashSwitch.afterStep({ kind: `azure.${kind}`, of });
    return answer;
  };
  const crashing: FleetDriver = {
    kind: driver.kind,
    listVirtualMachines: (cursor) => ask(() => driver.listVirtualMachines(cursor)),
    readVirtualMachine: (id) => ask(() => driver.readVirtualMachine(id)),
    readOperation: (id) => ask(() => driver.readOperation(id)),
    probeHealth: (id) => ask(() => driver.probeHealth(id)),
    startAssessment: (id, activityId) =>
      request('startAssessment', id, () => driver.startAssessment(id, activityId)),
    startInstallation: (id, wanted) =>
      request('startInstallation', id, () => driver.startInstallation(id, wanted)),
    startExtensionInstallation: (id, notAfterUtc) =>
      request('startExtensionInstallation', id, () => driver.startExtensionInstallation(id, notAfterUtc)),
  };
  return withDriverMethods(driver, crashing);
}
