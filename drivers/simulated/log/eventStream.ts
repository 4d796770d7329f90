import { TimeQueue } from '../../../collections/timeQueue';
import { utcOf } from '../../../domain/instants';
import type { DriverEvent } from '../../driver';
import { monthIndexOf, monthStartMs, type Interval, type MonthIndex } from '../calendar';
import { agentLostInMonth, hasAgent, isAgentReady } from '../machine/agent';
import type { Machine, Operation, Step } from '../machine/machine';
import { operationIdOf } from '../machine/operationIds';
import { stepAt } from '../machine/operationSteps';
import { isOn, offInMonth, wasOnAt } from '../machine/power';
import type { FleetState, ImmediateRequest } from '../simulatedFleet';

/** At one instant, after what schedules bring: first steps of operations under way, then what is requested. */
type Rank = 1 | 2;

/** A class for each kind: a month of ten thousand VMs has half a million of them. */
interface PendingEvent {
  readonly atMs: number;
  /** Null when it turns out not to happen: a VM that is off already is not powered off. */
  event(): DriverEvent | null;
  /** The next step of the same operation. */
  following(): PendingStep | null;
}

interface PendingStep extends PendingEvent {
  readonly rank: Rank;
  /** Of the request, within the rank. */
  readonly order: number;
}

/**
 * The driver's log in order of time, worked out from what was requested. It keeps no event: reading it again from the start gives the
 * same one, and a month of ten thousand VMs fits in memory.
 */
export class EventStream {
  readonly #fleet: FleetState;
  readonly #pending = new PendingEvents();
  #nextRequest = 0;
  #nextMachine = 0;
  #nextMonth: MonthIndex | null = null;

  constructor(fleet: FleetState) {
    this.#fleet = fleet;
  }

  /** What happens until this instant, itself included, and was not returned before. */
  *advance(untilMs: number): Generator<DriverEvent, void, undefined> {
    for (;;) {
      this.#gather(Math.min(untilMs, this.#pending.nextMs));
      const next = this.#pending.takeUntil(untilMs);
      if (next === undefined) return;
      const following = next.following();
      if (following !== null) this.#pending.addStep(following);
      const event = next.event();
      if (event !== null) yield event;
    }
  }

  /** Goes on to this instant without returning anything. */
  skip(untilMs: number): void {
    const events = this.advance(untilMs);
    while (events.next().done !== true);
  }

  /** Adds everything that begins until this instant: VMs, months of their schedules, requests. */
  #gather(untilMs: number): void {
    const { everyMachine, loggedRequests } = this.#fleet;
    const found: Scheduled[] = [];
    for (; this.#nextMachine < everyMachine.length; this.#nextMachine += 1) {
      const machine = everyMachine[this.#nextMachine];
      if (machine === undefined || machine.bornMs > untilMs) break;
      this.#nextMonth ??= monthIndexOf(machine.bornMs) - 1;
      found.push(new Scheduled(machine, machine.bornMs, 'birth'));
      for (let month = monthIndexOf(machine.bornMs) - 1; month < this.#nextMonth; month += 1)
        found.push(...schedulesOf(machine, month));
    }
    for (; this.#nextMonth !== null && monthStartMs(this.#nextMonth) <= untilMs; this.#nextMonth += 1)
      for (const machine of everyMachine.slice(0, this.#nextMachine))
        found.push(...schedulesOf(machine, this.#nextMonth));
    for (; this.#nextRequest < loggedRequests.length; this.#nextRequest += 1) {
      const request = loggedRequests[this.#nextRequest];
      if (request === undefined || request.startMs > untilMs) break;
      const first =
        request.kind === 'immediate'
          ? ImmediateStep.of(request, 0, this.#nextRequest)
          : OperationStep.of(request, operationIdOf(request), 0, this.#nextRequest);
      if (first !== null) this.#pending.addStep(first);
    }
    this.#pending.addSchedules(found);
  }
}

/**
 * Events to come. A month of schedules is added at once and sorted, the latest first, so that the next one is taken from the end. Steps of operations
 * are added one by one among the millions that a large fleet's schedules have, so they are kept apart.
 */
class PendingEvents {
  readonly #schedulesLatestFirst: Scheduled[] = [];
  readonly #steps = new TimeQueue<PendingStep>();

  /** Infinity when there is none. */
  get nextMs(): number {
    return Math.min(this.#nextScheduleMs, this.#steps.firstMs());
  }

  /** At one instant schedules come first. */
  takeUntil(untilMs: number): PendingEvent | undefined {
    if (this.nextMs > untilMs) return undefined;
    return this.#nextScheduleMs <= this.#steps.firstMs()
      ? this.#schedulesLatestFirst.pop()
      : this.#steps.take()?.item;
  }

  addStep(step: PendingStep): void {
    this.#steps.add(step.atMs, step, step.rank * RANK_STRIDE + step.order);
  }

  addSchedules(events: readonly Scheduled[]): void {
    if (events.length < SORT_FROM) {
      for (const event of events) this.#insert(event);
      return;
    }
    for (const event of events) this.#schedulesLatestFirst.push(event);
    this.#schedulesLatestFirst.sort((a, b) => compare(b, a));
  }

  get #nextScheduleMs(): number {
    return this.#schedulesLatestFirst.at(-1)?.atMs ?? Infinity;
  }

  #insert(event: Scheduled): void {
    let low = 0;
    let high = this.#schedulesLatestFirst.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#schedulesLatestFirst[middle];
      if (other !== undefined && compare(other, event) > 0) low = middle + 1;
      else high = middle;
    }
    this.#schedulesLatestFirst.splice(low, 0, event);
  }
}

/** More than there are requests in a month. */
const RANK_STRIDE = 2 ** 40;

/** From so many new events on, sorting once is faster than inserting each. */
const SORT_FROM = 32;

function compare(a: Scheduled, b: Scheduled): number {
  return a.atMs - b.atMs || a.order - b.order;
}

/** The ends of the intervals in which the VM is off, or its agent silent, by its schedules of this month. */
function schedulesOf(machine: Machine, month: MonthIndex): readonly Scheduled[] {
  if (machine.goneMs <= monthStartMs(month)) return [];
  const silent = hasAgent(machine) ? agentLostInMonth(machine, month) : [];
  return [...endsOf(machine, offInMonth(machine, month), 'power'), ...endsOf(machine, silent, 'agent')];
}

function endsOf(machine: Machine, intervals: readonly Interval[], what: 'power' | 'agent'): Scheduled[] {
  return intervals
    .flatMap(({ fromMs, toMs }) => [fromMs, toMs])
    .filter((atMs) => atMs > machine.bornMs)
    .map((atMs) => new Scheduled(machine, atMs, what));
}

/** What the VM's own schedules bring. */
class Scheduled implements PendingEvent {
  /** Of the machine. */
  readonly order: number;

  constructor(
    readonly machine: Machine,
    readonly atMs: number,
    readonly what: 'birth' | 'power' | 'agent',
  ) {
    this.order = machine.index;
  }

  event(): DriverEvent | null {
    const { machine, atMs } = this;
    if (atMs >= machine.goneMs) return null;
    const action = this.#action();
    return action === null ? null : eventOf(machine, { atMs, action }, null);
  }

  following(): null {
    return null;
  }

  #action(): DriverEvent['action'] | null {
    const { machine, atMs, what } = this;
    switch (what) {
      case 'birth':
        return wasOnAt(machine, atMs) ? null : 'poweredOff';
      case 'power':
        return powerChange(machine, atMs);
      case 'agent':
        return agentChange(machine, atMs);
    }
  }
}

function powerChange(machine: Machine, atMs: number): 'poweredOn' | 'poweredOff' | null {
  const isNow = wasOnAt(machine, atMs);
  if (isNow === isOn(machine, atMs - 1)) return null;
  return isNow ? 'poweredOn' : 'poweredOff';
}

function agentChange(machine: Machine, atMs: number): 'agentRestored' | 'agentLost' | null {
  const isNow = isAgentReady(machine, atMs);
  if (isNow === isAgentReady(machine, atMs - 1)) return null;
  return isNow ? 'agentRestored' : 'agentLost';
}

/** Looks at the operation's steps when their time comes: it may have been cut short since. */
class OperationStep implements PendingStep {
  readonly atMs: number;
  readonly rank: Rank;

  private constructor(
    readonly operation: Operation,
    readonly id: string,
    readonly at: number,
    readonly step: Step,
    readonly order: number,
  ) {
    this.atMs = step.atMs;
    this.rank = step.atMs === operation.startMs ? 2 : 1;
  }

  static of(operation: Operation, id: string, at: number, order: number): OperationStep | null {
    const step = stepAt(operation, at);
    return step === undefined ? null : new OperationStep(operation, id, at, step, order);
  }

  event(): DriverEvent | null {
    const { operation, step, id } = this;
    return this.#isStillSo() ? eventOf(operation.machine, step, operation, id) : null;
  }

  following(): OperationStep | null {
    const { operation, id, at, order } = this;
    return OperationStep.of(operation, id, this.#isStillSo() ? at + 1 : at, order);
  }

  #isStillSo(): boolean {
    const { operation, at, step } = this;
    const now = stepAt(operation, at);
    return now?.atMs === step.atMs && now.action === step.action;
  }
}

/** What a request does that starts no operation. */
class ImmediateStep implements PendingStep {
  readonly atMs: number;
  readonly rank = 2;

  private constructor(
    readonly request: ImmediateRequest,
    readonly at: number,
    readonly step: ImmediateRequest['steps'][number],
    readonly order: number,
  ) {
    this.atMs = step.atMs;
  }

  static of(request: ImmediateRequest, at: number, order: number): ImmediateStep | null {
    const step = request.steps[at];
    return step === undefined ? null : new ImmediateStep(request, at, step, order);
  }

  event(): DriverEvent | null {
    const { machine } = this.request;
    return isVoid(machine, this.step) ? null : eventOf(machine, this.step, this.step.operation ?? null);
  }

  following(): ImmediateStep | null {
    return ImmediateStep.of(this.request, this.at + 1, this.order);
  }
}

/** A deletion that another one came before. */
function isVoid({ goneMs }: Machine, { action, atMs }: Step): boolean {
  return action === 'deleted' && goneMs !== atMs;
}

function eventOf(
  machine: Machine,
  step: Step,
  operation: Operation | null,
  id = operation === null ? null : operationIdOf(operation),
): DriverEvent {
  const { vm } = machine;
  const event: DriverEvent = {
    at: utcOf(step.atMs),
    action: step.action,
    vm: vm.armId,
    region: vm.region,
    zone: vm.zone,
    availabilitySet: machine.setArmId,
    updateDomain: vm.updateDomain,
    subscription: vm.subscriptionId,
    operationId: id,
    rolloutId: operation?.kind === 'installation' ? operation.rolloutId : null,
  };
  return Object.assign(event, step.detail);
}
