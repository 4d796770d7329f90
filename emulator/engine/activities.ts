import type { RegisteredFunction } from '../coreApi';
import { taskCompleted, taskFailed, type HistoryEvent } from './history';
import { callHttp, HTTP_ACTIVITY } from './callHttp';
import { CrashHost, type Orphan } from './persistPoints';
import type { EngineCore } from './core';
import type { Instance } from './instance';
import { Queue } from './queue';
import { activityFailure, activityInputDirect, activityInputToRpc, resultToJson, toJson } from './values';

interface Pending {
  readonly instance: Instance;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  /** JSON text. */
  readonly input: string;
}

/** Runs activities at least once: a result counts only when the execution that asked for it still stands. */
export class Activities {
  private readonly pending = new Queue<Pending>();
  private readonly byName = new Map<string, RegisteredFunction>();
  private running = 0;

  constructor(private readonly engine: EngineCore) {
    for (const fn of engine.options.functions.values()) {
      if (fn.trigger.type === 'activityTrigger') this.byName.set(fn.name.toLowerCase(), fn);
    }
  }

  /** How many could start now. */
  get queued(): number {
    return this.running < this.engine.options.activitiesMax ? this.pending.size : 0;
  }

  get names(): string[] {
    return [...this.byName.values()].map((fn) => fn.name);
  }

  exists(name: string): boolean {
    return name === HTTP_ACTIVITY || this.byName.has(name.toLowerCase());
  }

  add(instance: Instance, taskId: number, name: string, input: string): void {
    this.engine.options.observer?.activityScheduled(instance, input);
    const message = { instance, executionId: instance.executionId, taskId, name, input };
    this.engine.carry('activity', () => {
      this.pending.add(message);
    });
  }

  /** Messages of activities that have not started. */
  pendingOf(instance: Instance): Orphan[] {
    const own = this.pending.list().filter((each) => each.instance === instance);
    return own.map(({ executionId, taskId, name, input }) => ({
      instanceId: instance.id,
      executionId,
      taskId,
      name,
      input,
    }));
  }

  /** In order: starts a batch and waits for it. Otherwise: fills the free places and goes on. */
  async dispatch(): Promise<void> {
    if (this.engine.options.inOrder) {
      while (this.pending.size > 0) await this.runBatch();
      return;
    }
    while (this.queued > 0) {
      const next = this.pending.take();
      if (next) this.start(next);
    }
  }

  private async runBatch(): Promise<void> {
    const batch: Pending[] = [];
    const results: Promise<HistoryEvent>[] = [];
    while (batch.length < this.engine.options.activitiesMax) {
      const next = this.pending.take();
      if (!next) break;
      batch.push(next);
      const result = this.run(next);
      // A crash is met when its turn comes; until then Node must not take it for unhandled.
      result.catch(() => undefined);
      results.push(result);
    }
    for (let i = 0; i < batch.length; i += 1) {
      const done = batch[i];
      const event = await results[i];
      if (done && event) this.conclude(done, event);
    }
  }

  private start(next: Pending): void {
    this.running += 1;
    this.engine.started();
    const ended = (event?: HistoryEvent): void => {
      this.running -= 1;
      if (event) this.conclude(next, event);
      this.engine.ended();
    };
    this.run(next).then(ended, (crash: unknown) => {
      this.engine.break(crash as Error);
      ended();
    });
  }

  /** A worker that hangs never tells: when its time is up, the message is another worker's. */
  private conclude(done: Pending, event: HistoryEvent): void {
    const { engine } = this;
    const hangsMs = engine.options.transit?.hangsMs(done.name) ?? 0;
    if (hangsMs === 0) engine.deliver(done.instance, done.executionId, event);
    else
      engine.timers.add(engine.nowMs + hangsMs, () => {
        this.pending.add(done);
      });
  }

  private async run(next: Pending): Promise<HistoryEvent> {
    const { stats } = this.engine;
    stats.activities += 1;
    stats.durableSteps += 1;
    try {
      const result = await this.invoke(next);
      this.engine.crashPoints?.at('activity.beforeResult', next.instance.id);
      this.engine.options.guards.checkSize(next.name, 'The result', result);
      return taskCompleted(this.engine.nowMs, next.taskId, result);
    } catch (error) {
      if (error instanceof CrashHost) throw error;
      return taskFailed(this.engine.nowMs, next.taskId, activityFailure(next.name, error));
    }
  }

  private async invoke(next: Pending): Promise<string> {
    if (next.name === HTTP_ACTIVITY) return callHttp(next.input);
    const fn = this.byName.get(next.name.toLowerCase());
    if (!fn) throw new Error(`The function '${next.name}' doesn't exist`);
    const { invoker, guards, fullMessages } = this.engine.options;
    if (fullMessages || !invoker.canCallDirectly(fn)) {
      const trigger = activityInputToRpc(next.input);
      const triggerMetadata = { instanceId: { string: next.instance.id } };
      return resultToJson(
        await invoker.throughWorker(fn, { trigger, triggerMetadata, extra: this.extra(fn) }),
      );
    }
    const result = await fn.callback(activityInputDirect(next.input), invoker.directContext(fn));
    guards.checkJson(next.name, 'result', result);
    return toJson(result);
  }

  private extra(fn: RegisteredFunction): Record<string, { json: string }> {
    return this.engine.options.extraInputs(fn);
  }
}
