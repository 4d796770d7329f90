import { DateTime } from 'luxon';
import { LowtideError } from '../../domain/lowtideError';
import type { VmId } from '../../domain/ids';
import type { DriverEvent, FleetDriver, InstallRequest, InventoryPage, StartAnswer } from '../driver';
import { parseFleet, printFleet, type ParsedFleet } from '../fleet/parseFleet';
import type { Ask, AskJournal, PowerAsk, VmAsk } from './log/askJournal';
import { EventStream } from './log/eventStream';
import { availablePatches, type Machine, type Operation } from './machine/machine';
import { findOperation, operationIdOf } from './machine/operations';
import { operationAnswer, readingOf } from './machine/readings';
import { refusalOf } from './machine/refusals';
import { pocketResources } from './resources/pocketResources';
import { isResourceAsk, type ResourceAsk } from './resources/resourceAsks';
import type { PocketResources } from './resources/resources';
import type { PatchName } from './patches/patchLine';
import type { PatchClassification } from '../../domain/patches';
import type { Scenario } from './scenario';
import { triedPatches, type TriedPatch } from './patches/triedPatches';
import { isOn, strikes } from './machine/vitals';
import { inFlightError, probeOf, SimulatedWorld } from './world';

export interface SimulatedDriverOptions {
  /** Null: the one the journal remembers, if any. One that was not given the last time replaces that. */
  readonly fleet: ParsedFleet | null;
  readonly seed: number;
  /** Assessments, installations and reboots go so many times as fast as in life; 1 when absent. The same at every start. */
  readonly pace?: number;
  /** As with the fleet. */
  readonly scenario: Scenario | null;
  readonly journal: AskJournal;
  /**
   * Called with each thing that happens, in order of time, when its time has come and somebody asks for something. After a restart,
   * with what happens later than the last thing the journal remembers.
   */
  readonly onEvent?: (event: DriverEvent) => void;
  /** luxon's clock, unless said otherwise. */
  readonly nowUtc?: () => string;
}

export interface KnownPatch extends PatchName {
  readonly classification: PatchClassification;
  readonly rebootBehavior: 'NeverReboots' | 'AlwaysRequiresReboot' | 'CanRequestReboot';
  readonly publishedDate: string;
}

/** The pocket Azure: the driver, and what its owner may do to it. */
export interface SimulatedDriver extends FleetDriver {
  readonly kind: 'simulated';
  /** What its owners put into it, through the ARM API. */
  readonly resources: PocketResources;
  /** The fleet there is, with the models the file had. */
  fleet(): ParsedFleet | null;
  /** Replaces it. Throws DRIVER_CANNOT while operations are in flight, unless forced: then they end as lost. */
  loadFleet(fleet: ParsedFleet, options?: { readonly force?: boolean }): Promise<void>;
  /** From now on, in the place of the one before; null for none. */
  loadScenario(scenario: Scenario | null): Promise<void>;
  /** Everything that happened until now, in order of time. Told anew from the start each time. */
  events(): Iterable<DriverEvent>;
  /** Tells `onEvent` all that happens until this instant, though nobody asks for anything. */
  settle(untilUtc: string): void;
  /** As the owner of the VM would. False when there is no such VM. */
  power(id: VmId, what: PowerAsk): Promise<boolean>;
  /** What an assessment would find now; null when there is no such VM. */
  availablePatches(id: VmId): readonly KnownPatch[] | null;
  /** What the installation with this activity id did, patch by patch; null when the VM knows no such installation. */
  triedPatches(id: VmId, activityId: string): readonly TriedPatch[] | null;
  close(): Promise<void>;
}

const PAGE_SIZE = 500;

/** A seeded fleet of VMs whose state is a function of the seed, of what was asked when, and of the time. */
export function simulatedDriver(options: SimulatedDriverOptions): SimulatedDriver {
  return new PocketAzure(options);
}

class PocketAzure implements SimulatedDriver {
  readonly kind = 'simulated';
  readonly #options: SimulatedDriverOptions;
  readonly #world: SimulatedWorld;
  #stream: EventStream;
  #nowMs = -Infinity;
  #begun = false;
  readonly resources: PocketResources;
  /** What the driver was given when it was made, the last time that was another than before. */
  readonly #given: { fleet: string | null; scenario: Scenario | null } = { fleet: null, scenario: null };
  #sortedIds: readonly VmId[] = [];

  constructor(options: SimulatedDriverOptions) {
    this.#options = options;
    this.#world = new SimulatedWorld(options.seed, options.pace);
    for (const ask of options.journal.remembered()) this.#replay(ask);
    this.#stream = new EventStream(this.#world);
    this.#stream.skip(this.#nowMs);
    this.resources = pocketResources({
      world: this.#world,
      nowMs: () => this.#now(),
      ask: (ask) => this.#askResource(ask),
    });
  }

  fleet(): ParsedFleet | null {
    this.#now();
    return this.#world.fleet;
  }

  listVirtualMachines(cursor: string | null): Promise<InventoryPage> {
    const nowMs = this.#now();
    const from = cursor === null ? 0 : firstAfter(this.#ids, cursor);
    const ids = this.#ids.slice(from, from + PAGE_SIZE);
    const items = ids.flatMap((id) => {
      const machine = this.#machine(id, nowMs);
      return machine === undefined ? [] : [readingOf(machine, nowMs).vm];
    });
    const last = from + PAGE_SIZE < this.#ids.length ? ids.at(-1) : undefined;
    return Promise.resolve({ items, next: last ?? null });
  }

  readVirtualMachine(id: VmId): ReturnType<FleetDriver['readVirtualMachine']> {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    return Promise.resolve(machine === undefined ? null : readingOf(machine, nowMs));
  }

  startAssessment(id: VmId): Promise<StartAnswer> {
    return this.#start(id, 'assessment', (at) => ({ ask: 'assess', at, vm: id }));
  }

  startInstallation(id: VmId, request: InstallRequest): Promise<StartAnswer> {
    return this.#start(id, 'installation', (at) => ({ ask: 'install', at, vm: id, request }));
  }

  startExtensionInstallation(id: VmId, notAfterUtc?: string): Promise<StartAnswer> {
    const until = notAfterUtc === undefined ? {} : { notAfterUtc };
    return this.#start(id, 'extension', (at) => ({ ask: 'extension', at, vm: id, ...until }));
  }

  readOperation(operationId: string): ReturnType<FleetDriver['readOperation']> {
    const nowMs = this.#now();
    const operation = findOperation(this.#world.everyMachine, operationId);
    return Promise.resolve(operation === undefined ? { kind: 'lost' } : operationAnswer(operation, nowMs));
  }

  async probeHealth(id: VmId): ReturnType<FleetDriver['probeHealth']> {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    if (machine === undefined) return null;
    const probe = probeOf(machine, nowMs);
    await this.#ask({ ask: 'probe', at: utcOf(nowMs), vm: id }, nowMs);
    return probe;
  }

  async loadFleet(fleet: ParsedFleet, { force = false } = {}): Promise<void> {
    const nowMs = this.#nextInstant();
    const inFlight = this.#world.inFlight(nowMs).length;
    if (inFlight > 0 && !force) throw inFlightError(inFlight);
    await this.#replaceFleet(fleet, nowMs, false);
    this.#tell(nowMs);
  }

  async loadScenario(scenario: Scenario | null): Promise<void> {
    const nowMs = this.#nextInstant();
    await this.#replaceScenario(scenario, nowMs, false);
    this.#tell(nowMs);
  }

  events(): Iterable<DriverEvent> {
    const nowMs = this.#now();
    return { [Symbol.iterator]: () => new EventStream(this.#world).advance(nowMs) };
  }

  settle(untilUtc: string): void {
    this.#now();
    this.#nowMs = Math.max(this.#nowMs, Date.parse(untilUtc));
    this.#tell(this.#nowMs);
  }

  async power(id: VmId, power: PowerAsk): Promise<boolean> {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    if (machine === undefined) return false;
    if (power === 'start' && isOn(machine, nowMs)) return true;
    await this.#ask({ ask: 'power', at: utcOf(nowMs), vm: id, power }, nowMs);
    return true;
  }

  availablePatches(id: VmId): readonly KnownPatch[] | null {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    if (machine === undefined) return null;
    return availablePatches(machine, nowMs).map(({ line, version }) => ({
      ...line.describe(version),
      classification: line.classification,
      rebootBehavior: line.reboot,
      publishedDate: utcOf(line.publishedMs(version)),
    }));
  }

  triedPatches(id: VmId, activityId: string): readonly TriedPatch[] | null {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    return machine === undefined ? null : triedPatches(machine, activityId, nowMs);
  }

  async close(): Promise<void> {
    await this.#options.journal.close();
  }

  async #start(id: VmId, kind: Operation['kind'], askAt: (at: string) => VmAsk): Promise<StartAnswer> {
    const nowMs = this.#now();
    const machine = this.#machine(id, nowMs);
    const refusal = refusalOf(machine, kind, nowMs);
    if (refusal !== null || machine === undefined) return refusal ?? NOT_FOUND;
    const operation = await this.#ask(askAt(utcOf(nowMs)), nowMs);
    if (operation === null || strikes(machine, 'answerLost', nowMs, operation.ordinal) !== undefined)
      throw new Error(`The connection was lost before the answer to ${kind} of ${id} came.`);
    return { kind: 'started', operationId: operationIdOf(operation), retryAfterSeconds: null };
  }

  /** Remembers and does. What happens is told only when it is durable. */
  async #ask(ask: VmAsk, nowMs: number): Promise<Operation | null> {
    const operation = this.#world.apply(ask, nowMs);
    await this.#options.journal.append(ask);
    this.#tell(nowMs);
    return operation;
  }

  /** Resources change between two instants, as everything that changes the world does. */
  async #askResource(askAt: (at: string) => ResourceAsk): Promise<void> {
    const nowMs = this.#nextInstant();
    const ask = askAt(utcOf(nowMs));
    this.#world.resources.apply(ask, nowMs);
    await this.#options.journal.append(ask);
    this.#tell(nowMs);
  }

  /** In order, for paging. VMs are only ever added to a world, so their number tells whether it is still so. */
  get #ids(): readonly VmId[] {
    const { machines } = this.#world;
    if (this.#sortedIds.length !== machines.size) this.#sortedIds = [...machines.keys()].sort();
    return this.#sortedIds;
  }

  #machine(id: VmId, nowMs: number): Machine | undefined {
    const machine = this.#world.machines.get(id);
    return machine === undefined || machine.goneMs <= nowMs ? undefined : machine;
  }

  /** The clock, which never goes back here. The first look at it is the moment the world begins. */
  #now(): number {
    const { nowUtc } = this.#options;
    const readMs = nowUtc === undefined ? DateTime.utc().toMillis() : Date.parse(nowUtc());
    this.#nowMs = Math.max(this.#nowMs, readMs);
    if (!this.#begun) this.#begin();
    return this.#nowMs;
  }

  /** What changes the world as a whole happens between two instants, so that no event of either is told twice or never. */
  #nextInstant(): number {
    this.#tell(this.#now());
    this.#nowMs += 1;
    return this.#nowMs;
  }

  /** Somebody who gives the driver another fleet than the last time means it; what was loaded meanwhile stays otherwise. */
  #begin(): void {
    const { fleet, scenario, journal } = this.#options;
    const { fleet: lastFleet, scenario: lastScenario } = this.#given;
    if (fleet !== null && (lastFleet === null || journal.fleetText(lastFleet) !== printFleet(fleet))) {
      const inFlight = this.#world.inFlight(this.#nowMs).length;
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
    this.#world.replaceFleet(fleet, nowMs);
    this.#worldChanged(nowMs);
    await journal.append({ ask: 'fleet', at: utcOf(nowMs), fleet: kept, seed, given });
  }

  async #replaceScenario(scenario: Scenario | null, nowMs: number, given: boolean): Promise<void> {
    this.#world.setScenario(scenario, nowMs);
    this.#worldChanged(nowMs);
    await this.#options.journal.append({ ask: 'scenario', at: utcOf(nowMs), scenario, given });
  }

  #worldChanged(nowMs: number): void {
    this.#sortedIds = [];
    this.#stream = new EventStream(this.#world);
    this.#stream.skip(nowMs - 1);
  }

  #replay(ask: Ask): void {
    const atMs = Date.parse(ask.at);
    this.#nowMs = Math.max(this.#nowMs, atMs);
    if (ask.ask === 'fleet') {
      if (ask.seed !== this.#options.seed) throw seedDiffers(ask.seed, this.#options.seed);
      this.#world.replaceFleet(parseFleet(this.#options.journal.fleetText(ask.fleet), ask.fleet), atMs);
      this.#sortedIds = [];
      if (ask.given) this.#given.fleet = ask.fleet;
    } else if (ask.ask === 'scenario') {
      this.#world.setScenario(ask.scenario, atMs);
      if (ask.given) this.#given.scenario = ask.scenario;
    } else if (isResourceAsk(ask)) this.#world.resources.apply(ask, atMs);
    else this.#world.apply(ask, atMs);
  }

  #tell(untilMs: number): void {
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

function utcOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** A journal that failed says so at the next append, to somebody who waits for it. */
function ignoreUntilAsked(promise: Promise<void>): void {
  promise.catch(() => undefined);
}

function seedDiffers(remembered: number, given: number): LowtideError {
  return new LowtideError('SETTING_INVALID', {
    what: `The seed is ${given}.`,
    why: `The simulated world that is remembered was made with seed ${remembered}, and everything in it follows from that.`,
    fix: `Give seed ${remembered}, or begin with an empty state folder.`,
  });
}

/** The position of the first id after the cursor. */
function firstAfter(ids: readonly VmId[], cursor: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] ?? '') <= cursor) low = middle + 1;
    else high = middle;
  }
  return low;
}
