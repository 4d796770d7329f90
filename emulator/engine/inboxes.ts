import { retryDelayMs } from './actions';
import type { EngineCore } from './core';
import { EventType, orchestratorStarted, type HistoryEvent } from './history';
import type { Instance, OpenTask } from './instance';
import type { Scheduling } from './scheduling';

/** What the library did by itself during an episode and the host has to do after it, in the same order of task ids. */
export type Afterwards = () => void;

/** Takes what an instance has received into its history, and gives the ids out that the library takes by itself. */
export class Inboxes {
  readonly #engine: EngineCore;
  readonly #scheduling: Scheduling;

  constructor(engine: EngineCore, scheduling: Scheduling) {
    this.#engine = engine;
    this.#scheduling = scheduling;
  }

  /** Moves the inbox into the history. Events of closed tasks are dropped; false when nothing is left. */
  receive(instance: Instance, afterwards: Afterwards[]): boolean {
    const engine = this.#engine;
    const { inbox, history } = instance;
    if (inbox.length === 0) return false;
    instance.inbox = [];
    const before = history.length;
    // The library compares the instant of a long timer with this one, so the host must, too.
    const startedMs = engine.nowMs;
    history.push(orchestratorStarted(startedMs));
    for (const event of inbox.length === 1 ? inbox : this.#idTakersFirst(instance, inbox, startedMs)) {
      const taskId = event.TaskScheduledId ?? event.TimerId;
      if (taskId !== undefined) {
        const task = instance.open.get(taskId);
        if (!task) continue;
        instance.closeTask(taskId);
        if (this.#takesId(event, task, startedMs)) this.#takeId(instance, task, afterwards);
      } else {
        receiveControl(instance, event);
      }
      engine.stats.durableSteps += 1;
      history.push(event);
    }
    if (history.length === before + 1) {
      history.pop();
      return false;
    }
    instance.played = before;
    return true;
  }

  /** Events that take a task id go first, so that ids do not depend on what user code schedules between them. */
  #idTakersFirst(
    instance: Instance,
    inbox: readonly HistoryEvent[],
    startedMs: number,
  ): readonly HistoryEvent[] {
    const takes = (event: HistoryEvent): boolean => {
      const task = instance.open.get(event.TaskScheduledId ?? event.TimerId ?? -1);
      return task !== undefined && this.#takesId(event, task, startedMs);
    };
    if (!inbox.some(takes)) return inbox;
    return [...inbox.filter(takes), ...inbox.filter((event) => !takes(event))];
  }

  /**
   * Whether the library takes a task id by itself when it sees this event: a failed attempt takes one for its retry
   * timer (also after the last attempt), a fired retry timer one for the next attempt, and a chunk of a long timer one
   * for the next chunk.
   */
  #takesId(event: HistoryEvent, task: OpenTask, startedMs: number): boolean {
    if (task.kind === 'retryTimer') return task.lastAttempt !== true;
    if (task.finalMs !== undefined) return task.finalMs > startedMs;
    return task.attempt !== undefined && isFailure(event);
  }

  #takeId(instance: Instance, task: OpenTask, afterwards: Afterwards[]): void {
    const id = instance.nextTaskId;
    instance.nextTaskId += 1;
    const scheduling = this.#scheduling;
    const { action, actionIndex, attempt = 1 } = task;
    if (task.kind === 'retryTimer') {
      afterwards.push(() => {
        scheduling.schedule(instance, id, action, actionIndex, attempt + 1);
      });
    } else if (task.finalMs !== undefined) {
      const { finalMs } = task;
      afterwards.push(() => {
        scheduling.openTimer(instance, id, { kind: 'timer', action, actionIndex, dueMs: finalMs, finalMs });
      });
    } else if (action.retryOptions) {
      const lastAttempt = attempt >= action.retryOptions.maxNumberOfAttempts;
      const dueMs = this.#engine.nowMs + (lastAttempt ? 0 : retryDelayMs(action.retryOptions, attempt));
      afterwards.push(() => {
        scheduling.openTimer(instance, id, {
          kind: 'retryTimer',
          action,
          actionIndex,
          attempt,
          lastAttempt,
          dueMs,
        });
      });
    }
  }
}

const isFailure = (event: HistoryEvent): boolean =>
  event.EventType === EventType.TaskFailed || event.EventType === EventType.SubOrchestrationInstanceFailed;

function receiveControl(instance: Instance, event: HistoryEvent): void {
  switch (event.EventType) {
    case EventType.ExecutionSuspended:
      instance.status = 'Suspended';
      instance.output = JSON.stringify(event.Reason ?? null);
      return;
    case EventType.ExecutionResumed:
      if (instance.status === 'Suspended') instance.status = 'Running';
      instance.output = 'null';
      return;
    case EventType.ExecutionTerminated:
      instance.terminatedBecause = event.Input ?? '';
      return;
    default:
  }
}
