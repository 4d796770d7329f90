import type { RegisteredFunction } from '../coreApi';
import type { Guards } from '../guards';
import type { Invoker } from '../invoke';
import { refuseAsync } from './checks';
import { flatten, type RawAction } from './actions';
import { EventType, toWire, type HistoryEvent } from './history';
import type { Instance } from './instance';
import type { DurableLibrary, LibraryTask, LiveExecutor } from './library';
import { messageOf, toJson } from './values';

/** What one episode of an orchestrator came to. */
export interface Episode {
  /** Actions that are new since the last episode, flattened. */
  readonly actions: readonly RawAction[];
  /** All actions since the start: only faithful mode has them. */
  readonly all?: readonly RawAction[];
  readonly done: boolean;
  readonly error: string | undefined;
  /** JSON text. */
  readonly output: string;
  /** JSON text, undefined when never set. */
  readonly customStatus: string | undefined;
  readonly executor: LiveExecutor | undefined;
}

export interface Runner {
  run(instance: Instance, fn: RegisteredFunction): Episode | Promise<Episode>;
}

/** The input of an orchestration trigger, as recorded. */
export function orchestrationTrigger(
  instance: Instance,
  history: readonly unknown[],
): Record<string, unknown> {
  return {
    history,
    input: JSON.parse(instance.input) as unknown,
    instanceId: instance.id,
    isReplaying: instance.played > 0,
    parentInstanceId: instance.parent?.instanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30000,
  };
}

/** Replays the whole history through JSON and the worker's conversions, as the real host does at every episode. */
export class FaithfulRunner implements Runner {
  readonly #invoker: Invoker;

  constructor(invoker: Invoker) {
    this.#invoker = invoker;
  }

  async run(instance: Instance, fn: RegisteredFunction): Promise<Episode> {
    const history = instance.history.map((event, i) => toWire(event, instance.id, i < instance.played));
    const json = JSON.stringify(orchestrationTrigger(instance, history));
    const state = await this.#invoke(fn, json);
    const all = flatten(state.actions.flat());
    return {
      actions: all.slice(instance.applied),
      all,
      done: state.isDone,
      error: state.error,
      output: toJson(state.output),
      customStatus: state.customStatus === undefined ? undefined : toJson(state.customStatus),
      executor: undefined,
    };
  }

  async #invoke(fn: RegisteredFunction, json: string): Promise<OrchestratorState> {
    try {
      const returned = await this.#invoker.throughWorker(fn, { trigger: { string: json } });
      return JSON.parse(returned?.json ?? 'null') as OrchestratorState;
    } catch (error) {
      return stateOfFailure(error);
    }
  }
}

interface OrchestratorState {
  readonly isDone: boolean;
  readonly actions: readonly (readonly RawAction[])[];
  readonly output?: unknown;
  readonly error?: string;
  readonly customStatus?: unknown;
}

/** A failed orchestrator throws; its state stands behind this mark in the message. */
const STATE_MARK = '\n\n$OutOfProcData$:';

function stateOfFailure(error: unknown): OrchestratorState {
  const message = messageOf(error);
  const at = message.indexOf(STATE_MARK);
  if (at < 0) return { isDone: false, actions: [[]], error: message };
  const state = JSON.parse(message.slice(at + STATE_MARK.length)) as OrchestratorState;
  return { ...state, error: state.error ?? '' };
}

/**
 * Keeps the library's own executor, with its live generator, and feeds it only what is new: an episode costs what
 * happened in it, not what the history has grown to. Extended sessions of the real host do the same.
 */
export class SessionRunner implements Runner {
  readonly #library: DurableLibrary;
  readonly #invoker: Invoker;
  readonly #guards: Guards;

  constructor(library: DurableLibrary, invoker: Invoker, guards: Guards) {
    this.#library = library;
    this.#invoker = invoker;
    this.#guards = guards;
  }

  run(instance: Instance, fn: RegisteredFunction): Episode {
    const live = instance.executor;
    const executor = live ?? this.#open(instance, fn);
    if (live) feed(live, instance);
    instance.fed = instance.history.length;
    const all = flatten(executor.actions);
    if (!live && instance.applied > 0) relink(instance, all);
    const actions = live ? all : all.slice(instance.applied);
    // Nothing reads them again; kept, they would hold the input of every step of a month.
    executor.actions.length = 0;
    const error = executor.exception;
    return {
      actions,
      done: error === undefined && executor.hasCompletedSuccessfully(),
      error: error && (error.message ?? ''),
      output: this.#output(instance, executor),
      customStatus: executor.context.customStatus ? toJson(executor.context.customStatus) : undefined,
      executor,
    };
  }

  #output(instance: Instance, executor: LiveExecutor): string {
    if (!executor.hasCompletedSuccessfully()) return 'null';
    this.#guards.checkJson(instance.name, 'output', executor.output);
    return toJson(executor.output);
  }

  #open(instance: Instance, fn: RegisteredFunction): LiveExecutor {
    // What is new is given as it is to an executor that is kept, too; only what has been played is marked, as on the wire.
    const history = instance.history.map((event, i) =>
      i < instance.played || event.Carried === true
        ? toWire(event, instance.id, i < instance.played)
        : forLibrary(event),
    );
    const trigger = orchestrationTrigger(instance, history);
    const executor = this.#library.capture(() => fn.callback(trigger, this.#invoker.directContext(fn)));
    if (Object.prototype.toString.call(executor.generator) !== '[object Generator]')
      refuseAsync(this.#guards, instance);
    instance.executor = executor;
    return executor;
  }
}

/** After a restart the open tasks hold copies of their actions; a cancelled timer shows in the live one. */
function relink(instance: Instance, all: readonly RawAction[]): void {
  for (const task of instance.open.values()) task.action = all[task.actionIndex] ?? task.action;
}

function feed(executor: LiveExecutor, instance: Instance): void {
  executor._isReplaying = false;
  try {
    for (let i = instance.fed; i < instance.history.length; i += 1) {
      const event = instance.history[i];
      if (event) executor.processEvent(forLibrary(event));
      if (executor.isDoneExecuting()) return;
    }
  } catch (error) {
    // Not the orchestrator's own code, whose errors the executor catches, but a history the library cannot follow.
    executor.exception = error instanceof Error ? error : new Error(String(error));
  }
}

/** The library compares this event's instant with a Date; it reads no other instant. */
function forLibrary(event: HistoryEvent): object {
  if (event.EventType !== EventType.OrchestratorStarted) return event;
  return { EventType: event.EventType, Timestamp: new Date(event.Timestamp) };
}

/**
 * True when the task an orchestrator waits for can never complete: Task.all or Task.any over tasks that were all
 * finished when it was made. The library only looks at children when one of them completes.
 */
export function waitsForNothing(executor: LiveExecutor, running: unknown): boolean {
  const task = executor.currentTask;
  return task?.children !== undefined && task.state === running && allCompleted(task, running);
}

function allCompleted(task: LibraryTask, running: unknown): boolean {
  if (!task.children) return task.state !== running;
  // The last one first: tasks mostly end in the order in which they were made, so it shows soonest that one still runs.
  return (
    task.children.findLast(
      (child) => child.state === running && (child.children === undefined || !allCompleted(child, running)),
    ) === undefined
  );
}
