import type { DriverEvent } from '../../driver';
import { monthIndexOf, monthStartMs, type MonthIndex } from '../calendar';
import { agentLostInMonth, hasAgent, isAgentReady } from '../machine/agent';
import type { Machine, Operation, Step } from '../machine/machine';
import { operationIdOf } from '../machine/operationIds';
import { stepsOf } from '../machine/operationSteps';
import { isOn, offInMonth, wasOnAt } from '../machine/power';
import type { FleetState, ImmediateRequest } from '../simulatedFleet';

/** At one instant: first what schedules bring, then steps of operations under way, then what is requested. */
type Rank = 0 | 1 | 2;

interface PendingEvent {
  readonly atMs: number;
  readonly rank: Rank;
  /** Within the rank: of the machine, or of the request. */
  readonly order: number;
  /** Null when it turns out not to happen: a VM that is off already is not powered off. */
  readonly event: () => DriverEvent | null;
  /** The next step of the same operation. */
  readonly following: (() => PendingEvent | null) | null;
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
      const following = next.following?.() ?? null;
      if (following !== null) this.#pending.add(following);
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
    const found: PendingEvent[] = [];
    for (; this.#nextMachine < everyMachine.length; this.#nextMachine += 1) {
      const machine = everyMachine[this.#nextMachine];
      if (machine === undefined || machine.bornMs > untilMs) break;
      this.#nextMonth ??= monthIndexOf(machine.bornMs) - 1;
      found.push(
        scheduled(machine, machine.bornMs, () => (wasOnAt(machine, machine.bornMs) ? null : 'poweredOff')),
      );
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
          ? immediateStep(request, 0, this.#nextRequest)
          : operationStep(request, operationIdOf(request), 0, this.#nextRequest);
      if (first !== null) found.push(first);
    }
    this.#pending.addAll(found);
  }
}

/**
 * Events to come, the latest first: the next one is taken from the end. A month of schedules is added at once and sorted; steps of
 * operations are due within hours, so that each is inserted near the end, where few others have to move.
 */
class PendingEvents {
  readonly #latestFirst: PendingEvent[] = [];

  /** Infinity when there is none. */
  get nextMs(): number {
    return this.#latestFirst.at(-1)?.atMs ?? Infinity;
  }

  takeUntil(untilMs: number): PendingEvent | undefined {
    return this.nextMs > untilMs ? undefined : this.#latestFirst.pop();
  }

  addAll(events: readonly PendingEvent[]): void {
    if (events.length < SORT_FROM) {
      for (const event of events) this.add(event);
      return;
    }
    for (const event of events) this.#latestFirst.push(event);
    this.#latestFirst.sort((a, b) => compare(b, a));
  }

  add(event: PendingEvent): void {
    let low = 0;
    let high = this.#latestFirst.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#latestFirst[middle];
      if (other !== undefined && compare(other, event) > 0) low = middle + 1;
      else high = middle;
    }
    this.#latestFirst.splice(low, 0, event);
  }
}

/** From so many new events on, sorting once is faster than inserting each. */
const SORT_FROM = 32;

function compare(a: PendingEvent, b: PendingEvent): number {
  return a.atMs - b.atMs || a.rank - b.rank || a.order - b.order;
}

/** The ends of the intervals in which the VM is off, or its agent silent, by its schedules of this month. */
function schedulesOf(machine: Machine, month: MonthIndex): readonly PendingEvent[] {
  if (machine.goneMs <= monthStartMs(month)) return [];
  const power = offInMonth(machine, month).flatMap(({ fromMs, toMs }) =>
    [fromMs, toMs].map((atMs) => scheduled(machine, atMs, () => powerChange(machine, atMs))),
  );
  const silent = hasAgent(machine) ? agentLostInMonth(machine, month) : [];
  const agent = silent.flatMap(({ fromMs, toMs }) =>
    [fromMs, toMs].map((atMs) => scheduled(machine, atMs, () => agentChange(machine, atMs))),
  );
  return [...power, ...agent].filter(({ atMs }) => atMs > machine.bornMs);
}

function scheduled(
  machine: Machine,
  atMs: number,
  actionNow: () => DriverEvent['action'] | null,
): PendingEvent {
  return {
    atMs,
    rank: 0,
    order: machine.index,
    following: null,
    event() {
      if (atMs >= machine.goneMs) return null;
      const action = actionNow();
      return action === null ? null : eventOf(machine, { atMs, action }, null);
    },
  };
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
function operationStep(operation: Operation, id: string, at: number, order: number): PendingEvent | null {
  const step = stepsOf(operation)[at];
  if (step === undefined) return null;
  const stillSo = (): boolean => {
    const now = stepsOf(operation)[at];
    return now?.atMs === step.atMs && now.action === step.action;
  };
  return {
    atMs: step.atMs,
    rank: step.atMs === operation.startMs ? 2 : 1,
    order,
    event: () => (stillSo() ? eventOf(operation.machine, step, operation, id) : null),
    following: () => operationStep(operation, id, stillSo() ? at + 1 : at, order),
  };
}

function immediateStep(request: ImmediateRequest, at: number, order: number): PendingEvent | null {
  const step = request.steps[at];
  if (step === undefined) return null;
  return {
    atMs: step.atMs,
    rank: 2,
    order,
    event: () =>
      isVoid(request.machine, step) ? null : eventOf(request.machine, step, step.operation ?? null),
    following: () => immediateStep(request, at + 1, order),
  };
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
  return {
    at: new Date(step.atMs).toISOString(),
    action: step.action,
    vm: vm.armId,
    region: vm.region,
    zone: vm.zone,
    availabilitySet: machine.setArmId,
    updateDomain: vm.updateDomain,
    subscription: vm.subscriptionId,
    operationId: id,
    rolloutId: operation?.kind === 'installation' ? operation.rolloutId : null,
    ...step.detail,
  };
}
