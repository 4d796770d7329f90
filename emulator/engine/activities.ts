import type { RegisteredFunction } from '../coreApi';
import { taskCompleted, taskFailed, type HistoryEvent } from './history';
import { callHttp, HTTP_ACTIVITY } from './callHttp';
import { CrashHost, type Orphan } from './persistPoints';
import type { EngineCore } from './core';
import type { Instance } from './instance';
import { Queue } from './queue';
import type { Worker } from './workers';
import { activityFailure, activityInputDirect, activityInputToRpc, resultToJson, toJson } from './values';

interface Pending {
  readonly instance: Instance;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  /** JSON text. */
  readonly input: string;
}

/** Undefined: the worker died. */
type Outcome = HistoryEvent | undefined;

/** Runs activities at least once: a result counts only when the execution that asked for it still stands. */
export class Activities {
  readonly #engine: EngineCore;
  readonly #pending = new Queue<Pending>();
  /** Messages that no commit has yet, where turns go on while one is written. */
  #sent: Pending[] = [];
  readonly #byName = new Map<string, RegisteredFunction>();
  /** What a worker runs, while several may; each is called off when its worker dies. */
  readonly #underWay = new Map<Pending, { readonly worker: Worker; readonly callOff: () => void }>();

  constructor(engine: EngineCore) {
    this.#engine = engine;
    for (const fn of engine.options.functions.values()) {
      if (fn.trigger.type === 'activityTrigger') this.#byName.set(fn.name.toLowerCase(), fn);
    }
  }

  /** How many could start now. */
  get queued(): number {
    return this.#engine.options.workers.free() ? this.#pending.size : 0;
  }

  get names(): string[] {
    return [...this.#byName.values()].map((fn) => fn.name);
  }

  exists(name: string): boolean {
    return name === HTTP_ACTIVITY || this.#byName.has(name.toLowerCase());
  }

  add(instance: Instance, taskId: number, name: string, input: string): void {
    this.#engine.options.observer?.activityScheduled(instance, input);
    const message = { instance, executionId: instance.executionId, taskId, name, input };
    this.#engine.carry('activity', () => {
      if (!this.#engine.turnsDuringCommits) {
        this.#pending.add(message);
        return;
      }
      this.#sent.push(message);
      this.#engine.touch();
    });
  }

  /** Takes the messages that the next commit has. They start nothing before what is returned is called. */
  takeSent(): () => void {
    const sent = this.#sent;
    this.#sent = [];
    return () => {
      for (const message of sent) this.#pending.add(message);
    };
  }

  /** Messages of activities that have not started. */
  pendingOf(instance: Instance): Orphan[] {
    const own = this.#pending.list().filter((each) => each.instance === instance);
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
    if (this.#engine.options.inOrder) {
      while (this.queued > 0) await this.#runBatch();
      return;
    }
    const { workers } = this.#engine.options;
    for (let worker = workers.free(); worker && this.#pending.size > 0; worker = workers.free()) {
      const next = this.#pending.take();
      if (next) this.#start(next, worker);
    }
  }

  async #runBatch(): Promise<void> {
    const { workers } = this.#engine.options;
    const batch: { readonly next: Pending; readonly worker: Worker; readonly result: Promise<Outcome> }[] =
      [];
    for (let worker = workers.free(); worker; worker = workers.free()) {
      const next = this.#pending.take();
      if (!next) break;
      const result = this.#runOn(worker, next);
      // A crash is met when its turn comes; until then Node must not take it for unhandled.
      result.catch(() => undefined);
      batch.push({ next, worker, result });
    }
    try {
      for (const { next, result } of batch) this.#conclude(next, await this.#acceptingMeanwhile(result));
    } finally {
      for (const { worker } of batch) worker.running -= 1;
    }
  }

  /** An activity may have a client, whose calls return once they are committed; the scheduler, which waits for the activity, commits meanwhile. */
  async #acceptingMeanwhile(result: Promise<Outcome>): Promise<Outcome> {
    const state = { isDone: false };
    const done = (): void => {
      state.isDone = true;
      this.#engine.wake();
    };
    result.then(done, done);
    while (!state.isDone) {
      await this.#engine.changed();
      while (this.#engine.awaitsCommit) await this.#engine.commit();
    }
    return result;
  }

  #start(next: Pending, worker: Worker): void {
    this.#engine.started();
    this.#runOn(worker, next).then(
      (outcome) => {
        this.#ended(next, worker, outcome);
      },
      (crash: unknown) => {
        this.#engine.break(crash as Error);
        this.#ended(next, worker, undefined);
      },
    );
  }

  #ended(done: Pending, worker: Worker, outcome: Outcome): void {
    worker.running -= 1;
    this.#conclude(done, outcome);
    this.#engine.ended();
  }

  /** What has been taken by a worker that dies is hidden for a while, and then another one's. */
  abandon(worker: Worker): void {
    const engine = this.#engine;
    const hiddenMs = engine.options.hidden?.workItemQueueMs ?? 0;
    for (const [message, { worker: owner, callOff }] of this.#underWay) {
      if (owner !== worker) continue;
      callOff();
      engine.timers.add(engine.nowMs + hiddenMs, () => {
        this.#pending.add(message);
        engine.wake();
      });
    }
  }

  /** Nothing comes back from a worker that dies meanwhile. */
  #runOn(worker: Worker, next: Pending): Promise<Outcome> {
    worker.running += 1;
    const run = this.#run(next, worker);
    if (!this.#engine.options.workers.several) return run;
    const calledOff = new Promise<undefined>((resolve) => {
      this.#underWay.set(next, {
        worker,
        callOff: () => {
          resolve(undefined);
        },
      });
    });
    return Promise.race([run, calledOff]).finally(() => this.#underWay.delete(next));
  }

  /** A worker that hangs never answers: when its time is up, the message is another worker's. */
  #conclude(done: Pending, event: Outcome): void {
    if (!event) return;
    const engine = this.#engine;
    const hangsMs = engine.options.transit?.hangsMs(done.name) ?? 0;
    if (hangsMs === 0) engine.deliver(done.instance, done.executionId, event);
    else
      engine.timers.add(engine.nowMs + hangsMs, () => {
        this.#pending.add(done);
      });
  }

  async #run(next: Pending, worker: Worker): Promise<HistoryEvent> {
    const engine = this.#engine;
    const { stats } = engine;
    const { guards } = engine.options;
    const { name, taskId } = next;
    stats.activities += 1;
    stats.durableSteps += 1;
    try {
      const fn = this.#directly(next, worker);
      let result: string;
      if (fn) {
        const value = await worker.invoker.direct(fn, activityInputDirect(next.input), this.#extra(fn));
        guards.checkJson(name, 'result', value);
        result = toJson(value);
      } else {
        result = await this.#throughWorker(next, worker);
      }
      engine.crashPoints?.at('activity.beforeResult', next.instance.id);
      guards.checkSize(name, 'The result', result);
      return taskCompleted(engine.nowMs, taskId, result);
    } catch (error) {
      if (error instanceof CrashHost) throw error;
      return taskFailed(engine.nowMs, taskId, activityFailure(name, error));
    }
  }

  /** The function, if it may be called without the worker's conversions. */
  #directly({ name }: Pending, worker: Worker): RegisteredFunction | undefined {
    if (name === HTTP_ACTIVITY || this.#engine.options.fullMessages) return undefined;
    const fn = worker.find('activityTrigger', name);
    return fn && worker.invoker.canCallDirectly(fn) ? fn : undefined;
  }

  async #throughWorker({ name, input, instance }: Pending, worker: Worker): Promise<string> {
    if (name === HTTP_ACTIVITY) return callHttp(input);
    const fn = worker.find('activityTrigger', name);
    if (!fn) throw new Error(`The function '${name}' doesn't exist`);
    const trigger = activityInputToRpc(input);
    const triggerMetadata = { instanceId: { string: instance.id } };
    const returned = worker.invoker.throughWorker(fn, { trigger, triggerMetadata, extra: this.#extra(fn) });
    return resultToJson(await returned);
  }

  #extra(fn: RegisteredFunction): Record<string, { json: string }> {
    return this.#engine.options.extraInputs(fn);
  }
}
