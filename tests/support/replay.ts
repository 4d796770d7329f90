import { createRequire } from 'node:module';
import type { OrchestrationContext, Task } from 'durable-functions';
import * as activityContracts from '../../activities/contracts';
import * as childContracts from '../../orchestrations/contracts';
import {
  checkLimits,
  contractOf,
  entityOf,
  failedState,
  flatten,
  jsonRoundTrip,
  textOf,
  unwrapped,
  type Arrival,
} from './durableActions';
import { EVENT, type Action, type HistoryEvent, type RetryOptions, type State } from './durableWire';
import { poisoned } from './poison';
import { Failing, Later, type AnyFake, type Call, type Run, type Scene } from './scene';
import { messageOf } from '../../domain/messageOf';

export { after, failsAfter, type Call, type Run } from './scene';

/** The published library's own wrapper around an orchestrator: the executor that runs in production. */
const { createOrchestrator, DummyOrchestrationContext } = createRequire(__filename)(
  'durable-functions/lib/src/util/testingUtils',
) as {
  createOrchestrator: (orchestrator: Orchestrator) => (trigger: object, context: object) => Promise<State>;
  DummyOrchestrationContext: new (name: string, invocationId: string, log: () => void) => object;
};

type Orchestrator = (context: OrchestrationContext) => Generator<Task, unknown, unknown>;

type RaisedEvent = NonNullable<Scene['events']>[number];

const EPISODES_MAX = 3_000;
const TIMER_MAX_MS = 6 * 24 * 3_600_000;

/**
 * Runs an orchestrator as the durable host does: on the library's real executor, from its first line with the whole history after every
 * single event, without clock or random numbers. Fails when a replay schedules anything else than before, when an instance ends with a
 * timer or a child still open, when an id of a child is used twice, or when a message or a fan-out outgrows its limit.
 */
export async function replay(orchestrator: Orchestrator, scene: Scene): Promise<Run> {
  const host = new FakeHost(orchestrator, scene);
  let input = scene.input;
  const generations: unknown[] = [];
  for (;;) {
    const end = await host.runGeneration(input);
    if (end.kind === 'ended') return host.report(end.output, end.failure, generations);
    input = end.input;
    generations.push(end.input);
  }
}

type GenerationEnd =
  | { readonly kind: 'ended'; readonly output: unknown; readonly failure: string | null }
  | { readonly kind: 'continued'; readonly input: unknown };

class FakeHost {
  #nowMs: number;
  readonly #calls: Call[] = [];
  readonly #childIds = new Set<string>();
  #episodes = 0;
  #timers = 0;
  /** Events that are still to come, or have come and were not awaited: they are kept when the instance continues as new. */
  #events: readonly RaisedEvent[];

  // Of one generation:
  #history: HistoryEvent[] = [];
  #arrivals: Arrival[] = [];
  #applied: string[] = [];
  #openTimers: { readonly action: number; readonly TimerId: number }[] = [];
  #raised: RaisedEvent[] = [];
  #nextId = 0;
  #order = 0;

  readonly #orchestrator: Orchestrator;
  readonly #scene: Scene;

  constructor(orchestrator: Orchestrator, scene: Scene) {
    this.#orchestrator = orchestrator;
    this.#scene = scene;

    this.#nowMs = Date.parse(scene.nowUtc ?? '2026-11-12T22:00:00.000Z');
    this.#events = scene.events ?? [];
  }

  report(output: unknown, failure: string | null, generations: readonly unknown[]): Run {
    const calls = this.#calls;
    return {
      output,
      failure,
      calls,
      generations,
      endedUtc: this.#nowUtc(),
      of: (name) => calls.filter((call) => call.name === name).map(({ input }) => input),
      names: calls.filter(({ kind }) => kind !== 'timer').map(({ name }) => name),
    };
  }

  async runGeneration(input: unknown): Promise<GenerationEnd> {
    this.#history = [];
    this.#arrivals = [];
    this.#applied = [];
    this.#openTimers = [];
    this.#raised = [];
    this.#nextId = 0;
    const Version = this.#scene.version ?? '1';
    let next: Arrival | undefined = this.#arrival(0, {
      EventType: EVENT.executionStarted,
      Name: 'underTest',
      Version,
      Input: JSON.stringify(input),
    });
    for (const raised of this.#events) this.#raise(raised);
    while (next !== undefined) {
      const end = await this.#episode(input, next);
      if (end !== null) {
        this.#keepEvents();
        return end;
      }
      this.#arrivals.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      next = this.#arrivals.shift();
    }
    throw new Error(
      `The orchestrator waits for something that is never done. Calls so far: ${this.#callsSoFar()}`,
    );
  }

  async #episode(input: unknown, { atMs, event, delivered }: Arrival): Promise<GenerationEnd | null> {
    this.#episodes += 1;
    if (this.#episodes > EPISODES_MAX) throw new Error(`It never ends. Calls so far: ${this.#callsSoFar()}`);
    this.#nowMs = Math.max(this.#nowMs, atMs);
    const playedBefore = this.#history.length;
    this.#remember({ EventType: EVENT.orchestratorStarted });
    this.#remember(event);
    const state = await this.#runFromTheStart(input, playedBefore);
    delivered?.();
    const actions = (state.actions[0] ?? []).flatMap(flatten);
    const texts = actions.map(textOf);
    this.#checkSameAsBefore(texts);
    const fresh = actions.slice(this.#applied.length);
    this.#applied = texts;
    checkLimits(fresh);
    this.#dropCanceledTimers(actions);
    const firstFresh = actions.length - fresh.length;
    for (const [n, action] of fresh.entries()) this.#apply(action, firstFresh + n);
    this.#remember({ EventType: EVENT.orchestratorCompleted });

    const continued = actions.find(({ actionType }) => actionType === 4);
    if (continued) return { kind: 'continued', input: unwrapped(continued.input) };
    if (state.error !== undefined) return { kind: 'ended', output: null, failure: state.error };
    if (!state.isDone) return null;
    this.#checkNothingOpen();
    return { kind: 'ended', output: jsonRoundTrip(state.output), failure: null };
  }

  async #runFromTheStart(input: unknown, playedBefore: number): Promise<State> {
    const context = new DummyOrchestrationContext('underTest', 'invocation', () => undefined);
    const trigger = {
      history: this.#history.map((event, n) => ({ ...event, IsPlayed: n < playedBefore })),
      input: jsonRoundTrip(input),
      instanceId: this.#scene.instanceId ?? 'rollout-2026-11.1',
      isReplaying: playedBefore > 0,
      parentInstanceId: '',
      upperSchemaVersion: 1,
      upperSchemaVersionNew: 3,
      longRunningTimerIntervalDuration: '3.00:00:00',
      maximumShortTimerDuration: '6.00:00:00',
      defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
    };
    const run = createOrchestrator(this.#orchestrator);
    try {
      return await poisoned(() => run(trigger, context));
    } catch (error) {
      return failedState(error);
    }
  }

  #checkSameAsBefore(texts: readonly string[]): void {
    this.#applied.forEach((before, n) => {
      const now = texts[n];
      if (now !== before)
        throw new Error(`A replay scheduled something else:\nbefore ${before}\nnow    ${now ?? 'nothing'}`);
    });
  }

  #checkNothingOpen(): void {
    const open = this.#arrivals.filter(({ raised }) => !raised).map(({ event }) => JSON.stringify(event));
    if (open.length > 0)
      throw new Error(`It ended with something still open, which would keep it running: ${open.join()}`);
  }

  /** The library cancels a timer without an action of its own: the action that made it says so from then on. */
  #dropCanceledTimers(actions: readonly Action[]): void {
    for (const { action, TimerId } of this.#openTimers)
      if (actions[action]?.isCanceled === true)
        this.#arrivals = this.#arrivals.filter(({ event }) => event['TimerId'] !== TimerId);
  }

  #raise(raised: RaisedEvent): void {
    const inMs = Math.max(0, Date.parse(raised.atUtc) - this.#nowMs);
    const event = { EventType: EVENT.eventRaised, Name: raised.name, Input: '{}' };
    const delivered = (): void => {
      this.#raised.push(raised);
    };
    this.#arrivals.push({ ...this.#arrival(inMs, event, delivered), raised: true });
  }

  /** Each wait for an event takes one, in the order in which they came. */
  #keepEvents(): void {
    const waits = this.#applied.filter((action) => (JSON.parse(action) as Action).actionType === 6).length;
    this.#events = [
      ...this.#raised.slice(waits),
      ...this.#events.filter((event) => !this.#raised.includes(event)),
    ];
  }

  #apply(action: Action, index: number): void {
    switch (action.actionType) {
      case 0:
      case 1:
        this.#callActivity(action, 1);
        return;
      case 2:
        this.#startChild(action);
        return;
      case 4:
        return;
      case 5:
        this.#createTimer(action.fireAt ?? new Date(0), index);
        return;
      case 6:
        return;
      case 7:
        this.#callEntity(action);
        return;
      case 9:
        this.#signalEntity(action);
        return;
      default:
        throw new Error(`Lowtide does not use actions of type ${action.actionType}.`);
    }
  }

  #callActivity(action: Action, attempt: number): void {
    const { functionName: name = '', retryOptions } = action;
    const contract = contractOf(activityContracts, name);
    const input = contract.input.parse(unwrapped(action.input));
    const id = this.#schedule({ kind: 'activity', name, input }, EVENT.taskScheduled);
    const fake = (this.#scene.activities as Record<string, AnyFake | undefined> | undefined)?.[name];
    if (!fake) throw new Error(`This scene has no activity '${name}'.`);
    this.#answer(
      () => fake(input, this.#nowUtc()),
      (Result) => ({ EventType: EVENT.taskCompleted, TaskScheduledId: id, Result }),
      (Reason) => ({ EventType: EVENT.taskFailed, TaskScheduledId: id, Reason, Details: 'in a test' }),
      () => {
        if (retryOptions) this.#retry(action, retryOptions, attempt);
      },
    );
  }

  /** The library allocates an id for the timer of each retry, and for the next attempt, without any action. */
  #retry(action: Action, options: RetryOptions, attempt: number): void {
    const TimerId = this.#allocate();
    const more = attempt < options.maxNumberOfAttempts;
    const pause = Math.min(
      options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** (attempt - 1),
      options.maxRetryIntervalInMilliseconds ?? Infinity,
    );
    this.#arrivals.push(
      this.#arrival(more ? pause : 0, { EventType: EVENT.timerFired, TimerId }, () => {
        if (more) this.#callActivity(action, attempt + 1);
      }),
    );
  }

  #startChild(action: Action): void {
    const { functionName: name = '', instanceId = '', version = null } = action;
    const input = contractOf(childContracts, name).input.parse(action.input);
    if (this.#childIds.has(instanceId)) throw new Error(`Two children have the id ${instanceId}.`);
    if (instanceId === '' || instanceId.length > 100) throw new Error(`A child's id is '${instanceId}'.`);
    this.#childIds.add(instanceId);
    const id = this.#schedule({ kind: 'child', name, input, id: instanceId, version }, EVENT.childCreated);
    const fake = (this.#scene.children as Record<string, AnyFake | undefined> | undefined)?.[name];
    if (!fake) throw new Error(`This scene has no child '${name}'.`);
    this.#answer(
      () => fake(input, instanceId, this.#nowUtc()),
      (Result) => ({ EventType: EVENT.childCompleted, TaskScheduledId: id, Result }),
      (Reason) => ({ EventType: EVENT.childFailed, TaskScheduledId: id, Reason, Details: 'in a test' }),
    );
  }

  #createTimer(fireAt: Date, action: number): void {
    const inMs = fireAt.getTime() - this.#nowMs;
    if (inMs > TIMER_MAX_MS) throw new Error(`A timer of ${inMs} ms is longer than storage takes.`);
    const name = fireAt.toISOString();
    const TimerId = this.#schedule({ kind: 'timer', name, input: null }, EVENT.timerCreated);
    this.#openTimers.push({ action, TimerId });
    const { timersEarlyMs = 0 } = this.#scene;
    const earlyMs = typeof timersEarlyMs === 'number' ? timersEarlyMs : timersEarlyMs(this.#timers);
    this.#timers += 1;
    const fired = { EventType: EVENT.timerFired, TimerId, FireAt: fireAt };
    this.#arrivals.push(this.#arrival(Math.max(0, inMs - earlyMs), fired));
  }

  #callEntity(action: Action): void {
    const { name, key } = entityOf(action);
    const { operation = '' } = action;
    const input = jsonRoundTrip(action.input);
    const request = `request-${this.#nextId}`;
    this.#schedule(
      { kind: 'entity', name: `${name}.${operation}`, input, id: key },
      EVENT.eventSent,
      JSON.stringify({ id: request }),
    );
    const fake = this.#scene.entities?.[name];
    if (!fake) throw new Error(`This scene has no entity '${name}'.`);
    this.#answer(
      () => fake(operation, input, key, this.#nowUtc()),
      (result) => ({
        EventType: EVENT.eventRaised,
        Name: request,
        Input: JSON.stringify({ result }),
      }),
      (message) => ({
        EventType: EVENT.eventRaised,
        Name: request,
        Input: JSON.stringify({ result: JSON.stringify(message), exceptionType: 'Error' }),
      }),
    );
  }

  #signalEntity(action: Action): void {
    const { name, key } = entityOf(action);
    const input = jsonRoundTrip(action.input);
    const call = { kind: 'signal', name: `${name}.${action.operation ?? ''}`, input, id: key } as const;
    this.#schedule(call, EVENT.eventSent, '{}');
  }

  /** Lets a fake answer, and puts its answer on the way. */
  #answer(
    ask: () => unknown,
    succeeded: (json: string) => HistoryEvent,
    failed: (reason: string) => HistoryEvent,
    onFailure?: () => void,
  ): void {
    let given: unknown;
    try {
      given = ask();
    } catch (error) {
      given = new Failing(messageOf(error));
    }
    const later: Later<unknown> = given instanceof Later ? given : new Later(0, given);
    const { seconds, value } = later;
    this.#arrivals.push(
      value instanceof Failing
        ? this.#arrival(seconds * 1000, failed(value.message), onFailure)
        : this.#arrival(seconds * 1000, succeeded(JSON.stringify(value ?? null))),
    );
  }

  #schedule(
    call: Pick<Call, 'kind' | 'name' | 'input'> & Partial<Call>,
    EventType: number,
    Input?: string,
  ): number {
    const EventId = this.#allocate();
    this.#calls.push({ id: '', version: null, ...call, atUtc: this.#nowUtc() });
    this.#remember({ EventType, EventId, Name: call.name, Input });
    return EventId;
  }

  #allocate(): number {
    const id = this.#nextId;
    this.#nextId += 1;
    return id;
  }

  #arrival(inMs: number, event: HistoryEvent, delivered?: () => void): Arrival {
    this.#order += 1;
    return { atMs: this.#nowMs + inMs, order: this.#order, event, ...(delivered && { delivered }) };
  }

  #remember(event: HistoryEvent): void {
    this.#history.push({ EventId: -1, ...event, Timestamp: new Date(this.#nowMs) });
  }

  #nowUtc(): string {
    return new Date(this.#nowMs).toISOString();
  }

  #callsSoFar(): string {
    return this.#calls
      .slice(-20)
      .map(({ name }) => name)
      .join(', ');
  }
}
