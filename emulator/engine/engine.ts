import { Activities } from './activities';
import type { Changes, EngineCore, EngineOptions, Stats } from './core';
import { CrashPoints } from './crashPoints';
import { Entities } from './entities';
import type { Entity } from './entity';
import type { HistoryEvent } from './history';
import { Instance } from './instance';
import { Orchestrations } from './orchestrations';
import { Queue } from './queue';
import { TimerQueue } from './timerQueue';
import { LEASE_TAKE_OVER_MS, type Worker } from './workers';

/**
 * One single-writer scheduler. A round drains activities before entities before orchestrators, so that an orchestrator
 * meets its completions in batches. What a turn changed is committed before an activity that it asked for starts, or a client hears
 * that its call was accepted. Off the virtual clock, turns go on while a commit is written: the next one has all that they changed.
 */
export class Engine implements EngineCore {
  readonly instances = new Map<string, Instance>();
  readonly timers = new TimerQueue();
  readonly stats: Stats = {
    episodes: 0,
    activities: 0,
    entityOperations: 0,
    durableSteps: 0,
    timersFired: 0,
    requests: 0,
  };
  readonly activities: Activities;
  readonly entities: Entities;
  readonly orchestrations: Orchestrations;
  readonly crashPoints: CrashPoints | undefined;
  readonly turnsDuringCommits: boolean;
  readonly #ready = new Queue<Instance>();
  #acknowledgements: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #dirty = false;
  /** The commit that is being written meanwhile. */
  #writing: Promise<void> | undefined;
  #changedInstances = new Set<Instance>();
  #changedEntities = new Set<Entity>();
  #purged: string[] = [];
  #running: Promise<void> | undefined;
  #failure: Error | undefined;
  #halted = false;
  #wakers: (() => void)[] = [];
  /** Turns whose partition no worker holds. */
  #parked: (Instance | Entity)[] = [];
  /** Of those, which a dead worker had taken. */
  readonly #hiddenUntilMs = new Map<Instance | Entity, number>();
  /** Requests, timer functions and activities under way: the virtual clock must not move on while there are any. */
  #busy = 0;

  constructor(readonly options: EngineOptions) {
    this.activities = new Activities(this);
    this.entities = new Entities(this);
    this.orchestrations = new Orchestrations(this);
    this.crashPoints = options.onPersist && new CrashPoints(this, options.onPersist);
    this.turnsDuringCommits = options.store !== undefined && !options.inOrder && !options.onPersist;
  }

  get nowMs(): number {
    return this.options.clock.nowMs();
  }

  /** Something can run now, or wants to be committed. */
  get hasWork(): boolean {
    if (this.#halted) return false;
    const queued = this.#ready.size + this.activities.queued + this.entities.queued;
    return queued > 0 || (!this.#writing && (this.#dirty || this.#acknowledgements.length > 0));
  }

  /** Puts an event into the inbox of an instance, if its execution is still the one that is meant. */
  deliver(instance: Instance | undefined, executionId: string | undefined, event: HistoryEvent): void {
    if (!instance) return;
    this.options.observer?.messageToInstance(instance, event);
    if (instance.isFinished) return;
    if (executionId !== undefined && instance.executionId !== executionId) return;
    instance.inbox.push(event);
    this.touch(instance);
    this.enqueue(instance);
  }

  enqueue(instance: Instance): void {
    if (instance.queued) return;
    instance.queued = true;
    this.carry('orchestration', () => {
      this.#ready.add(instance);
    });
  }

  enqueueAt(what: Instance | Entity, atMs: number): void {
    if (what.queued) return;
    what.queued = true;
    if (atMs <= this.nowMs) this.#makeReady(what);
    else
      this.timers.add(atMs, () => {
        this.#makeReady(what);
      });
  }

  park(what: Instance | Entity): void {
    what.queued = true;
    this.#parked.push(what);
  }

  /** A process of the app dies, with all that it had taken; see docs/emulator.md. */
  killWorker(name: string): void {
    const { workers, hidden } = this.options;
    const taken = [...this.#ready.list(), ...this.entities.waiting].filter(
      ({ id }) => workers.ownerOf(id)?.name === name,
    );
    for (const each of taken) this.#hiddenUntilMs.set(each, this.nowMs + (hidden?.controlQueueMs ?? 0));
    const dead = workers.kill(name);
    this.activities.abandon(dead);
    this.timers.add(this.nowMs + LEASE_TAKE_OVER_MS, () => {
      workers.takeOver(dead);
      this.#unpark();
    });
    this.wake();
  }

  addWorker(worker: Worker): void {
    this.options.workers.join(worker);
    this.#unpark();
    this.wake();
  }

  #unpark(): void {
    const parked = this.#parked;
    this.#parked = [];
    for (const each of parked) {
      const atMs = this.#hiddenUntilMs.get(each) ?? 0;
      this.#hiddenUntilMs.delete(each);
      each.queued = false;
      this.enqueueAt(each, atMs);
    }
  }

  #makeReady(what: Instance | Entity): void {
    if (what instanceof Instance) this.#ready.add(what);
    else this.entities.makeReady(what);
    this.wake();
  }

  carry(to: Parameters<EngineCore['carry']>[0], deliver: () => void): void {
    const lateMs = this.options.transit?.lateMs(to) ?? 0;
    if (lateMs > 0) this.timers.add(this.nowMs + lateMs, deliver);
    else deliver();
    this.wake();
  }

  /** Notes what changed, for the store. */
  touch(what?: Instance | Entity): void {
    if (!this.options.store) return;
    this.#dirty = true;
    if (what instanceof Instance) this.#changedInstances.add(what);
    else if (what) this.#changedEntities.add(what);
  }

  /** A purged instance must not come back. */
  purge(instance: Instance): void {
    this.instances.delete(instance.id);
    this.#changedInstances.delete(instance);
    this.#purged.push(instance.id);
    this.touch();
  }

  /** Resolves when the change just made would survive a crash. */
  accepted(): Promise<void> {
    this.touch();
    if (!this.options.store) {
      this.wake();
      return Promise.resolve();
    }
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#acknowledgements.push({ resolve, reject });
      this.wake();
    });
  }

  /** Counts work that is under way outside of the scheduler. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
      this.wake();
    }
  }

  started(): void {
    this.#busy += 1;
  }

  ended(): void {
    this.#busy -= 1;
    this.wake();
  }

  get awaitsCommit(): boolean {
    return this.#acknowledgements.length > 0;
  }

  /** Resolves at the next change that may have made work. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#wakers.push(resolve));
  }

  wake(): void {
    if (this.#wakers.length > 0) {
      const wakers = this.#wakers;
      this.#wakers = [];
      for (const waker of wakers) waker();
    }
    if (this.hasWork) this.#running ??= Promise.resolve().then(() => this.#run());
  }

  /** Runs until nothing is left that can run now, work under way included. */
  async untilIdle(): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      if (this.#running) await this.#running;
      else if (this.hasWork) this.wake();
      else if (this.#busy > 0) await this.changed();
      else return;
    }
  }

  get isIdle(): boolean {
    return this.#failure === undefined && this.#running === undefined && !this.hasWork && this.#busy === 0;
  }

  /** Runs what can run now, and does not wait for what is under way. */
  async runNow(): Promise<void> {
    while (!this.#failure && (this.#running !== undefined || this.hasWork)) {
      this.wake();
      await this.#running;
    }
  }

  /** Takes everything off the heap that is due now. Returns whether there was anything. */
  fireDue(): boolean {
    let fired = false;
    for (let entry = this.timers.takeDue(this.nowMs); entry; entry = this.timers.takeDue(this.nowMs)) {
      fired = true;
      entry.fire?.();
    }
    return fired;
  }

  /** Starts nothing more; what is under way may end, and its result is lost, as when a host stops. */
  async halt(): Promise<void> {
    this.#halted = true;
    this.wake();
    await this.#running;
    await this.#writing;
    if (this.turnsDuringCommits && !this.#failure) await this.commit();
  }

  get brokenBy(): Error | undefined {
    return this.#failure;
  }

  async #run(): Promise<void> {
    try {
      while (this.hasWork) await this.#round();
    } catch (error) {
      this.break(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#running = undefined;
    }
    this.wake();
  }

  /** Nothing more is run or promised: what is in memory may be more than what is on disk. */
  break(failure: Error): void {
    this.#failure = failure;
    this.#halted = true;
    this.options.log(`error: the emulator stopped: ${failure.stack ?? failure.message}`);
    for (const { reject } of this.#acknowledgements) reject(failure);
    this.#acknowledgements = [];
  }

  async #round(): Promise<void> {
    if (this.entities.queued > 0) await this.entities.runReady();
    for (let instance = this.#ready.take(); instance; instance = this.#ready.take()) {
      if (!this.options.workers.ownerOf(instance.id)) {
        this.park(instance);
        continue;
      }
      instance.queued = false;
      this.options.observer?.episodeStarts(instance);
      const episode = this.crashPoints
        ? this.crashPoints.orchestration(instance)
        : this.orchestrations.runEpisode(instance);
      if (episode) await episode;
      this.options.observer?.episodeEnded(instance);
    }
    if (this.entities.queued > 0) return;
    if (!this.turnsDuringCommits) await this.commit();
    else if (!this.#writing && this.#dirty) this.#beginCommit();
    if (this.activities.queued > 0) await this.activities.dispatch();
  }

  #beginCommit(): void {
    const startSent = this.activities.takeSent();
    this.started();
    this.#writing = this.commit()
      .then(startSent, (error: unknown) => {
        this.break(error as Error);
      })
      .finally(() => {
        this.#writing = undefined;
        this.ended();
      });
  }

  async commit(): Promise<void> {
    const { store } = this.options;
    if (!store) return;
    const heard = this.#acknowledgements;
    this.#acknowledgements = [];
    try {
      if (this.#dirty) await store.commit(this.#takeChanges());
    } catch (error) {
      for (const { reject } of heard) reject(error as Error);
      throw error;
    }
    for (const { resolve } of heard) resolve();
  }

  /** A crash between messages and history: the other rows have what the turn sent, its own row does not have the turn. */
  async commitWithout(own: Instance | Entity): Promise<void> {
    const { instances, entities, ...changes } = this.#takeChanges();
    const others = {
      instances: new Set([...instances].filter((each) => each !== own)),
      entities: new Set([...entities].filter((each) => each !== own)),
      orphans: own instanceof Instance ? this.activities.pendingOf(own) : [],
    };
    await this.options.store?.commit({ ...changes, ...others });
  }

  #takeChanges(): Changes {
    const changes = {
      nowMs: this.nowMs,
      idCounter: this.options.ids.counter,
      instances: this.#changedInstances,
      entities: this.#changedEntities,
      purged: this.#purged,
      orphans: [],
    };
    this.#dirty = false;
    this.#changedInstances = new Set();
    this.#changedEntities = new Set();
    this.#purged = [];
    return changes;
  }
}
