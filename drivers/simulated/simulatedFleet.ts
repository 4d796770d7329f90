import { LowtideError } from '../../domain/lowtideError';
import { VmId } from '../../domain/ids';
import { effectivePatchMode } from '../../domain/patchMode';
import { chance } from '../../domain/seed';
import { tagOf } from '../../domain/tags';
import { assignUpdateDomains } from '../../domain/updateDomains';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { HealthProbe, InstallRequest } from '../driver';
import { healthFrom } from '../../domain/health';
import type { ParsedFleet } from '../fleet/parseFleet';
import type { PowerAction, VmRequest } from './log/requestJournal';
import { releaseMonthAt } from './calendar';
import {
  machineOf,
  movedMachine,
  finishDueOperation,
  type ActiveEffect,
  type Machine,
  type Operation,
  type Step,
} from './machine/machine';
import { interrupt, interruptIfOffOrGone, INTERRUPTIONS } from './machine/interruptOperation';
import { isOn } from './machine/power';
import { POWER_HABIT_TAG } from './machine/powerHabits';
import { spanOf } from './machine/scenarioEffects';
import { signalsOf } from './machine/healthSignals';
import { startAssessment, startExtension, startInstallation } from './machine/startOperation';
import { patchCatalogue, type PatchView } from './patches/patchCatalogue';
import { patchSourceOf } from './patches/patchSource';
import { ResourceState, type StoredSet } from './resources/resourceState';
import { concerns, type Scenario } from './scenario';
import { DAY_MS, MINUTE_MS } from '../../domain/timeUnits';

/** A request that starts no operation (a probe, a power action), with the operation that it cut short. */
export interface ImmediateRequest {
  readonly kind: 'immediate';
  readonly machine: Machine;
  readonly startMs: number;
  readonly steps: readonly (Step & { readonly operation?: Operation })[];
}

/** Its step is made when it is asked for: of all requests that start no operation nearly all are probes. */
class ProbeRequest implements ImmediateRequest {
  readonly kind = 'immediate';

  constructor(
    readonly machine: Machine,
    readonly startMs: number,
    readonly detail: Readonly<Record<string, unknown>>,
  ) {}

  get steps(): ImmediateRequest['steps'] {
    return [{ atMs: this.startMs, action: 'healthProbed', detail: this.detail }];
  }
}

/** What was requested of a VM, in order. The log of the driver is made of these. */
export type LoggedRequest = Operation | ImmediateRequest;

/** The state of all VMs: a consequence of what was requested. It reads no clock and no file. */
export interface FleetState {
  readonly seed: number;
  readonly machines: ReadonlyMap<VmId, Machine>;
  /** Also those that are gone: their log stays. */
  readonly everyMachine: readonly Machine[];
  readonly loggedRequests: readonly LoggedRequest[];
  readonly loaded: ParsedFleet | null;
  readonly scenario: Scenario | null;
}

export class SimulatedFleet implements FleetState {
  readonly everyMachine: Machine[] = [];
  readonly loggedRequests: LoggedRequest[] = [];
  machines = new Map<VmId, Machine>();
  readonly resources: ResourceState;
  loaded: ParsedFleet | null = null;
  scenario: Scenario | null = null;
  readonly #pace: number;
  readonly #viewOf: ReturnType<typeof patchCatalogue>;

  /** Operations of VMs take a `pace`th of their real time; scenarios and schedules keep theirs. */
  constructor(
    readonly seed: number,
    pace = 1,
  ) {
    this.#pace = pace;
    this.#viewOf = patchCatalogue(seed);
    this.resources = new ResourceState(this, pace);
  }

  /** Operations that have not ended. */
  inFlight(nowMs: number): Operation[] {
    return [...this.machines.values()].flatMap(({ current }) =>
      current !== null && current.endMs > nowMs ? [current] : [],
    );
  }

  /**
   * Puts a fleet in the place of the one before. Operations in flight end as lost. A VM whose GUID was there under another id was moved: it is
   * as it was. The others are fresh and remember nothing.
   */
  replaceFleet(fleet: ParsedFleet, nowMs: number): void {
    for (const operation of this.inFlight(nowMs)) {
      const last = interrupt(operation, nowMs, INTERRUPTIONS.gone);
      operation.lost = true;
      this.#log(
        operation.machine,
        nowMs,
        last.map((step) => ({ ...step, operation })),
      );
    }
    for (const machine of this.machines.values()) machine.goneMs = Math.min(machine.goneMs, nowMs);
    const machines = new Map<VmId, Machine>();
    const before = new Map(
      [...this.machines.values()].map((machine) => [machine.vmId.toLowerCase(), machine]),
    );
    for (const vm of fleet.vms) {
      const source = patchSourceOf(vm, this.seed);
      const set = vm.availabilitySetId;
      const fresh = machineOf(
        {
          index: this.everyMachine.length,
          vm,
          setArmId: set === null ? null : (fleet.availabilitySets.get(set)?.armId ?? set),
          instance: fleet.instances.get(vm.id),
          source,
          view: this.#viewOf(vm, source) satisfies PatchView,
        },
        this.seed,
        nowMs,
        this.#pace,
      );
      const known = vm.uniqueId === undefined ? undefined : before.get(fresh.vmId.toLowerCase());
      if (known !== undefined) finishDueOperation(known, nowMs);
      const machine = known === undefined || known.vm.id === vm.id ? fresh : movedMachine(known, fresh);
      this.everyMachine.push(machine);
      machines.set(vm.id, machine);
    }
    this.machines = machines;
    this.loaded = fleet;
    this.resources.replaceFleet(fleet, nowMs);
    if (this.scenario !== null) this.#applyScenario(this.scenario, nowMs);
  }

  /** A VM that its owner creates: off until it is `readyMs`, and then on until its owner says otherwise. */
  addMachine(vm: VirtualMachine, set: StoredSet | undefined, atMs: number, readyMs: number): Machine {
    const domain = set === undefined ? null : this.#domainFor(vm, set.updateDomainCount, atMs);
    const created = { ...vm, updateDomain: domain, enabled: false };
    const source = patchSourceOf(created, this.seed);
    const model = {
      index: this.everyMachine.length,
      vm: created,
      setArmId: set?.armId ?? null,
      source,
      instance: undefined,
      view: this.#viewOf(created, source) satisfies PatchView,
    };
    const drawn = machineOf(model, this.seed, atMs, this.#pace);
    drawn.vm = { ...created, uniqueId: drawn.vmId };
    const tagged = tagOf(vm.tags, POWER_HABIT_TAG) !== undefined;
    const machine: Machine = tagged ? drawn : { ...drawn, habit: 'alwaysOn' };
    machine.agentSinceMs = readyMs + Math.ceil(AGENT_FIRST_MINUTES * machine.minuteMs);
    machine.switches.push(
      { atMs: -Infinity, on: false, deallocated: true },
      { atMs: readyMs, on: true, deallocated: false },
    );
    this.everyMachine.push(machine);
    this.machines.set(vm.id, machine);
    if (this.scenario !== null) this.#applyScenario(this.scenario, atMs, [machine]);
    this.#log(machine, atMs, [{ atMs: readyMs, action: 'poweredOn' }]);
    return machine;
  }

  /** What can change of a VM: tags, size and settings. Where it is stays, its GUID, which no request says, and its schedules. */
  changeMachine(machine: Machine, vm: VirtualMachine): void {
    const { zone, region, availabilitySetId, updateDomain, armId } = machine.vm;
    const uniqueId = machine.vmId;
    machine.vm = { ...vm, zone, region, availabilitySetId, updateDomain, armId, uniqueId };
    if (isPlatformMode(vm)) return;
    machine.enabledMs = Infinity;
    machine.extensionLeftMs = null;
  }

  removeMachine(machine: Machine, goneMs: number, nowMs: number): void {
    machine.goneMs = Math.min(machine.goneMs, goneMs);
    const { current } = machine;
    if (current !== null && current.endMs > nowMs) interruptIfOffOrGone(current, nowMs);
    this.#log(machine, nowMs, [{ atMs: machine.goneMs, action: 'deleted' }]);
  }

  /** Its operations stay with the id that it had; what is installed, its power switch and its schedules go with it. */
  moveMachine(machine: Machine, vm: VirtualMachine, atMs: number): Machine {
    finishDueOperation(machine, atMs);
    const { enabled, updateDomain } = machine.vm;
    const moved = movedMachine(machine, {
      ...machine,
      index: this.everyMachine.length,
      vm: { ...vm, enabled, updateDomain, uniqueId: machine.vmId },
      bornMs: atMs,
      switches: [],
    });
    machine.goneMs = Math.min(machine.goneMs, atMs);
    this.#log(machine, atMs, [{ atMs, action: 'moved', detail: { to: vm.armId } }]);
    this.everyMachine.push(moved);
    this.machines.set(vm.id, moved);
    if (this.scenario !== null) this.#applyScenario(this.scenario, atMs, [moved]);
    return moved;
  }

  /** a new VM goes where the fewest of its set are. */
  #domainFor(vm: VirtualMachine, count: number, atMs: number): number | null {
    const members = [...this.machines.values()]
      .filter((other) => other.vm.availabilitySetId === vm.availabilitySetId && other.goneMs > atMs)
      .map((other) => other.vm);
    const dealt = assignUpdateDomains([...members, { ...vm, updateDomain: null }], () => count);
    return dealt.at(-1)?.updateDomain ?? null;
  }

  /** From now on this scenario holds; what the one before did stays done. */
  setScenario(scenario: Scenario | null, nowMs: number): void {
    for (const machine of this.machines.values())
      machine.effects = machine.effects.map((active) => ({ ...active, toMs: Math.min(active.toMs, nowMs) }));
    this.scenario = scenario;
    if (scenario !== null) this.#applyScenario(scenario, nowMs);
    for (const machine of this.machines.values()) machine.offByMonth.clear();
    for (const operation of this.inFlight(nowMs)) interruptIfOffOrGone(operation, nowMs);
  }

  /** Does what was requested of a VM; returns the operation, if it starts one. */
  apply(request: VmRequest, atMs: number): Operation | null {
    const machine = this.machines.get(VmId.parse(request.vm));
    if (machine === undefined) throw new Error(`there is no ${request.vm} to ${request.kind}`);
    switch (request.kind) {
      case 'assess':
        return this.#started(startAssessment(machine, atMs, request.activityId));
      case 'install':
        return this.#started(startInstallation(machine, atMs, request.request satisfies InstallRequest));
      case 'extension':
        return this.#started(
          startExtension(
            machine,
            atMs,
            request.notAfterUtc === undefined ? Infinity : Date.parse(request.notAfterUtc),
          ),
        );
      case 'probe':
        this.loggedRequests.push(new ProbeRequest(machine, atMs, probeDetail(machine, atMs)));
        return null;
      case 'power':
        this.#switchPower(machine, request.power, atMs);
        return null;
    }
  }

  #started(operation: Operation): Operation {
    this.loggedRequests.push(operation);
    return operation;
  }

  #log(machine: Machine, startMs: number, steps: ImmediateRequest['steps']): void {
    this.loggedRequests.push({ kind: 'immediate', machine, startMs, steps });
  }

  #switchPower(machine: Machine, power: PowerAction, atMs: number): void {
    const wasOn = isOn(machine, atMs);
    const off = power !== 'start' && wasOn;
    const steps: (Step & { operation?: Operation })[] = [];
    if (off) {
      steps.push({ atMs, action: 'poweredOff' });
      const { current } = machine;
      if (current !== null && current.endMs > atMs)
        for (const step of interrupt(current, atMs, INTERRUPTIONS.poweredOff))
          steps.push({ ...step, operation: current });
    }
    finishDueOperation(machine, atMs);
    if (power !== 'start') machine.switches.push({ atMs, on: false, deallocated: power === 'deallocate' });
    if (power === 'start' || power === 'restart') {
      const onMs = power === 'start' ? atMs : atMs + RESTART_MS;
      machine.switches.push({ atMs: onMs, on: true, deallocated: false });
      if (off || !wasOn) steps.push({ atMs: onMs, action: 'poweredOn' });
    }
    this.#log(machine, atMs, steps);
  }

  #applyScenario(
    scenario: Scenario,
    nowMs: number,
    machines: Iterable<Machine> = this.machines.values(),
  ): void {
    for (const machine of machines) {
      const added = scenario.effects.flatMap((effect, index): ActiveEffect[] => {
        if (!concerns(effect, machine.vm, machine.source)) return [];
        if (chance(machine.vmSeed, 'share', scenario.name, index) * 100 >= effect.who.share) return [];
        const random = chance(machine.vmSeed, 'effect', scenario.name, index);
        return [{ effect, random, fromMs: nowMs, toMs: Infinity }];
      });
      if (added.length === 0) continue;
      machine.effects = [...machine.effects, ...added];
      const goneMs = Math.min(...added.map((active) => deletionMs(active, nowMs)));
      if (goneMs >= machine.goneMs) continue;
      machine.goneMs = goneMs;
      this.#log(machine, nowMs, [{ atMs: goneMs, action: 'deleted' }]);
    }
  }
}

function isPlatformMode(vm: VirtualMachine): boolean {
  const effective = effectivePatchMode(vm);
  return effective.kind === 'mode' && effective.mode === 'AutomaticByPlatform';
}

/** A new VM runs for so long before its agent reports for the first time. Source: recordings 01 and 12. */
const AGENT_FIRST_MINUTES = 0.7;

/** A VM needs so long from off to on. */
const RESTART_MS = 2 * MINUTE_MS;

/** When a VM is deleted: some instant on the effect's days, the next ones that are not over. */
function deletionMs(active: ActiveEffect, nowMs: number): number {
  if (active.effect.what !== 'vmDeleted') return Infinity;
  for (const month of [0, 1].map((later) => releaseMonthAt(nowMs) + later)) {
    const { fromMs, toMs } = spanOf(active, month);
    if (toMs - nowMs < DAY_MS) continue;
    return Math.floor(
      fromMs + active.random * (toMs - fromMs) > nowMs
        ? fromMs + active.random * (toMs - fromMs)
        : nowMs + active.random * (toMs - nowMs),
    );
  }
  return Infinity;
}

const probes = new Map<string, Readonly<Record<string, unknown>>>();

/** Few kinds of health make up a hundred thousand probes; those alike share what is logged. */
function probeDetail(machine: Machine, nowMs: number): Readonly<Record<string, unknown>> {
  const probe = probeOf(machine, nowMs);
  const key = Object.values(probe.signals).join(' ');
  const known = probes.get(key) ?? { ...probe };
  probes.set(key, known);
  return known;
}

export function probeOf(machine: Machine, nowMs: number): HealthProbe {
  const signals = signalsOf(machine, nowMs);
  const { answer, because } = healthFrom(signals);
  return { answer, because, signals };
}

export function inFlightError(count: number): LowtideError {
  return new LowtideError('DRIVER_CANNOT', {
    what: 'The fleet was not replaced.',
    why: `${count} operations on its VMs are in flight.`,
    fix: 'Wait until they have ended, then send the fleet again.',
  });
}

export function seedDiffers(remembered: number, given: number): LowtideError {
  return new LowtideError('SETTING_INVALID', {
    what: `The seed is ${given}.`,
    why: `The simulated fleet in the state folder was made with seed ${remembered}, and everything in it follows from that.`,
    fix: `Give seed ${remembered}, or begin with an empty state folder.`,
  });
}
