import { healthFrom } from '../../domain/health';
import type { VmId } from '../../domain/ids';
import { clockUtc } from '../clock';
import type {
  FleetDriver,
  HealthProbe,
  InstallRequest,
  InventoryPage,
  OperationAnswer,
  StartAnswer,
  VmReading,
} from '../driver';
import { Arm, type ArmRequestSeen, type Credential } from './arm';
import { providerBudgets } from './computeReads';
import { RequestBudgets, wallClock, type Clock } from './requestBudgets';
import { probeEvent, type EventSink } from './driverLog';
import { followOperation, observeInstallation, type FollowSources } from './followOperation';
import { signalsOf, type HealthSettings } from './health';
import { Inventory } from './inventory';
import type { AzureOperation, OperationTable } from './operationTable';
import { PlatformAssessments } from './platformAssessments';
import { NotRead, Reader } from './reader';
import type { ArmAnswer } from './refusals';
import { ResourceGraph } from './resourceGraph';
import type { FleetScope } from './scope';
import { ownRefusal, refused, startOperation, type Wanted } from './startOperation';
import { placeOf, readVm, type VmState } from './vmState';

export interface AzureDriverOptions {
  /** Of Azure Resource Manager, without a path. */
  readonly endpoint: string;
  /** Null only for an endpoint on this machine. */
  readonly credential: Credential | null;
  readonly scope: FleetScope;
  readonly operations: OperationTable;
  readonly log: EventSink;
  /** Linux VMs in ImageDefault, whose guest may update itself. */
  readonly sharedIs: 'skipped' | 'patched';
  readonly health: HealthSettings;
  /** Take the assessments that Azure itself makes every day, where a VM has them. */
  readonly platformAssessments: boolean;
  readonly deadlineMs?: number;
  /** Request budgets and pauses run by it. */
  readonly clock?: Clock;
  /** luxon's clock, unless said otherwise. */
  readonly nowUtc?: () => string;
  readonly onRequest?: (request: ArmRequestSeen) => void;
}

/** Real Azure, or what answers as it does. Each method sends what it needs and waits for no operation. */
export function azureDriver(options: AzureDriverOptions): FleetDriver & { readonly kind: 'azure' } {
  return new AzureFleetDriver(options);
}

const HEALTH_VERSION = '2022-10-01';

class AzureFleetDriver implements FleetDriver {
  readonly kind = 'azure';
  readonly #options: AzureDriverOptions;
  readonly #nowUtc: () => string;
  readonly #arm: Arm;
  readonly #budgets: RequestBudgets;
  readonly #reader: Reader;
  readonly #inventory: Inventory;
  readonly #platform: PlatformAssessments;

  constructor(options: AzureDriverOptions) {
    const { scope, sharedIs, clock = wallClock } = options;
    this.#options = options;
    this.#nowUtc = options.nowUtc ?? clockUtc;
    this.#arm = new Arm(options);
    this.#budgets = new RequestBudgets(clock);
    this.#reader = new Reader(this.#arm, this.#budgets, clock, this.#nowUtc);
    const graph = new ResourceGraph(this.#reader, this.#budgets);
    this.#inventory = new Inventory({ graph, reader: this.#reader, clock, scope, sharedIs });
    this.#platform = new PlatformAssessments(graph, clock);
  }

  listVirtualMachines(cursor: string | null): Promise<InventoryPage> {
    return this.#inventory.page(cursor);
  }

  async readVirtualMachine(id: VmId): Promise<VmReading | null> {
    const state = await this.#read(id);
    if (state === null) return null;
    const { vm, view, installation } = state;
    return {
      vm,
      powerState: view.powerState,
      agent: view.agent,
      // The platform keeps the extension current: there is no later version to wait for.
      extension:
        view.extensionVersion === null
          ? null
          : { version: view.extensionVersion, latestVersion: view.extensionVersion },
      lastAssessment: view.lastAssessment,
      lastInstallation: installation,
      signals: this.#signals(state, null),
    };
  }

  startAssessment(id: VmId): Promise<StartAnswer> {
    return this.#start(id, { kind: 'assessment' });
  }

  startInstallation(id: VmId, request: InstallRequest): Promise<StartAnswer> {
    return this.#start(id, { kind: 'installation', request });
  }

  /**
   * The platform brings the extension with the first operation, so this is an assessment. It cannot be made to stop at an hour, and turns no
   * updates of the guest off: that is a change of the VM, which is a command of its own (docs/azure.md).
   */
  startExtensionInstallation(id: VmId): Promise<StartAnswer> {
    return this.#start(id, { kind: 'extension' });
  }

  async readOperation(operationId: string): Promise<OperationAnswer> {
    const known = this.#platform.find(operationId);
    return known ?? followOperation(this.#followSources(), operationId);
  }

  async probeHealth(id: VmId): Promise<HealthProbe | null> {
    const state = await this.#read(id);
    if (state === null) return null;
    const isOn = state.view.powerState === 'running';
    const isAsked = isOn && this.#options.health.resourceHealth !== 'off';
    const signals = this.#signals(state, isAsked ? await this.#resourceHealth(state) : null);
    const probe = { ...healthFrom(signals), signals };
    const { vm, model } = state;
    await this.#options.log.append([probeEvent(this.#nowUtc(), placeOf(vm, model), probe)]);
    return probe;
  }

  async #start(id: VmId, wanted: Wanted): Promise<StartAnswer> {
    const state = await this.#readable(id);
    if (state === null) return refused('notFound', 'The VM does not exist.');
    if (isRefusal(state)) return state;
    const { operations } = this.#options;
    const assessment = await operations.latest(id, 'assessment');
    const refusal =
      ownRefusal(state, wanted, this.#nowUtc()) ?? (await this.#assessing(assessment, state, wanted));
    if (refusal !== null) return refusal;
    if (wanted.kind === 'assessment' && this.#options.platformAssessments) {
      const found = await this.#platform.start(state, this.#nowUtc());
      if (found !== null) return found;
    }
    const { log } = this.#options;
    const sources = { arm: this.#arm, budgets: this.#budgets, operations, log, nowUtc: this.#nowUtc };
    return startOperation(sources, state, wanted);
  }

  /** An own assessment that has not been seen to end is looked at first: a newer request would end it. */
  async #assessing(own: AzureOperation | null, { vm }: VmState, wanted: Wanted): Promise<StartAnswer | null> {
    if (own?.state !== 'accepted') return null;
    const answer = await this.readOperation(own.operationId);
    if (answer.kind !== 'running') return null;
    const what = wanted.kind === 'installation' ? 'An assessment' : 'An assessment of this driver';
    return refused('conflict', `${what} is in progress on ${vm.name}.`, answer.retryAfterSeconds ?? 60);
  }

  /** A VM that may not be read now cannot be worked on now: that is a refusal, for nothing was sent. */
  async #readable(id: VmId): Promise<VmState | StartAnswer | null> {
    try {
      return await this.#read(id);
    } catch (error) {
      if (!(error instanceof NotRead)) throw error;
      if (error.status === 403) return refused('notAllowed', error.message);
      return refused('throttled', error.message, error.retryAfterSeconds ?? 60);
    }
  }

  async #read(id: VmId): Promise<VmState | null> {
    const { operations, sharedIs } = this.#options;
    const sources = { reader: this.#reader, inventory: this.#inventory, operations, sharedIs };
    const state = await readVm(sources, id);
    return state === null ? null : observeInstallation(this.#followSources(), state);
  }

  #signals({ view, installation }: VmState, resourceHealth: ArmAnswer | null): HealthProbe['signals'] {
    const facts = { view, installation, resourceHealth, nowUtc: this.#nowUtc() };
    return signalsOf(facts, this.#options.health);
  }

  /** Null when it cannot be asked: what has no answer cannot object, and where an answer is required it is unknown. */
  async #resourceHealth({ vm }: VmState): Promise<ArmAnswer | null> {
    const url = `${vm.armId}/providers/Microsoft.ResourceHealth/availabilityStatuses/current?api-version=${HEALTH_VERSION}`;
    try {
      const budgets = providerBudgets('health', vm.subscriptionId);
      return await this.#reader.read({ method: 'GET', url }, { budgets });
    } catch (error) {
      if (error instanceof NotRead) return { status: error.status ?? 503, headers: {}, body: null };
      throw error;
    }
  }

  #followSources(): FollowSources {
    const { operations, log } = this.#options;
    return {
      reader: this.#reader,
      operations,
      log,
      nowUtc: this.#nowUtc,
      extensionVersion: async ({ vmId }) => (await this.#read(vmId))?.view.extensionVersion ?? null,
    };
  }
}

function isRefusal(value: VmState | StartAnswer): value is StartAnswer {
  return 'kind' in value;
}
