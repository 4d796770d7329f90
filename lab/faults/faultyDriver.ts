import type { VmId } from '../../domain/ids';
import type {
  FleetDriver,
  InventoryPage,
  OperationAnswer,
  StartAnswer,
  VmReading,
} from '../../drivers/driver';
import type { SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import type { FaultKind, Faults } from './faults';
import type { OwnerActions } from './ownerActions';

const READ_RATES: readonly (readonly [FaultKind, number])[] = [
  ['armErrorBefore', 0.001],
  ['staleRead', 0.01],
];
const START_RATES: readonly (readonly [FaultKind, number])[] = [
  ['armThrottled', 0.01],
  ['armConflict', 0.004],
  ['armErrorBefore', 0.004],
  ['armErrorAfter', 0.004],
];
const OPERATION_RATES: readonly (readonly [FaultKind, number])[] = [
  ['armErrorBefore', 0.001],
  ['operationLost', 0.001],
  ['operationEndless', 0.001],
];

const LIST_RATES: readonly (readonly [FaultKind, number])[] = [['listingPartial', 0.05]];

/** A reading may be so old; the app waits longer than that before it takes an unanswered request for lost. */
const STALE_MS_MAX = 5 * 60_000;

/** The simulated Azure with faults: refusals, lost answers, readings of minutes ago, operations forgotten or never over. */
export class FaultyDriver implements FleetDriver {
  readonly kind = 'simulated';
  readonly #read: () => FaultKind | null;
  readonly #list: () => FaultKind | null;
  readonly #start: () => FaultKind | null;
  readonly #operation: () => FaultKind | null;
  /** What became of operations of which the platform gives wrong answers. */
  readonly #wrongAnswers = new Map<string, OperationAnswer>();
  readonly #readings = new Map<VmId, { readonly atMs: number; readonly reading: VmReading | null }>();

  readonly #driver: SimulatedDriver;
  readonly #faults: Faults;
  readonly #owners: OwnerActions;
  readonly #nowMs: () => number;

  constructor(driver: SimulatedDriver, faults: Faults, owners: OwnerActions, nowMs: () => number) {
    this.#driver = driver;
    this.#faults = faults;
    this.#owners = owners;
    this.#nowMs = nowMs;

    this.#read = faults.stream('arm read', READ_RATES);
    this.#list = faults.stream('arm list', LIST_RATES);
    this.#start = faults.stream('arm start', START_RATES);
    this.#operation = faults.stream('arm operation', OPERATION_RATES);
  }

  async listVirtualMachines(cursor: string | null): ReturnType<FleetDriver['listVirtualMachines']> {
    await this.#passTime();
    if (this.#read() === 'armErrorBefore') throw serverError();
    const page = await this.#driver.listVirtualMachines(cursor);
    return this.#list() === 'listingPartial' ? this.#partOf(page) : page;
  }

  /** Of one subscription only some VMs, and a word of it; or none, and no word. */
  #partOf(page: InventoryPage): InventoryPage {
    const ids = [...new Set(page.items.map(({ subscriptionId }) => subscriptionId))].sort();
    const hurt = ids[Math.floor(this.#faults.share() * ids.length)];
    if (hurt === undefined) return page;
    const isSilent = this.#faults.share() < 0.5;
    const items = page.items.filter((vm, n) => vm.subscriptionId !== hurt || (!isSilent && n % 2 === 0));
    const incomplete = [...(page.incomplete ?? []), { subscriptionId: hurt, why: 'Torture: 503.' }];
    return isSilent ? { ...page, items } : { ...page, items, incomplete };
  }

  async readVirtualMachine(id: VmId): Promise<VmReading | null> {
    await this.#passTime();
    const fault = this.#read();
    if (fault === 'armErrorBefore') throw serverError();
    const nowMs = this.#nowMs();
    const before = this.#readings.get(id);
    if (fault === 'staleRead' && before !== undefined && nowMs - before.atMs <= STALE_MS_MAX)
      return before.reading;
    const reading = await this.#driver.readVirtualMachine(id);
    this.#readings.set(id, { atMs: nowMs, reading });
    return reading;
  }

  startAssessment(id: VmId, activityId?: string): Promise<StartAnswer> {
    return this.#starting(() => this.#driver.startAssessment(id, activityId));
  }

  async startInstallation(
    id: VmId,
    request: Parameters<FleetDriver['startInstallation']>[1],
  ): Promise<StartAnswer> {
    return this.#starting(async () => {
      const answer = await this.#driver.startInstallation(id, request);
      if (answer.kind === 'started') this.#owners.installStarted(id);
      return answer;
    });
  }

  startExtensionInstallation(id: VmId, notAfterUtc?: string): Promise<StartAnswer> {
    return this.#starting(() => this.#driver.startExtensionInstallation(id, notAfterUtc));
  }

  async readOperation(operationId: string): Promise<OperationAnswer> {
    await this.#passTime();
    const fault = this.#operation();
    if (fault === 'armErrorBefore') throw serverError();
    if (fault === 'operationLost') this.#wrongAnswers.set(operationId, { kind: 'lost' });
    if (fault === 'operationEndless')
      this.#wrongAnswers.set(operationId, { kind: 'running', retryAfterSeconds: null });
    // Wrong answers end with the faults: the platform has been repaired.
    const wrong = this.#faults.armed ? this.#wrongAnswers.get(operationId) : undefined;
    return wrong ?? this.#driver.readOperation(operationId);
  }

  async probeHealth(id: VmId): ReturnType<FleetDriver['probeHealth']> {
    await this.#passTime();
    if (this.#read() === 'armErrorBefore') throw serverError();
    return this.#driver.probeHealth(id);
  }

  async #starting(start: () => Promise<StartAnswer>): Promise<StartAnswer> {
    await this.#passTime();
    const fault = this.#start();
    if (fault === 'armErrorBefore') throw serverError();
    if (fault === 'armThrottled')
      return { kind: 'refused', code: 'throttled', message: 'Torture: 429.', retryAfterSeconds: 45 };
    if (fault === 'armConflict')
      return { kind: 'refused', code: 'conflict', message: 'Torture: 409.', retryAfterSeconds: null };
    const answer = await start();
    if (fault === 'armErrorAfter') throw serverError();
    return answer;
  }

  /** Carries out what owners do to their VMs by now. During an outage every request fails. */
  async #passTime(): Promise<void> {
    await this.#owners.passTime();
    if (this.#faults.isOut('armOutage')) throw serverError();
  }
}

function serverError(): Error {
  return new Error('Torture: Azure Resource Manager answers 500.');
}

/** The simulated Azure with the methods of the driver replaced. What owners do to VMs goes to the simulated Azure itself. */
export function withDriverMethods(driver: SimulatedDriver, faulty: FleetDriver): SimulatedDriver {
  return new Proxy(driver, {
    get(target, name) {
      const over: unknown = Reflect.get(faulty, name);
      if (typeof over === 'function' && TAKEN_OVER.has(name)) return over.bind(faulty) as unknown;
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}

const TAKEN_OVER: ReadonlySet<string | symbol> = new Set<keyof FleetDriver>([
  'listVirtualMachines',
  'readVirtualMachine',
  'startAssessment',
  'startInstallation',
  'startExtensionInstallation',
  'readOperation',
  'probeHealth',
]);
