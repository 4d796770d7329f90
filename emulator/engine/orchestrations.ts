import type { RegisteredFunction } from '../coreApi';
import { FAN_OUT_MAX, GuardError, HISTORY_WARN_EVENTS } from '../guards';
import { retryDelayMs } from './actions';
import type { EngineCore } from './core';
import {
  EventType,
  childCompleted,
  childFailed,
  orchestratorCompleted,
  orchestratorStarted,
  type HistoryEvent,
} from './history';
import { Instance, type NewInstance, type OpenTask } from './instance';
import { auditEpisode } from './audit';
import { checkFanOut, checkHistoryLength, refuseHang } from './checks';
import { OrchestrationFault, unknownFunction } from './faults';
import { withoutDashes } from './ids';
import { waitsForNothing, type Episode } from './runners';
import { Scheduling } from './scheduling';

/** What the library did by itself during an episode and the host has to do after it, in the same order of task ids. */
type Afterwards = () => void;

export class Orchestrations {
  private readonly byName = new Map<string, RegisteredFunction>();
  readonly scheduling: Scheduling;

  constructor(private readonly engine: EngineCore) {
    for (const fn of engine.options.functions.values()) {
      if (fn.trigger.type === 'orchestrationTrigger') this.byName.set(fn.name.toLowerCase(), fn);
    }
    this.scheduling = new Scheduling(engine);
  }

  exists(name: string): boolean {
    return this.byName.has(name.toLowerCase());
  }

  get names(): string[] {
    return [...this.byName.values()].map((fn) => fn.name);
  }

  /** Creates or replaces an instance; its first event is in its inbox afterwards. */
  create(from: Omit<NewInstance, 'nowMs'>): Instance {
    const { engine } = this;
    const previous = engine.instances.get(from.id);
    if (previous) this.overwrite(previous);
    const instance = new Instance({ ...from, nowMs: engine.nowMs });
    if (engine.options.store) instance.changedTasks = new Set();
    engine.instances.set(from.id, instance);
    engine.stats.durableSteps += 1;
    engine.options.guards.checkSize(from.name, 'The input', from.input);
    engine.deliver(instance, undefined, this.executionStarted(instance));
    return instance;
  }

  /** Another execution takes its place: it runs no more, also when it stands in the queue, and nobody waits for its children. */
  private overwrite(previous: Instance): void {
    if (!previous.isFinished) {
      for (const other of this.engine.instances.values()) {
        if (other.isFinished || other.parent?.executionId !== previous.executionId) continue;
        other.orphaned = true;
        this.engine.touch(other);
      }
      previous.status = 'Terminated';
      previous.inbox = [];
    }
    previous.clearLive();
  }

  /** Runs one episode. A promise only in faithful mode: session mode must not pay for one. */
  runEpisode(instance: Instance): void | Promise<void> {
    if (instance.isFinished) return;
    const afterwards: Afterwards[] = [];
    if (instance.continued) {
      instance.continued = false;
      if (instance.inbox.length > 0) this.engine.enqueue(instance);
    } else if (!this.receive(instance, afterwards)) {
      return;
    }
    this.engine.touch(instance);
    instance.episodes += 1;
    this.engine.stats.episodes += 1;
    if (instance.status === 'Pending') instance.status = 'Running';
    const fn = this.byName.get(instance.name.toLowerCase());
    if (instance.terminatedBecause !== undefined)
      return this.terminated(instance, fn, instance.terminatedBecause);
    if (instance.returned) {
      this.completeIfNothingIsOpen(instance);
      return;
    }
    if (!fn) {
      this.fail(instance, unknownFunction(instance.name, 'orchestrator', this.names));
      return;
    }
    return this.invoke(instance, fn, afterwards);
  }

  private invoke(
    instance: Instance,
    fn: RegisteredFunction,
    afterwards: readonly Afterwards[],
  ): void | Promise<void> {
    let episode: Episode | Promise<Episode>;
    try {
      if (instance.episodes === 1)
        this.engine.options.guards.checkTimestampKeys(instance.name, instance.input);
      episode = this.engine.options.runner.run(instance, fn);
    } catch (error) {
      if (!(error instanceof GuardError)) throw error;
      this.fail(instance, error.message);
      return;
    }
    if (episode instanceof Promise)
      return episode.then((done) => this.conclude(instance, fn, done, afterwards));
    return this.conclude(instance, fn, episode, afterwards);
  }

  private conclude(
    instance: Instance,
    fn: RegisteredFunction,
    episode: Episode,
    afterwards: readonly Afterwards[],
  ): void | Promise<void> {
    const { auditor, auditEvery } = this.engine.options;
    if (auditor && auditEvery > 0 && (instance.episodes % auditEvery === 0 || episode.done)) {
      return auditEpisode(auditor, instance, fn, episode).then(() => {
        this.takeEffect(instance, episode, afterwards);
      });
    }
    this.takeEffect(instance, episode, afterwards);
  }

  private takeEffect(instance: Instance, episode: Episode, afterwards: readonly Afterwards[]): void {
    instance.updatedMs = this.engine.nowMs;
    if (episode.customStatus !== undefined) instance.customStatus = episode.customStatus;
    for (const step of afterwards) step();
    // Suspended: the orchestrator is invoked, but its actions take effect only after resume, as recorded.
    if (instance.status === 'Suspended') {
      instance.held = episode.executor ? [...(instance.held ?? []), ...episode.actions] : undefined;
      this.closeEpisode(instance);
      return;
    }
    try {
      this.apply(instance, episode);
      if (episode.error !== undefined) this.fail(instance, episode.error);
      else if (instance.nextInput !== undefined) this.continueAsNew(instance, instance.nextInput);
      else if (episode.done) this.returned(instance, episode.output);
      else this.closeEpisode(instance);
    } catch (error) {
      if (!(error instanceof GuardError || error instanceof OrchestrationFault)) throw error;
      this.fail(instance, error.message);
    }
  }

  private apply(instance: Instance, episode: Episode): void {
    const { guards, library } = this.engine.options;
    const actions = instance.held ? [...instance.held, ...episode.actions] : episode.actions;
    instance.held = undefined;
    if (actions.length > FAN_OUT_MAX) checkFanOut(guards, instance, actions);
    for (const action of actions) this.scheduling.apply(instance, action);
    this.scheduling.cancelTimers(instance, episode.all);
    if (instance.history.length > HISTORY_WARN_EVENTS) checkHistoryLength(guards, instance);
    const { executor } = episode;
    if (!executor || episode.done || episode.error !== undefined) return;
    if (waitsForNothing(executor, library?.runningState)) refuseHang(guards, instance);
    if (executor.sequenceNumber !== instance.nextTaskId && !instance.reusedTask) {
      throw new Error(
        `${instance.id}: the library is at task id ${executor.sequenceNumber} and the emulator at ${instance.nextTaskId}`,
      );
    }
  }

  /** Moves the inbox into the history. Events of closed tasks are dropped; false when nothing is left. */
  private receive(instance: Instance, afterwards: Afterwards[]): boolean {
    const { engine } = this;
    const { inbox, history } = instance;
    if (inbox.length === 0) return false;
    instance.inbox = [];
    const before = history.length;
    history.push(orchestratorStarted(engine.nowMs));
    for (const event of inbox.length === 1 ? inbox : this.idTakersFirst(instance, inbox)) {
      const taskId = event.TaskScheduledId ?? event.TimerId;
      if (taskId !== undefined) {
        const task = instance.open.get(taskId);
        if (!task) continue;
        instance.closeTask(taskId);
        if (this.takesId(event, task)) this.takeId(instance, task, afterwards);
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
  private idTakersFirst(instance: Instance, inbox: readonly HistoryEvent[]): readonly HistoryEvent[] {
    const takes = (event: HistoryEvent): boolean => {
      const task = instance.open.get(event.TaskScheduledId ?? event.TimerId ?? -1);
      return task !== undefined && this.takesId(event, task);
    };
    if (!inbox.some(takes)) return inbox;
    return [...inbox.filter(takes), ...inbox.filter((event) => !takes(event))];
  }

  /**
   * Whether the library takes a task id by itself when it sees this event: a failed attempt takes one for its retry
   * timer (also after the last attempt), a fired retry timer one for the next attempt, and a chunk of a long timer one
   * for the next chunk.
   */
  private takesId(event: HistoryEvent, task: OpenTask): boolean {
    if (task.kind === 'retryTimer') return task.lastAttempt !== true;
    if (task.finalMs !== undefined) return task.finalMs > this.engine.nowMs;
    return task.attempt !== undefined && isFailure(event);
  }

  private takeId(instance: Instance, task: OpenTask, afterwards: Afterwards[]): void {
    const id = instance.nextTaskId;
    instance.nextTaskId += 1;
    const { scheduling } = this;
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
      const dueMs = this.engine.nowMs + (lastAttempt ? 0 : retryDelayMs(action.retryOptions, attempt));
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

  private returned(instance: Instance, output: string): void {
    instance.returned = { output };
    if (instance.open.size > 0) {
      this.engine.options.guards.refuse({
        code: 'open-tasks-at-return',
        subject: instance.name,
        what: `It returned while ${instance.open.size} task(s) were still open (${[...instance.open.values()].map((t) => t.kind).join(', ')}).`,
        why: 'The real host keeps the instance Running until every one of them has completed.',
        fix: 'Cancel a timer that lost with .cancel(), and yield the other tasks.',
      });
    }
    this.completeIfNothingIsOpen(instance);
  }

  private completeIfNothingIsOpen(instance: Instance): void {
    if (!instance.returned) return;
    this.closeEpisode(instance);
    if (instance.open.size > 0) return;
    instance.output = instance.returned.output;
    this.finish(instance, 'Completed');
    this.tellParent(instance, (now, taskId) => childCompleted(now, taskId, instance.output));
  }

  fail(instance: Instance, message: string): void {
    const reason = `Orchestrator function '${instance.name}' failed: ${message}`;
    this.closeEpisode(instance);
    instance.output = JSON.stringify(reason);
    this.finish(instance, 'Failed');
    const details = `Message: ${message}, StackTrace:    at emulator`;
    this.tellParent(instance, (now, taskId) => childFailed(now, taskId, { reason, details }));
  }

  private terminated(
    instance: Instance,
    fn: RegisteredFunction | undefined,
    why: string,
  ): void | Promise<void> {
    const end = (): void => {
      this.closeEpisode(instance);
      instance.output = JSON.stringify(why);
      this.finish(instance, 'Terminated');
      this.tellParent(instance, (now, taskId) => childFailed(now, taskId, { reason: why, details: '' }));
    };
    // The real host still invokes the orchestrator once, and ignores what it says. Sessions need not.
    if (!fn || !this.engine.options.fullMessages) {
      end();
      return;
    }
    return Promise.resolve(this.engine.options.runner.run(instance, fn)).then(end);
  }

  private tellParent(instance: Instance, event: (nowMs: number, taskId: number) => HistoryEvent): void {
    const { parent } = instance;
    if (!parent) return;
    const target = this.engine.instances.get(parent.instanceId);
    this.engine.deliver(target, parent.executionId, event(this.engine.nowMs, parent.taskId));
  }

  private closeEpisode(instance: Instance): void {
    const last = instance.history.at(-1);
    if (last?.EventType !== EventType.OrchestratorCompleted)
      instance.history.push(orchestratorCompleted(this.engine.nowMs));
  }

  private finish(instance: Instance, status: 'Completed' | 'Failed' | 'Terminated'): void {
    const { engine } = this;
    instance.status = status;
    instance.updatedMs = engine.nowMs;
    this.scheduling.release(instance);
    instance.clearLive();
    instance.inbox = [];
    if (instance.parent && !engine.options.keepHistoryOfFinishedChildren) {
      instance.historyDropped = instance.history.length;
      instance.history = [];
    }
  }

  /** The new execution starts in the same turn; events that were received and not consumed come first in its history. */
  private continueAsNew(instance: Instance, input: string): void {
    const { engine } = this;
    const now = engine.nowMs;
    const carried = unconsumed(instance).map((event) => ({ ...event, Carried: true }));
    this.scheduling.release(instance);
    instance.clearLive();
    instance.beginAnew(input, withoutDashes(engine.options.ids.guid()));
    const started = { ...this.executionStarted(instance), Generation: null };
    instance.history.push(orchestratorStarted(now), started, ...carried, orchestratorCompleted(now, true));
    engine.stats.durableSteps += 1;
    engine.enqueue(instance);
  }

  private executionStarted(instance: Instance): HistoryEvent {
    return {
      EventType: EventType.ExecutionStarted,
      EventId: -1,
      IsPlayed: false,
      Timestamp: this.engine.nowMs,
      Name: instance.name,
      Input: instance.input,
      Version: instance.version,
      ExecutionId: instance.executionId,
      Generation: instance.generation,
      Parent: instance.parent,
    };
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

/** External events beyond what the orchestrator waited for, by name, in the order they came. */
function unconsumed(instance: Instance): HistoryEvent[] {
  const left = new Map(instance.waits);
  return instance.history.filter((event) => {
    if (event.EventType !== EventType.EventRaised || event.TaskScheduledId !== undefined) return false;
    const name = (event.Name ?? '').toLowerCase();
    const waits = left.get(name) ?? 0;
    left.set(name, waits - 1);
    return waits <= 0;
  });
}
