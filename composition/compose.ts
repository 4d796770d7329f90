import { readFile } from 'node:fs/promises';
import { DateTime } from 'luxon';
import type { Services } from '../activities/services';
import { refreshInventory } from '../activities/refreshInventory';
import { decodeText } from '../drivers/fleet/decodeText';
import { parseFleet, type ParsedFleet } from '../drivers/fleet/parseFleet';
import { memoryJournal } from '../drivers/simulated/log/requestJournal';
import { fileJournal } from '../drivers/simulated/log/fileJournal';
import { loadScenario } from '../drivers/simulated/scenario';
import { simulatedDriver, type SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import { armResourceStore, type ArmResourceStore } from '../store/armResources';
import { assessmentStore } from '../store/assessments';
import { auditStore } from '../store/audit';
import { azureStore } from '../store/azureTable';
import { evidenceStore } from '../store/evidence';
import { inventoryStore } from '../store/inventory';
import { longRunningStore, type LongRunningStore } from '../store/longRunning';
import { memoryStore } from '../store/memoryTable';
import { operationStore } from '../store/operations';
import { outcomeStore } from '../store/outcomes';
import { planStore } from '../store/plans';
import { redoLog, watcherOf } from '../store/redoLog';
import { rolloutStore } from '../store/rollouts';
import { roundProgressStore } from '../store/roundProgress';
import type { Store } from '../store/store';
import { waitStore } from '../store/waits';
import { faultHooks } from './faultHooks';
import { readSettings, type Settings } from './settings';

/** The services of a deployment with the simulated driver: beside the services, its pocket Azure. */
export interface SimulatedServices extends Services {
  readonly driver: SimulatedDriver;
  readonly longRunning: LongRunningStore;
  readonly armResources: ArmResourceStore;
}

let services: Promise<SimulatedServices> | null = null;

/** Puts the app together from its settings, once per process, when it is first needed. A failure is not remembered. */
export function appServices(): Promise<SimulatedServices> {
  services ??= compose(readSettings(process.env)).catch((error: unknown) => {
    services = null;
    throw error;
  });
  return services;
}

/** As a process that begins. For rehearsals, where one process is many after each other. */
export function forgetServices(): void {
  services = null;
}

async function compose(settings: Settings): Promise<SimulatedServices> {
  const { policy, seed, pace, stateDir } = settings;
  const store = faultHooks.store(storeOf(settings));
  const driver = faultHooks.driver(
    simulatedDriver({
      fleet: await fleetOf(settings),
      seed,
      pace,
      scenario: await scenarioOf(settings),
      journal: stateDir === null ? memoryJournal() : fileJournal(stateDir),
    }),
  );
  const composed: SimulatedServices = {
    driver,
    inventory: inventoryStore(store),
    rollouts: rolloutStore(store),
    plans: planStore(store),
    roundProgress: roundProgressStore(store),
    evidence: evidenceStore(store),
    outcomes: outcomeStore(store),
    operations: operationStore(store),
    assessments: assessmentStore(store),
    audit: auditStore(store),
    waits: waitStore(store),
    longRunning: longRunningStore(store),
    armResources: armResourceStore(store),
    policy,
    nowUtc: () => DateTime.utc().toISO(),
  };
  if (settings.fleetFile !== null) await refreshInventory(composed);
  return composed;
}

/** Beside Azurite, which forgets its last seconds when it is killed, they are kept where the pocket Azure keeps its own. */
function storeOf({ store, connectionString, stateDir }: Settings): Store {
  if (store === 'memory') return memoryStore();
  const watch = watcherOf(connectionString);
  const tables = azureStore(connectionString);
  return watch === null || stateDir === null ? tables : redoLog(tables, { folder: stateDir, watch });
}

async function fleetOf({ fleetFile }: Settings): Promise<ParsedFleet | null> {
  return fleetFile === null ? null : parseFleet(decodeText(await readFile(fleetFile), fleetFile), fleetFile);
}

async function scenarioOf({ scenarioFile }: Settings): Promise<ReturnType<typeof loadScenario> | null> {
  return scenarioFile === null
    ? null
    : loadScenario(decodeText(await readFile(scenarioFile), scenarioFile), scenarioFile);
}
