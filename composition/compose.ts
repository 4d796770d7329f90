import { readFile } from 'node:fs/promises';
import type { Services } from '../activities/services';
import { takeListing } from '../activities/fleet/takeListing';
import { LowtideError } from '../domain/lowtideError';
import type { Policy } from '../domain/policy';
import { learnRegions } from '../domain/regions';
import { messageOf } from '../domain/messageOf';
import { clockUtc } from '../drivers/clock';
import type { FleetDriver } from '../drivers/driver';
import { decodeText } from '../drivers/fleet/decodeText';
import { readFleetFile } from '../drivers/fleet/fleetFile';
import type { ParsedFleet } from '../drivers/fleet/parseFleet';
import { servedDriver } from '../drivers/served/servedDriver';
import { memoryJournal, type RequestJournal } from '../drivers/simulated/log/requestJournal';
import { fileJournal } from '../drivers/simulated/log/fileJournal';
import { loadScenario } from '../drivers/simulated/scenario';
import { simulatedDriver, type SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import { armResourceStore, type ArmResourceStore } from '../store/armResources';
import { azureDriverStore, type AzureDriverStore } from '../store/azureDriver';
import { azureStore } from '../store/azureTable';
import { longRunningStore, type LongRunningStore } from '../store/longRunning';
import { memoryStore } from '../store/memoryTable';
import { redoLog, watcherOf } from '../store/redoLog';
import type { PolicyVersion } from '../store/policies';
import { repositoriesOn } from '../store/repositories';
import type { Store } from '../store/store';
import { hookCaller } from '../notifications/askHook';
import { extraRegionsOf } from './settingProblems';
import { faultHooks, noFaults } from './faultHooks';
import { openAzure } from './openAzure';
import { openTracing } from './openTracing';
import { openTables } from './openTables';
import { lookAtPolicyAgain, withPolicy, withPolicyInForce } from './policyNow';
import { readSettings, type Settings } from './settings';

/** The services of a deployment, whatever its driver is. */
export interface AppServices extends Services {
  readonly longRunning: LongRunningStore;
  readonly armResources: ArmResourceStore;
  /** What the Azure driver keeps, its log among it; null with any other driver. */
  readonly azureDriver: AzureDriverStore | null;
}

/** Those of a deployment with the simulated driver in its process: its VMs can be made, loaded and looked into. */
export interface SimulatedServices extends AppServices {
  readonly driver: SimulatedDriver;
}

/** Throws DRIVER_CANNOT when the VMs are not the simulated driver's. */
export function simulatedOf<S extends AppServices>(all: S): S & SimulatedServices {
  if (isSimulated(all)) return all;
  throw new LowtideError('DRIVER_CANNOT', {
    what: `The driver '${all.driver.kind}' has no simulated VMs.`,
    why: 'This is a view into the simulated driver, and it is not in this process.',
    fix: 'Ask the host with LOWTIDE_DRIVER=simulated, or the process that serves it.',
  });
}

function isSimulated<S extends AppServices>(all: S): all is S & SimulatedServices {
  return all.driver.kind === 'simulated';
}

/** What a process takes once, before it does anything: its settings, and the state folder, which no other process may have. */
interface Start {
  readonly settings: Settings;
  readonly journal: RequestJournal;
}

let start: Start | null = null;
let driver: Promise<FleetDriver> | null = null;
let services: Promise<AppServices> | null = null;

/**
 * Called when the host starts the app, before it gives it any work. Throws when no later try can succeed: SETTING_INVALID, or STATE_IN_USE
 * when another process has the state folder. Quick, for the host waits: storage is first asked when the app is.
 */
export function startApp(): void {
  if (start !== null) return;
  const settings = readSettings(process.env);
  learnRegions(extraRegionsOf(settings.policy.extraRegions));
  start = { settings, journal: journalOf(settings) };
}

/** What `startApp` has read. */
export function startedSettings(): Settings {
  return started().settings;
}

function started(): Start {
  startApp();
  if (start === null) throw new Error('The app was not started.');
  return start;
}

/** Puts the app together from its settings, once per process, when it is first needed. A failure is not remembered. */
function composed(): Promise<AppServices> {
  services ??= compose().catch((error: unknown) => {
    services = null;
    throw error;
  });
  return services;
}

/** The app's services for what asks no policy: an hour in which nothing is due does not look for it. */
export function servicesOfSettings(): Promise<Omit<AppServices, 'policy'>> {
  return composed();
}

/** The app's services, with the policy that is in force now. */
export async function appServices(): Promise<AppServices> {
  return withPolicyInForce(forFleet(await composed()));
}

/** The policy that is in force was read beside something else: what begins now need not ask for it. */
export async function policyWasRead(current: PolicyVersion | null): Promise<void> {
  withPolicy(forFleet(await composed()), current);
}

/**
 * What the deployment decides, before any policy that was applied. A fleet that was posted is none of those that ship with Lowtide, and has the images
 * of today unless a setting says otherwise.
 */
export function deploymentPolicy({ driver }: Pick<Services, 'driver'>): Policy {
  const { policy, isImageProfileGiven } = startedSettings();
  const isOwn = driver.kind === 'simulated' && (driver as SimulatedDriver).isFleetPosted();
  return isOwn && !isImageProfileGiven ? { ...policy, imageProfile: 'current' } : policy;
}

function forFleet(all: AppServices): AppServices {
  const policy = deploymentPolicy(all);
  if (policy.imageProfile === all.policy.imageProfile) return all;
  const known = withOtherImages.get(all);
  if (known !== undefined) return known;
  const made: AppServices = { ...all, policy };
  withOtherImages.set(all, made);
  return made;
}

const withOtherImages = new WeakMap<AppServices, AppServices>();

/** A policy was applied: the next call of `appServices` in this process has it. */
export async function policyWasApplied(): Promise<void> {
  const all = await composed();
  lookAtPolicyAgain(all);
  lookAtPolicyAgain(forFleet(all));
}

/** As a process that begins: without services and faults. For rehearsals, where one process is many after each other. */
export function forgetServices(): void {
  Object.assign(faultHooks, noFaults);
  start = null;
  driver = null;
  services = null;
}

async function compose(): Promise<AppServices> {
  const taken = started();
  const { settings } = taken;
  const store = faultHooks.store(storeOf(settings));
  const composed: AppServices = {
    driver: await driverOnce(taken, () => store),
    ...repositoriesOn(store, settings.policy),
    longRunning: longRunningStore(store),
    armResources: armResourceStore(store),
    azureDriver: settings.azure === null ? null : azureDriverStore(store),
    policy: settings.policy,
    askHook: hookCaller(settings.notifications),
    ...(settings.tracing !== null && { trace: openTracing(settings.tracing) }),
    nowUtc: clockUtc,
  };
  if (settings.fleetFile !== null) await takeListing(composed);
  return composed;
}

/**
 * The driver alone. Whoever asks for all services looks at the clock, and a simulated driver loads its fleet at the first look; a file that cannot be read
 * is an error here.
 */
export function openedDriver(): Promise<FleetDriver> {
  const taken = started();
  return driverOnce(taken, () => faultHooks.store(storeOf(taken.settings)));
}

function driverOnce(taken: Start, store: () => Store): Promise<FleetDriver> {
  driver ??= openDriver(taken, store).catch((error: unknown) => {
    driver = null;
    throw error;
  });
  return driver;
}

async function openDriver({ settings, journal }: Start, store: () => Store): Promise<FleetDriver> {
  const { seed, pace, driverUrl } = settings;
  if (settings.driver === 'served') return servedDriver({ url: driverUrl ?? '', nowUtc: clockUtc });
  if (settings.azure !== null) return openAzure(settings.azure, store());
  return faultHooks.driver(
    simulatedDriver({
      fleet: fleetOf(settings),
      seed,
      pace,
      scenario: await scenarioOf(settings),
      journal,
    }),
  );
}

function journalOf({ stateDir }: Settings): RequestJournal {
  if (stateDir === null) return memoryJournal();
  try {
    return fileJournal(stateDir);
  } catch (cause) {
    if (cause instanceof LowtideError) throw cause;
    throw new LowtideError(
      'SETTING_INVALID',
      {
        what: `The state folder ${stateDir} cannot be used.`,
        why: messageOf(cause),
        fix: 'Set LOWTIDE_STATE_DIR to a folder that this process may write to. Only LOWTIDE_STORE=memory needs none.',
      },
      { cause },
    );
  }
}

/** Beside Azurite, which forgets its last seconds when it is killed, they are kept where the simulated Azure keeps its own. */
function storeOf({ store, storage, stateDir }: Settings): Store {
  if (store === 'memory') return memoryStore();
  if (storage.kind === 'identity') return azureStore(openTables(storage));
  const watch = watcherOf(storage.text);
  const tables = azureStore(storage.text);
  return watch === null || stateDir === null ? tables : redoLog(tables, { folder: stateDir, watch });
}

function fleetOf({ fleetFile }: Settings): ParsedFleet | null {
  return fleetFile === null ? null : readFleetFile(fleetFile);
}

async function scenarioOf({ scenarioFile }: Settings): Promise<ReturnType<typeof loadScenario> | null> {
  return scenarioFile === null
    ? null
    : loadScenario(decodeText(await readFile(scenarioFile), scenarioFile), scenarioFile);
}
