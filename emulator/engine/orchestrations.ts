import type { RegisteredFunction } from '../coreApi';
import { FAN_OUT_MAX, GuardError, HISTORY_WARN_EVENTS } from '../guards';
import type { EngineCore } from './core';
import {
  EventType,
  childCompleted,
  childFailed,
  orchestratorCompleted,
  orchestratorStarted,
  type HistoryEvent,
} from './history';
import { Instance, type NewInstance } from './instance';
import { auditEpisode } from './auditEpisode';
import { checkFanOut, checkHistoryLength, refuseHang } from './checks';
import { OrchestrationFault, unknownFunction } from './faults';
import { withoutDashes } from './ids';
import { Inboxes, type Afterwards } from './inboxes';
import { waitsForNothing, type Episode } from './runners';
import { Scheduling } from './scheduling';
import { mayAdvance } from './versions';
import type { Worker } from './workers';

export class Orchestrations {
  readonly #engine: EngineCore;
  readonly #byName = new Map<string, RegisteredFunction>();
  readonly #inboxes: Inboxes;
  readonly scheduling: Scheduling;

  constructor(engine: EngineCore) {
    this.#engine = engine;
    for (const fn of engine.options.functions.values()) {
      if (fn.trigger.type === 'orchestrationTrigger') this.#byName.set(fn.name.toLowerCase(), fn);
    }
    this.scheduling = new Scheduling(engine);
    this.#inboxes = new Inboxes(engine, this.scheduling);
  }

  exists(name: string): boolean {
    return this.#byName.has(name.toLowerCase());
  }

  get names(): string[] {
    return [...this.#byName.values()].map((fn) => fn.name);
  }

  /** Creates or replaces an instance; its first event is in its inbox afterwards. */
  create(from: Omit<NewInstance, 'nowMs'>): Instance {
    const engine = this.#engine;
    const previous = engine.instances.get(from.id);
    if (previous) this.#overwrite(previous);
    const instance = new Instance({ ...from, nowMs: engine.nowMs });
    if (engine.options.store) instance.changedTasks = new Set();
    engine.instances.set(from.id, instance);
    engine.stats.durableSteps += 1;
    engine.options.guards.checkSize(from.name, 'The input', from.input);
    engine.deliver(instance, undefined, this.#executionStarted(instance));
    return instance;
  }

  /** Another execution takes its place: it runs no more, also when it stands in the queue, and its children are not waited for. */
  #overwrite(previous: Instance): void {
    if (!previous.isFinished) {
      for (const other of this.#engine.instances.values()) {
        if (other.isFinished || other.parent?.executionId !== previous.executionId) continue;
        other.orphaned = true;
        this.#engine.touch(other);
      }
      previous.status = 'Terminated';
      previous.inbox = [];
    }
    previous.clearLive();
  }

  /** Runs one episode. A promise only in faithful mode: session mode must not pay for one. */
  runEpisode(instance: Instance): void | Promise<void> {
    if (instance.isFinished || !this.#mayAdvance(instance)) return;
    const worker = this.#workerOf(instance);
    const afterwards: Afterwards[] = [];
    if (instance.continued) {
      instance.continued = false;
      if (instance.inbox.length > 0) this.#engine.enqueue(instance);
    } else if (!this.#inboxes.receive(instance, afterwards)) {
      return;
    }
    this.#engine.touch(instance);
    instance.episodes += 1;
    this.#engine.stats.episodes += 1;
    if (instance.status === 'Pending') instance.status = 'Running';
    const fn = worker.find('orchestrationTrigger', instance.name);
    if (instance.terminatedBecause !== undefined)
      return this.#terminated(instance, fn, instance.terminatedBecause);
    if (instance.returned) {
      this.#completeIfNothingIsOpen(instance);
      return;
    }
    if (!fn) {
      this.fail(instance, unknownFunction(instance.name, 'orchestrator', this.names));
      return;
    }
    return this.#invoke(instance, fn, afterwards);
  }

  /** Turns of partitions that no worker holds are parked before they come here. */
  #workerOf(instance: Instance): Worker {
    const worker = this.#engine.options.workers.ownerOf(instance.id);
    if (!worker) throw new Error(`${instance.id}: no worker holds its partition`);
    return worker;
  }

  /** What another version began is left where it is: its messages wait for a host of that version. */
  #mayAdvance(instance: Instance): boolean {
    const { versioning, log } = this.#engine.options;
    if (mayAdvance(versioning, instance.version)) return true;
    const { hostVersion, match, onMismatch } = versioning;
    const mismatch = `its version is ${instance.version ?? 'none'}, this host's is ${String(hostVersion)} (versionMatchStrategy ${match})`;
    if (onMismatch === 'Fail') {
      this.#inboxes.receive(instance, []);
      this.#engine.touch(instance);
      this.fail(instance, `The orchestration cannot run here: ${mismatch}.`);
    } else {
      log(`warning: Abandoning orchestration '${instance.id}' of ${instance.name}: ${mismatch}.`);
    }
    return false;
  }

  #invoke(
    instance: Instance,
    fn: RegisteredFunction,
    afterwards: readonly Afterwards[],
  ): void | Promise<void> {
    let episode: Episode | Promise<Episode>;
    try {
      if (instance.episodes === 1)
        this.#engine.options.guards.checkTimestampKeys(instance.name, instance.input);
      episode = this.#workerOf(instance).runner.run(instance, fn);
    } catch (error) {
      if (!(error instanceof GuardError)) throw error;
      this.fail(instance, error.message);
      return;
    }
    if (episode instanceof Promise)
      return episode.then((done) => this.#conclude(instance, fn, done, afterwards));
    return this.#conclude(instance, fn, episode, afterwards);
  }

  #conclude(
    instance: Instance,
    fn: RegisteredFunction,
    episode: Episode,
    afterwards: readonly Afterwards[],
  ): void | Promise<void> {
    const { auditor, auditEvery } = this.#engine.options;
    if (auditor && auditEvery > 0 && (instance.episodes % auditEvery === 0 || episode.done)) {
      return auditEpisode(auditor, instance, fn, episode).then(() => {
        this.#takeEffect(instance, episode, afterwards);
      });
    }
    this.#takeEffect(instance, episode, afterwards);
  }

  #takeEffect(instance: Instance, episode: Episode, afterwards: readonly Afterwards[]): void {
    instance.updatedMs = this.#engine.nowMs;
    if (episode.customStatus !== undefined) instance.customStatus = episode.customStatus;
    for (const step of afterwards) step();
    // Suspended: the orchestrator is invoked, but its actions take effect only after resume, as recorded.
    if (instance.status === 'Suspended') {
      instance.held = episode.executor ? [...(instance.held ?? []), ...episode.actions] : undefined;
      this.#closeEpisode(instance);
      return;
    }
    try {
      this.#apply(instance, episode);
      if (episode.error !== undefined) this.fail(instance, episode.error);
      else if (instance.nextInput !== undefined) this.#continueAsNew(instance, instance.nextInput);
      else if (episode.done) this.#returned(instance, episode.output);
      else this.#closeEpisode(instance);
    } catch (error) {
      if (!(error instanceof GuardError || error instanceof OrchestrationFault)) throw error;
      this.fail(instance, error.message);
    }
  }

  #apply(instance: Instance, episode: Episode): void {
    const { guards, library } = this.#engine.options;
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

  #returned(instance: Instance, output: string): void {
    instance.returned = { output };
    if (instance.open.size > 0) {
      this.#engine.options.guards.refuse({
        code: 'open-tasks-at-return',
        subject: instance.name,
        what: `It returned while ${instance.open.size} task(s) were still open (${[...instance.open.values()].map((t) => t.kind).join(', ')}).`,
        why: 'The real host keeps the instance Running until every one of them has completed.',
        fix: 'Cancel a timer that lost with .cancel(), and yield the other tasks.',
      });
    }
    this.#completeIfNothingIsOpen(instance);
  }

  #completeIfNothingIsOpen(instance: Instance): void {
    if (!instance.returned) return;
    this.#closeEpisode(instance);
    if (instance.open.size > 0) return;
    instance.output = instance.returned.output;
    this.#finish(instance, 'Completed');
    this.#notifyParent(instance, (now, taskId) => childCompleted(now, taskId, instance.output));
  }

  fail(instance: Instance, message: string): void {
    const reason = `Orchestrator function '${instance.name}' failed: ${message}`;
    this.#closeEpisode(instance);
    instance.output = JSON.stringify(reason);
    this.#finish(instance, 'Failed');
    const details = `Message: ${message}, StackTrace:    at emulator`;
    this.#notifyParent(instance, (now, taskId) => childFailed(now, taskId, { reason, details }));
  }

  #terminated(instance: Instance, fn: RegisteredFunction | undefined, why: string): void | Promise<void> {
    const end = (): void => {
      this.#closeEpisode(instance);
      instance.output = JSON.stringify(why);
      this.#finish(instance, 'Terminated');
      this.#notifyParent(instance, (now, taskId) => childFailed(now, taskId, { reason: why, details: '' }));
    };
    // The real host still invokes the orchestrator once, and ignores what it says. Sessions need not.
    if (!fn || !this.#engine.options.fullMessages) {
      end();
      return;
    }
    return Promise.resolve(this.#workerOf(instance).runner.run(instance, fn)).then(end);
  }

  #notifyParent(instance: Instance, event: (nowMs: number, taskId: number) => HistoryEvent): void {
    const { parent } = instance;
    if (!parent) return;
    const target = this.#engine.instances.get(parent.instanceId);
    this.#engine.deliver(target, parent.executionId, event(this.#engine.nowMs, parent.taskId));
  }

  #closeEpisode(instance: Instance): void {
    const last = instance.history.at(-1);
    if (last?.EventType !== EventType.OrchestratorCompleted)
      instance.history.push(orchestratorCompleted(this.#engine.nowMs));
  }

  #finish(instance: Instance, status: 'Completed' | 'Failed' | 'Terminated'): void {
    const engine = this.#engine;
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
  #continueAsNew(instance: Instance, input: string): void {
    const engine = this.#engine;
    const now = engine.nowMs;
    const carried = unconsumed(instance).map((event) => ({ ...event, Carried: true }));
    this.scheduling.release(instance);
    instance.clearLive();
    instance.beginAnew(input, withoutDashes(engine.options.ids.guid()));
    const started = { ...this.#executionStarted(instance), Generation: null };
    instance.history.push(orchestratorStarted(now), started, ...carried, orchestratorCompleted(now, true));
    engine.stats.durableSteps += 1;
    engine.enqueue(instance);
  }

  #executionStarted(instance: Instance): HistoryEvent {
    return {
      EventType: EventType.ExecutionStarted,
      EventId: -1,
      IsPlayed: false,
      Timestamp: this.#engine.nowMs,
      Name: instance.name,
      Input: instance.input,
      Version: instance.version,
      ExecutionId: instance.executionId,
      Generation: instance.generation,
      Parent: instance.parent,
    };
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
