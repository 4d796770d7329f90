import type { DriverEvent } from '../../driver';
import { monthIndexOf, monthStartMs, type MonthIndex } from '../calendar';
import type { Machine, Operation, Step } from '../machine/machine';
import { agentLostInMonth, hasAgent, isAgentReady, isOn, offInMonth, wasOnAt } from '../machine/vitals';
import { operationIdOf, stepsOf } from '../machine/operations';
import type { Incident, World } from '../world';

/** At one instant: first what schedules bring, then what is under way, then what is asked. */
type Rank = 0 | 1 | 2;

interface Entry {
  readonly atMs: number;
  readonly rank: Rank;
  /** Within the rank: of the machine, or of the happening. */
  readonly order: number;
  readonly tell: () => DriverEvent | null;
  /** The next step of the same story. */
  readonly then: (() => Entry | null) | null;
}

/**
 * The driver's log, told in order of time from what was asked. It keeps no event: reading it again from the start gives the same
 * one, and a month of ten thousand VMs fits in memory.
 */
export class EventStream {
  readonly #world: World;
  readonly #waiting: Entry[] = [];
  #nextHappening = 0;
  #nextMachine = 0;
  #nextMonth: MonthIndex | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** What happens until this instant, itself included, and was not told before. */
  *advance(untilMs: number): Generator<DriverEvent, void, undefined> {
    for (;;) {
      this.#gather(Math.min(untilMs, this.#waiting[0]?.atMs ?? Infinity));
      const first = this.#waiting[0];
      if (first === undefined || first.atMs > untilMs) return;
      pop(this.#waiting);
      const next = first.then?.() ?? null;
      if (next !== null) push(this.#waiting, next);
      const event = first.tell();
      if (event !== null) yield event;
    }
  }

  /** Goes on to this instant without telling. */
  skip(untilMs: number): void {
    const told = this.advance(untilMs);
    while (told.next().done !== true);
  }

  /** Everything that begins until this instant joins what waits: VMs, months of their schedules, things asked. */
  #gather(untilMs: number): void {
    const { everyMachine, happenings } = this.#world;
    for (; this.#nextMachine < everyMachine.length; this.#nextMachine += 1) {
      const machine = everyMachine[this.#nextMachine];
      if (machine === undefined || machine.bornMs > untilMs) break;
      this.#nextMonth ??= monthIndexOf(machine.bornMs) - 1;
      push(
        this.#waiting,
        scheduled(machine, machine.bornMs, () => (wasOnAt(machine, machine.bornMs) ? null : 'poweredOff')),
      );
      for (let month = monthIndexOf(machine.bornMs) - 1; month < this.#nextMonth; month += 1)
        this.#addMonth(machine, month);
    }
    for (; this.#nextMonth !== null && monthStartMs(this.#nextMonth) <= untilMs; this.#nextMonth += 1)
      for (const machine of everyMachine.slice(0, this.#nextMachine))
        this.#addMonth(machine, this.#nextMonth);
    for (; this.#nextHappening < happenings.length; this.#nextHappening += 1) {
      const happening = happenings[this.#nextHappening];
      if (happening === undefined || happening.startMs > untilMs) break;
      this.#addHappening(this.#nextHappening);
    }
  }

  #addMonth(machine: Machine, month: MonthIndex): void {
    if (machine.goneMs <= monthStartMs(month)) return;
    for (const { fromMs, toMs } of offInMonth(machine, month))
      for (const atMs of [fromMs, toMs])
        if (atMs > machine.bornMs)
          push(
            this.#waiting,
            scheduled(machine, atMs, () => powerChange(machine, atMs)),
          );
    if (!hasAgent(machine)) return;
    for (const { fromMs, toMs } of agentLostInMonth(machine, month))
      for (const atMs of [fromMs, toMs])
        if (atMs > machine.bornMs)
          push(
            this.#waiting,
            scheduled(machine, atMs, () => agentChange(machine, atMs)),
          );
  }

  #addHappening(order: number): void {
    const happening = this.#world.happenings[order];
    if (happening === undefined) return;
    const first =
      happening.kind === 'incident'
        ? incidentStep(happening, 0, order)
        : operationStep(happening, operationIdOf(happening), 0, order);
    if (first !== null) push(this.#waiting, first);
  }
}

function scheduled(machine: Machine, atMs: number, action: () => DriverEvent['action'] | null): Entry {
  return {
    atMs,
    rank: 0,
    order: machine.index,
    then: null,
    tell() {
      if (atMs >= machine.goneMs) return null;
      const happened = action();
      return happened === null ? null : eventOf(machine, { atMs, action: happened }, null);
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
function operationStep(operation: Operation, id: string, at: number, order: number): Entry | null {
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
    tell: () => (stillSo() ? eventOf(operation.machine, step, operation, id) : null),
    then: () => operationStep(operation, id, stillSo() ? at + 1 : at, order),
  };
}

function incidentStep(incident: Incident, at: number, order: number): Entry | null {
  const step = incident.steps[at];
  if (step === undefined) return null;
  return {
    atMs: step.atMs,
    rank: 2,
    order,
    tell: () => eventOf(incident.machine, step, step.operation ?? null),
    then: () => incidentStep(incident, at + 1, order),
  };
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

function isBefore(a: Entry, b: Entry): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  if (a.rank !== b.rank) return a.rank < b.rank;
  return a.order < b.order;
}

/** A binary heap: the first entry is the next to tell. */
function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(entry, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const right = left + 1;
    const [a, b] = [heap[left], heap[right]];
    if (a === undefined) break;
    const [child, next] = b !== undefined && isBefore(b, a) ? [right, b] : [left, a];
    if (!isBefore(next, last)) break;
    heap[at] = next;
    at = child;
  }
  heap[at] = last;
}
