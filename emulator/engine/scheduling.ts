import { ActionType, type RawAction } from './actions';
import { HTTP_ACTIVITY } from './callHttp';
import { refuseScalar } from './checks';
import type { EngineCore } from './core';
import { firesAtMs } from './earlyTimers';
import { schedulerId } from './entity';
import { eventSent, taskScheduled, timerCreated, timerFired, type HistoryEvent } from './history';
import { withoutDashes } from './ids';
import type { Instance, OpenTask } from './instance';
import { OrchestrationFault, unknownFunction } from './faults';
import { lockRequest, operationRequest, releaseMessage } from './entityMessages';
import { toJson } from './values';

/** Above this a timer is waited for in chunks: the library and the host both cut it, see maximumShortTimerDuration. */
const SHORT_TIMER_MAX_MS = 6 * 24 * 3600 * 1000;
const LONG_TIMER_CHUNK_MS = 3 * 24 * 3600 * 1000;

/** Marks an action object that has taken effect: meeting it again means that its task was used twice. */
const applied = Symbol('applied');

/** Turns the actions of an orchestrator into history, messages and open tasks, giving out the library's task ids. */
export class Scheduling {
  readonly #engine: EngineCore;

  constructor(engine: EngineCore) {
    this.#engine = engine;
  }

  apply(instance: Instance, action: RawAction): void {
    const actionIndex = instance.applied;
    instance.applied += 1;
    switch (action.actionType) {
      case ActionType.WaitForExternalEvent:
        instance.noteWait(action.externalEventName ?? '');
        return;
      case ActionType.ContinueAsNew:
        instance.nextInput = this.#inputOf(instance, action);
        return;
      case ActionType.SignalEntity:
        this.#signalEntity(instance, action);
        return;
      case ActionType.ReleaseEntities:
        this.release(instance);
        return;
      default:
        this.#noteReuse(instance, action);
        this.#checkRetryTimeout(instance, action);
        this.schedule(instance, takeId(instance), action, actionIndex, action.retryOptions ? 1 : undefined);
    }
  }

  /** Opens the task `id`. `attempt`: of a task with retry options, 1 for the first. */
  schedule(instance: Instance, id: number, action: RawAction, actionIndex: number, attempt?: number): void {
    const task = { action, actionIndex, attempt };
    switch (action.actionType) {
      case ActionType.CallActivity:
      case ActionType.CallActivityWithRetry:
        this.#callActivity(instance, id, action.functionName ?? '', this.#inputOf(instance, action), task);
        return;
      case ActionType.CallHttp:
        this.#callActivity(instance, id, HTTP_ACTIVITY, toJson(action.httpRequest), task);
        return;
      case ActionType.CallSubOrchestrator:
      case ActionType.CallSubOrchestratorWithRetry:
        this.#callChild(instance, id, action, task);
        return;
      case ActionType.CreateTimer: {
        const dueMs = new Date(action.fireAt ?? 0).getTime();
        const timer: OpenTask = { kind: 'timer', action, actionIndex, attempt, dueMs };
        const isLong = dueMs - this.#engine.nowMs > SHORT_TIMER_MAX_MS;
        this.openTimer(instance, id, isLong ? { ...timer, finalMs: dueMs } : timer);
        return;
      }
      case ActionType.CallEntity:
        this.#callEntity(instance, id, action, task);
        return;
      case ActionType.LockEntities:
        this.#lock(instance, id, action, task);
        return;
      default:
        throw new OrchestrationFault(`The emulator does not know the action ${action.actionType}.`);
    }
  }

  openTimer(instance: Instance, id: number, wanted: OpenTask): void {
    const engine = this.#engine;
    const now = engine.nowMs;
    const finalMs = wanted.finalMs;
    const isChunk = finalMs !== undefined && finalMs - now > SHORT_TIMER_MAX_MS;
    const dueMs = isChunk ? now + LONG_TIMER_CHUNK_MS : (wanted.dueMs ?? now);
    const task: OpenTask = { ...wanted, dueMs };
    instance.history.push(timerCreated(now, id, dueMs));
    instance.openTask(id, task);
    engine.options.observer?.timerCreated(instance);
    this.startTimer(instance, id, task);
  }

  startTimer(instance: Instance, id: number, task: OpenTask): void {
    const engine = this.#engine;
    const dueMs = task.dueMs ?? 0;
    const { earlyTimers } = engine.options;
    const name = `${instance.id} ${instance.executionId} ${id}`;
    const atMs = earlyTimers ? firesAtMs(name, engine.nowMs, dueMs) : dueMs;
    task.timer = engine.timers.add(atMs, () => {
      engine.stats.timersFired += 1;
      engine.deliver(instance, undefined, timerFired(engine.nowMs, id, dueMs));
    });
  }

  /** A cancelled timer leaves no event: its action shows it, the live one or its copy in the replayed actions. */
  cancelTimers(instance: Instance, all: readonly RawAction[] | undefined): void {
    for (const [id, task] of instance.openTimers) {
      const action = all ? all[task.actionIndex] : task.action;
      if (action?.isCanceled !== true) continue;
      this.#engine.options.observer?.timerCancelled(instance);
      if (task.timer) task.timer.fire = undefined;
      instance.closeTask(id);
    }
  }

  /** Gives all locks back, one message and one task id for each entity, last first, as recorded. */
  release(instance: Instance): void {
    const { lock } = instance;
    if (!lock) return;
    instance.lock = undefined;
    for (const entityId of lock.entities.toReversed()) {
      const input = releaseMessage(instance.id, lock.requestId, this.#engine.options.fullMessages);
      const sent = { instanceId: entityId, name: 'release', input } as const;
      instance.history.push(eventSent(this.#engine.nowMs, takeId(instance), sent));
      this.#engine.entities.release(entityId, instance.id);
    }
  }

  #callActivity(
    instance: Instance,
    id: number,
    name: string,
    input: string,
    task: Omit<OpenTask, 'kind'>,
  ): void {
    const { activities, options } = this.#engine;
    if (!activities.exists(name))
      throw new OrchestrationFault(unknownFunction(name, 'activity', activities.names));
    options.guards.checkSize(name, 'The input', input);
    if (name !== HTTP_ACTIVITY) refuseScalar(options.guards, name, input);
    instance.history.push(taskScheduled(this.#engine.nowMs, id, name));
    const { action, actionIndex, attempt } = task;
    instance.openTask(id, { kind: 'activity', action, actionIndex, input, attempt });
    activities.add(instance, id, name, input);
  }

  #callChild(instance: Instance, id: number, action: RawAction, task: Omit<OpenTask, 'kind'>): void {
    const engine = this.#engine;
    const { orchestrations } = engine;
    const { ids, versioning, guards } = engine.options;
    const name = action.functionName ?? '';
    if (!orchestrations.exists(name))
      throw new OrchestrationFault(unknownFunction(name, 'orchestrator', orchestrations.names));
    const childId = action.instanceId ?? `${instance.executionId}:${id}`;
    const live = engine.instances.get(childId);
    const isRepeat = live?.parent?.executionId === instance.executionId && live.parent.taskId === id;
    if (live && !live.isFinished && !isRepeat && !live.orphaned) {
      guards.refuse({
        code: 'duplicate-live-instance',
        subject: instance.name,
        what: `It starts a child under the id ${childId}, which is running.`,
        why: 'The real host overwrites the running one, and its parent waits for ever.',
        fix: 'Let a child id belong to one parent execution.',
      });
    }
    const version = action.version ?? versioning.hostVersion;
    const now = engine.nowMs;
    instance.history.push(childCreated(now, id, name, childId, version));
    instance.openTask(id, { kind: 'child', action, actionIndex: task.actionIndex, attempt: task.attempt });
    const { id: parentId, executionId, name: parentName, version: parentVersion } = instance;
    orchestrations.create({
      id: childId,
      name,
      input: this.#inputOf(instance, action),
      version,
      parent: { instanceId: parentId, executionId, name: parentName, taskId: id, version: parentVersion },
      executionId: withoutDashes(ids.guid()),
      generation: null,
    });
  }

  #signalEntity(instance: Instance, action: RawAction): void {
    const engine = this.#engine;
    const id = takeId(instance);
    const requestId = engine.options.ids.guid();
    const to = this.#entityOf(action);
    const input = action.input === undefined ? null : this.#inputOf(instance, action);
    const operation = action.operation ?? '';
    const request = { requestId, operation, input, isSignal: true, from: instance, nowMs: engine.nowMs };
    const text = operationRequest(request, engine.options.fullMessages);
    instance.history.push(eventSent(engine.nowMs, id, { instanceId: to, name: 'op', input: text }));
    engine.entities.send(to, { kind: 'operation', id: requestId, name: operation, input });
  }

  #callEntity(instance: Instance, id: number, action: RawAction, task: Omit<OpenTask, 'kind'>): void {
    const engine = this.#engine;
    const requestId = engine.options.ids.guid();
    const to = this.#entityOf(action);
    const input = action.input === undefined ? null : this.#inputOf(instance, action);
    const operation = action.operation ?? '';
    const request = { requestId, operation, input, isSignal: false, from: instance, nowMs: engine.nowMs };
    const text = operationRequest(request, engine.options.fullMessages);
    instance.history.push(eventSent(engine.nowMs, id, { instanceId: to, name: 'op', input: text }));
    const { actionIndex, attempt } = task;
    instance.openTask(id, { kind: 'entityCall', action, actionIndex, attempt, requestId });
    const from = { instanceId: instance.id, executionId: instance.executionId, taskId: id };
    engine.entities.send(to, { kind: 'operation', id: requestId, name: operation, input, from });
  }

  #lock(instance: Instance, id: number, action: RawAction, task: Omit<OpenTask, 'kind'>): void {
    const engine = this.#engine;
    const requestId = action.lockRequestId ?? '';
    const entities = (action.lockSet ?? []).map((each) => schedulerId(each.name, each.key));
    const first = entities[0];
    if (first === undefined) throw new OrchestrationFault('lock requires at least one EntityId');
    const text = lockRequest(requestId, action.lockSet ?? [], instance, engine.options.fullMessages);
    instance.history.push(eventSent(engine.nowMs, id, { instanceId: first, name: 'op', input: text }));
    instance.openTask(id, { ...task, kind: 'lock', requestId });
    instance.lock = { requestId, entities };
    const from = { instanceId: instance.id, executionId: instance.executionId, taskId: id };
    engine.entities.send(first, { kind: 'lock', id: requestId, entities, position: 0, from });
  }

  #entityOf(action: RawAction): string {
    const id = action.instanceId ?? '';
    const { entities } = this.#engine;
    const name = id.slice(1, id.indexOf('@', 1));
    if (!entities.exists(name)) throw new OrchestrationFault(unknownFunction(name, 'entity', entities.names));
    return id;
  }

  /**
   * JSON text of an action's input. The library has already encoded the string inputs of activities and of
   * continue-as-new, and only those.
   */
  #inputOf(instance: Instance, action: RawAction): string {
    const { input, actionType } = action;
    const isEncoded =
      actionType <= ActionType.CallActivityWithRetry || actionType === ActionType.ContinueAsNew;
    if (typeof input === 'string') return isEncoded ? input : JSON.stringify(input);
    this.#engine.options.guards.checkJson(
      instance.name,
      `input of ${action.functionName ?? action.operation ?? 'continueAsNew'}`,
      input,
    );
    return toJson(input);
  }

  #noteReuse(instance: Instance, action: RawAction): void {
    const marked = action as { [applied]?: boolean };
    if (marked[applied] !== true) {
      marked[applied] = true;
      return;
    }
    instance.reusedTask = true;
    this.#engine.options.guards.refuse({
      code: 'task-reused',
      subject: instance.name,
      what: `A scheduled task (${action.functionName ?? action.operation ?? 'timer'}) is given to Task.any or Task.all again.`,
      why: 'The library emits its action a second time, so the real host runs it twice and task ids shift (durable-js #574).',
      fix: 'Combine each task once; afterwards yield the tasks that are left one by one.',
    });
  }

  #checkRetryTimeout(instance: Instance, action: RawAction): void {
    if (action.retryOptions?.retryTimeoutInMilliseconds === undefined) return;
    this.#engine.options.guards.refuse({
      code: 'retry-timeout',
      subject: instance.name,
      what: `${action.functionName ?? ''} is called with retryTimeoutInMilliseconds.`,
      why: 'The host stops retrying at that time and the library does not know it: the orchestration waits for ever.',
      fix: 'Limit maxNumberOfAttempts instead, or race the call with a timer.',
    });
  }
}

function takeId(instance: Instance): number {
  const id = instance.nextTaskId;
  instance.nextTaskId += 1;
  return id;
}

function childCreated(
  Timestamp: number,
  EventId: number,
  Name: string,
  InstanceId: string,
  Version: string | null,
): HistoryEvent {
  return { EventType: 7, EventId, IsPlayed: false, Timestamp, Name, InstanceId, Version };
}
