import { DefaultAzureCredential } from '@azure/identity';
import { azureDriver } from '../drivers/azure/azureDriver';
import { wallClock, type Clock } from '../drivers/azure/requestBudgets';
import { AzureOperation, laneOf, type OperationTable } from '../drivers/azure/operationTable';
import { clockMs } from '../drivers/clock';
import type { FleetDriver } from '../drivers/driver';
import { keyOf } from '../domain/ids';
import { azureDriverStore, type AzureDriverStore } from '../store/azureDriver';
import type { Store } from '../store/store';
import type { AzureSettings } from './azureSettings';

/** The driver of a deployment on Azure. Its packages are loaded with this module, which is loaded when it is first used. */
export function openAzure(settings: AzureSettings, store: Store): FleetDriver {
  const { endpoint, isLocal, scope, sharedIs, health, platformAssessments } = settings;
  const kept = azureDriverStore(store);
  return azureDriver({
    endpoint,
    // A user-assigned identity is named by AZURE_CLIENT_ID, which the SDK reads itself.
    credential: isLocal ? null : new DefaultAzureCredential(),
    scope,
    sharedIs,
    health,
    platformAssessments,
    operations: operationTable(kept),
    log: { append: (events) => kept.appendEvents(events) },
    clock: isLocal ? localClock() : wallClock,
  });
}

function operationTable(kept: AzureDriverStore): OperationTable {
  const find: OperationTable['find'] = async (vmKey, lane) => {
    const value = await kept.readOperation(vmKey, lane);
    return value === null ? null : AzureOperation.parse(value);
  };
  return {
    find,
    latest: (vmId, lane) => find(keyOf(vmId), lane),
    put: (operation) => kept.putOperation(keyOf(operation.vmId), laneOf(operation.kind), operation),
  };
}

/** A simulated Azure goes by luxon's clock, which may be a virtual one: to wait is to count the time as gone. */
function localClock(): Clock {
  let waitedMs = 0;
  return {
    nowMs: () => clockMs() + waitedMs,
    sleep: (milliseconds) => {
      waitedMs += milliseconds;
      return Promise.resolve();
    },
  };
}
