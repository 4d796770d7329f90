import type { VmId } from '../../domain/ids';
import type { PatchInstallationSummary } from '../../domain/patches';
import type { DriverEvent, FleetDriver, InstallRequest, InventoryPage, StartAnswer } from '../driver';
import { utcOf } from '../../domain/instants';
import { clockMs } from '../clock';
import { parseFleet, printFleet, type ParsedFleet } from '../fleet/parseFleet';
import type { JournalRequest, PowerAction, RequestJournal, VmRequest } from './log/requestJournal';
import { EventStream } from './log/eventStream';
import { availablePatches, type Machine, type Operation } from './machine/machine';
import { MachinesInOrder } from './machinesInOrder';
import { operationAnswer } from './machine/operationAnswer';
import { findOperation, operationIdOf } from './machine/operationIds';
import { isOn } from './machine/power';
import { refusalOf } from './machine/refusals';
import { activeEffect } from './machine/scenarioEffects';
import { readingOf, vmAt } from './machine/vmReading';
import { simulatedResources } from './resources/simulatedResources';
import { isResourceRequest, type ResourceRequest } from './resources/resourceRequests';
import type { SimulatedResources } from './resources/resourceContracts';
import type { PatchName } from './patches/patchSeries';
import type { Effect, Scenario } from './scenario';
import { foundPatches, nameOf, type FoundPatch, type ShownClassification } from './patches/foundPatches';
import { inFlightError, probeOf, seedDiffers, SimulatedFleet } from './simulatedFleet';

export interface SimulatedDriverOptions {
  /** Null: the one the journal remembers, if any. One that was not given the last time replaces that. */
  readonly fleet: ParsedFleet | null;
  readonly seed: number;
  /** Assessments, installations and reboots take a `pace`th of their real time; 1 when absent. The same at every start. */
  readonly pace?: number;
  /** As with the fleet. */
  readonly scenario: Scenario | null;
  readonly journal: RequestJournal;
  /**
   * Called with each event, in order of time, at the first call of the driver after its instant. After a restart, with the events later
   * than the last request that the journal remembers.
   */
  readonly onEvent?: (event: DriverEvent) => void;
  /** luxon's clock, unless said otherwise. */
  readonly nowUtc?: () => string;
}

export interface KnownPatch extends PatchName {
  readonly classification: ShownClassification;
  readonly rebootBehavior: 'NeverReboots' | 'AlwaysRequiresReboot' | 'CanRequestReboot';
  readonly publishedDate: string;
}

/** A simulated Azure: the driver, and what owners of the VMs may do. */
export interface SimulatedDriver extends FleetDriver {
  readonly kind: 'simulated';
  /** What owners made in it, through the ARM API. */
  readonly resources: SimulatedResources;
  /** The fleet there is, with the models the file had. */
  fleet(): ParsedFleet | null;
  /** The one that it was started with, loaded or not. */
  readonly givenFleet: ParsedFleet | null;
  /** Whether it was loaded while the driver ran, so that it is none that the driver was started with. */
  isFleetPosted(): boolean;
  /** Replaces it. Throws DRIVER_CANNOT while operations are in flight, unless forced: then they end as lost. */
  loadFleet(fleet: ParsedFleet, options?: { readonly force?: boolean }): Promise<void>;
  /** From now on, in the place of the one before; null for none. */
  loadScenario(scenario: Scenario | null): Promise<void>;
  /** Everything that happened until now, in order of time. Worked out from the start each time. */
  events(): Iterable<DriverEvent>;
  /** Hands `onEvent` all that happens until this instant, without waiting for the next call. */
  logUntil(untilUtc: string): void;
  /** As the owner of the VM would. False when there is no such VM. */
  power(id: VmId, what: PowerAction): Promise<boolean>;
  /** What an assessment would find now; null when there is no such VM. */
  availablePatches(id: VmId): readonly KnownPatch[] | null;
  /** What the installation with this activity id found and did, patch by patch; null when the VM knows no such installation. */
  foundPatches(id: VmId, activityId: string): readonly FoundPatch[] | null;
  /** Whether the scenario lets the assessment fail with which the guest ends this installation of the VM. */
  closingAssessmentFails(id: VmId, installation: PatchInstallationSummary): boolean;
  /** How a request about this VM is throttled by the scenario; null when it is not. `call` numbers the requests. */
  throttledBy(id: VmId, call: number): Effect['shape'] | null;
  /** How a scenario lets this request about the VM fail; null: it does not. */
  failedBy(id: VmId, call: number): Effect['failure'] | null;
  close(): Promise<void>;
}

const PAGE_SIZE = 500;

/** A seeded fleet of VMs whose state is a function of the seed, of what was requested when, and of the time. */
export function simulatedDriver(options: SimulatedDriverOptions): SimulatedDriver {
  return new SimulatedFleetDriver(options);
}

class SimulatedFleetDriver implements SimulatedDriver {
  readonly kind = 'simulated';
  readonly #options: SimulatedDriverOptions;
  readonly #fleet: SimulatedFleet;
  #stream: EventStream;
  #nowMs = -Infinity;
  #begun = false;
  #isPosted = false;
  readonly resources: SimulatedResources;
  readonly givenFleet: ParsedFleet | null;
  /** What the driver was given when it was made, the last time that was another than before. */
  readonly #given: { fleet: string | null; scenario: Scenario | null } = { fleet: null, scenario: null };
  readonly #inOrder: MachinesInOrder;

  constructor(options: SimulatedDriverOptions) {
    this.#options = options;
    this.#fleet = new SimulatedFleet(options.seed, options.pace);
    this.#inOrder = new MachinesInOrder(this.#fleet);
    this.givenFleet = options.fleet;
    for (const request of options.journal.remembered()) this.#replay(request);
    this.#stream = new EventStream(this.#fleet);
    this.#stream.skip(this.#nowMs);
    this.resources = simulatedResources({
      fleet: this.#fleet,
      nowMs: () => this.#now(),
      request: (requestAt) => this.#requestResource(requestAt),
    });
  }

  fleet(): ParsedFleet | null {
    this.#now();
    return this.#fleet.loaded;
  }

  isFleetPosted(): boolean {
    this.#now();
    return this.#isPosted;
  }

  listVirtualMachines(cursor: string | null): Promise<InventoryPage> {
    const nowMs = this.#now();
    const { machines, next } = this.#inOrder.page(cursor, PAGE_SIZE);
    const items = machines.filter(({ goneMs }) => goneMs > nowMs).map((machine) => vmAt(machine, nowMs));
    return Promise.resolve({ items, next });
  }

  readVirtualMachine(id: VmId): ReturnType<FleetDriver['readVirtualMachine']> {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    return Promise.resolve(machine === undefined ? null : readingOf(machine, nowMs));
  }

  startAssessment(id: VmId, activityId?: string): Promise<StartAnswer> {
    const named = activityId === undefined ? {} : { activityId };
    return this.#start(id, 'assessment', (at) => ({ kind: 'assess', at, vm: id, ...named }));
  }

  startInstallation(id: VmId, request: InstallRequest): Promise<StartAnswer> {
    return this.#start(id, 'installation', (at) => ({ kind: 'install', at, vm: id, request }));
  }

  startExtensionInstallation(id: VmId, notAfterUtc?: string): Promise<StartAnswer> {
    const until = notAfterUtc === undefined ? {} : { notAfterUtc };
    return this.#start(id, 'extension', (at) => ({ kind: 'extension', at, vm: id, ...until }));
  }

  readOperation(operationId: string): ReturnType<FleetDriver['readOperation']> {
    const nowMs = this.#now();
    const operation = findOperation(this.#fleet.everyMachine, operationId);
    return Promise.resolve(operation === undefined ? { kind: 'lost' } : operationAnswer(operation, nowMs));
  }

  async probeHealth(id: VmId): ReturnType<FleetDriver['probeHealth']> {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    if (machine === undefined) return null;
    const probe = probeOf(machine, nowMs);
    await this.#request({ kind: 'probe', at: utcOf(nowMs), vm: id }, nowMs);
    return probe;
  }

  async loadFleet(fleet: ParsedFleet, { force = false } = {}): Promise<void> {
    const nowMs = this.#nextInstant();
    const inFlight = this.#fleet.inFlight(nowMs).length;
    if (inFlight > 0 && !force) throw inFlightError(inFlight);
    await this.#replaceFleet(fleet, nowMs, false);
    this.#logUntil(nowMs);
  }

  async loadScenario(scenario: Scenario | null): Promise<void> {
    const nowMs = this.#nextInstant();
    await this.#replaceScenario(scenario, nowMs, false);
    this.#logUntil(nowMs);
  }

  events(): Iterable<DriverEvent> {
    const nowMs = this.#now();
    return { [Symbol.iterator]: () => new EventStream(this.#fleet).advance(nowMs) };
  }

  logUntil(untilUtc: string): void {
    this.#now();
    this.#nowMs = Math.max(this.#nowMs, Date.parse(untilUtc));
    this.#logUntil(this.#nowMs);
  }

  async power(id: VmId, power: PowerAction): Promise<boolean> {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    if (machine === undefined) return false;
    if (power === 'start' && isOn(machine, nowMs)) return true;
    await this.#request({ kind: 'power', at: utcOf(nowMs), vm: id, power }, nowMs);
    return true;
  }

  availablePatches(id: VmId): readonly KnownPatch[] | null {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    if (machine === undefined) return null;
    return availablePatches(machine, nowMs).map((patch) => ({
      ...nameOf(machine, patch, nowMs),
      rebootBehavior: patch.series.reboot,
      publishedDate: utcOf(patch.series.publishedMs(patch.version)),
    }));
  }

  foundPatches(id: VmId, activityId: string): readonly FoundPatch[] | null {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    return machine === undefined ? null : foundPatches(machine, activityId, nowMs);
  }

  closingAssessmentFails(
    id: VmId,
    { installedPatchCount, installationActivityId, startTime }: PatchInstallationSummary,
  ): boolean {
    const machine = this.#machine(id, this.#now());
    if (machine === undefined || installedPatchCount === 0) return false;
    const startMs = Date.parse(startTime);
    return activeEffect(machine, 'closingAssessmentFails', startMs, installationActivityId) !== undefined;
  }

  throttledBy(id: VmId, call: number): Effect['shape'] | null {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    if (machine === undefined) return null;
    return activeEffect(machine, 'requestsThrottled', nowMs, call)?.effect.shape ?? null;
  }

  failedBy(id: VmId, call: number): Effect['failure'] | null {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    if (machine === undefined) return null;
    return activeEffect(machine, 'requestsFail', nowMs, call)?.effect.failure ?? null;
  }

  async close(): Promise<void> {
    await this.#options.journal.close();
  }

  async #start(
    id: VmId,
    kind: Operation['kind'],
    requestAt: (at: string) => VmRequest,
  ): Promise<StartAnswer> {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    const refusal = refusalOf(machine, kind, nowMs);
    if (refusal !== null || machine === undefined) return refusal ?? NOT_FOUND;
    const operation = await this.#request(requestAt(utcOf(nowMs)), nowMs);
    if (operation === null || activeEffect(machine, 'answerLost', nowMs, operation.ordinal) !== undefined)
      throw new Error(`The connection was lost before the answer to ${kind} of ${id} came.`);
    return { kind: 'started', operationId: operationIdOf(operation), retryAfterSeconds: null };
  }

  /** Does what is requested and remembers it. Its events are logged only when it is durable. */
  async #request(request: VmRequest, nowMs: number): Promise<Operation | null> {
    const operation = this.#fleet.apply(request, nowMs);
    await this.#options.journal.append(request);
    this.#logUntil(nowMs);
    return operation;
  }

  /** Resources change between two instants, as everything that changes the fleet does. */
  async #requestResource(requestAt: (at: string) => ResourceRequest): Promise<void> {
    const nowMs = this.#nextInstant();
    const request = requestAt(utcOf(nowMs));
    this.#fleet.resources.apply(request, nowMs);
    await this.#options.journal.append(request);
    this.#logUntil(nowMs);
  }

  #machine(id: VmId, nowMs: number): Machine | undefined {
    const machine = this.#fleet.machines.get(id);
    return machine === undefined || machine.goneMs <= nowMs ? undefined : machine;
  }

  /** The clock, which never goes back here. At the first look at it the given fleet is loaded. */
  #now(): number {
    const { nowUtc } = this.#options;
    const readMs = nowUtc === undefined ? clockMs() : Date.parse(nowUtc());
    this.#nowMs = Math.max(this.#nowMs, readMs);
    if (!this.#begun) this.#begin();
    return this.#nowMs;
  }

  /** What changes the fleet as a whole happens between two instants, so that no event of either is logged twice or never. */
  #nextInstant(): number {
    this.#logUntil(this.#now());
    this.#nowMs += 1;
    return this.#nowMs;
  }

  /** A fleet other than the one given at the last start replaces what there is; otherwise what was loaded meanwhile stays. */
  #begin(): void {
    const { fleet, scenario, journal } = this.#options;
    const { fleet: lastFleet, scenario: lastScenario } = this.#given;
    if (fleet !== null && (lastFleet === null || journal.fleetText(lastFleet) !== printFleet(fleet))) {
      const inFlight = this.#fleet.inFlight(this.#nowMs).length;
      if (inFlight > 0) throw inFlightError(inFlight);
      ignoreUntilAsked(this.#replaceFleet(fleet, this.#nowMs, true));
    }
    if (scenario !== null && JSON.stringify(scenario) !== JSON.stringify(lastScenario))
      ignoreUntilAsked(this.#replaceScenario(scenario, this.#nowMs, true));
    this.#begun = true;
  }

  async #replaceFleet(fleet: ParsedFleet, nowMs: number, given: boolean): Promise<void> {
    const { journal, seed } = this.#options;
    const kept = journal.keepFleet(printFleet(fleet));
    this.#fleet.replaceFleet(fleet, nowMs);
    this.#isPosted = !given;
    this.#fleetChanged(nowMs);
    await journal.append({ kind: 'fleet', at: utcOf(nowMs), fleet: kept, seed, given });
  }

  async #replaceScenario(scenario: Scenario | null, nowMs: number, given: boolean): Promise<void> {
    this.#fleet.setScenario(scenario, nowMs);
    this.#fleetChanged(nowMs);
    await this.#options.journal.append({ kind: 'scenario', at: utcOf(nowMs), scenario, given });
  }

  #fleetChanged(nowMs: number): void {
    this.#stream = new EventStream(this.#fleet);
    this.#stream.skip(nowMs - 1);
  }

  #replay(request: JournalRequest): void {
    const atMs = Date.parse(request.at);
    this.#nowMs = Math.max(this.#nowMs, atMs);
    if (request.kind === 'fleet') {
      if (request.seed !== this.#options.seed) throw seedDiffers(request.seed, this.#options.seed);
      this.#fleet.replaceFleet(
        parseFleet(this.#options.journal.fleetText(request.fleet), request.fleet),
        atMs,
      );
      this.#isPosted = !request.given;
      if (request.given) this.#given.fleet = request.fleet;
    } else if (request.kind === 'scenario') {
      this.#fleet.setScenario(request.scenario, atMs);
      if (request.given) this.#given.scenario = request.scenario;
    } else if (isResourceRequest(request)) this.#fleet.resources.apply(request, atMs);
    else this.#fleet.apply(request, atMs);
  }

  #logUntil(untilMs: number): void {
    const { onEvent } = this.#options;
    if (onEvent === undefined) return;
    for (const event of this.#stream.advance(untilMs)) onEvent(event);
  }
}

const NOT_FOUND: StartAnswer = {
  kind: 'refused',
  code: 'notFound',
  message: 'The VM does not exist.',
  retryAfterSeconds: null,
};

/** A journal that failed says so at the next append, whose caller waits for it. */
function ignoreUntilAsked(promise: Promise<void>): void {
  promise.catch(() => undefined);
}
