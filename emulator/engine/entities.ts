import type { RegisteredFunction } from '../coreApi';
import type { EngineCore } from './core';
import { entityAnswered } from './history';
import { Queue } from './queue';
import { responseMessage } from './entityMessages';
import { schedulerId, type Entity, type EntityMessage, type Operation } from './entity';
import { unknownFunction } from './faults';

interface EntityState {
  readonly entityExists: boolean;
  readonly entityState?: string | null;
  readonly results: readonly { readonly isError: boolean; readonly result?: string }[];
  readonly signals: readonly {
    readonly target: { readonly name: string; readonly key: string };
    readonly name: string;
    readonly input: string;
  }[];
}

/** Entities: one turn at a time, all waiting operations in one batch. */
export class Entities {
  readonly all = new Map<string, Entity>();
  readonly #engine: EngineCore;
  readonly #ready = new Queue<Entity>();
  readonly #byName = new Map<string, RegisteredFunction>();

  constructor(engine: EngineCore) {
    this.#engine = engine;
    for (const fn of engine.options.functions.values()) {
      if (fn.trigger.type === 'entityTrigger') this.#byName.set(fn.name.toLowerCase(), fn);
    }
  }

  get queued(): number {
    return this.#ready.size;
  }

  get names(): string[] {
    return [...this.#byName.values()].map((fn) => fn.name);
  }

  exists(name: string): boolean {
    return this.#byName.has(name.toLowerCase());
  }

  send(id: string, message: EntityMessage): void {
    const entity = this.#open(id);
    this.#engine.options.observer?.messageToEntity(id, message.kind === 'operation' ? message.input : null);
    entity.inbox.push(message);
    this.#engine.touch(entity);
    if (entity.queued) return;
    entity.queued = true;
    this.#engine.carry('entity', () => {
      this.#ready.add(entity);
    });
  }

  /** Those whose turn can come. */
  get waiting(): readonly Entity[] {
    return this.#ready.list();
  }

  makeReady(entity: Entity): void {
    this.#ready.add(entity);
  }

  release(id: string, owner: string): void {
    this.send(id, { kind: 'release', owner });
  }

  /** Wakes entities that had messages when the host stopped. */
  resume(entity: Entity): void {
    if (entity.inbox.length === 0 || entity.queued) return;
    entity.queued = true;
    this.#ready.add(entity);
  }

  async runReady(): Promise<void> {
    const { crashPoints, options } = this.#engine;
    while (this.#ready.size > 0) {
      const ready: Entity[] = [];
      for (const entity of this.#ready.takeAll()) {
        if (!options.workers.ownerOf(entity.id)) {
          this.#engine.park(entity);
          continue;
        }
        entity.queued = false;
        ready.push(entity);
      }
      if (!crashPoints) {
        await this.#runTurns(ready);
        continue;
      }
      for (const entity of ready) await crashPoints.entity(entity, () => this.#runTurns([entity]));
    }
  }

  async #runTurns(ready: readonly Entity[]): Promise<void> {
    const turns: [Entity, readonly Operation[], Promise<EntityState>][] = [];
    for (const entity of ready) {
      const granted: (() => void)[] = [];
      const before = entity.inbox.length;
      const operations = takeOperations(entity, (message) => {
        granted.push(() => {
          this.#grant(message);
        });
      });
      this.#engine.options.observer?.entityTurn(entity.id, before - entity.inbox.length);
      this.#engine.touch(entity);
      if (operations.length > 0) turns.push([entity, operations, this.#invoke(entity, operations)]);
      for (const grant of granted) grant();
    }
    // Awaited in the order they were queued, so that what follows does not depend on which is faster.
    for (const [entity, operations, turn] of turns) this.#conclude(entity, operations, await turn);
  }

  #open(id: string): Entity {
    const known = this.all.get(id);
    if (known) return known;
    const split = id.indexOf('@', 1);
    const nowMs = this.#engine.nowMs;
    const entity: Entity = {
      id,
      name: id.slice(1, split),
      key: id.slice(split + 1),
      exists: false,
      state: null,
      inbox: [],
      queued: false,
      lockedBy: undefined,
      createdMs: nowMs,
      lastOperationMs: nowMs,
    };
    this.all.set(id, entity);
    return entity;
  }

  async #invoke(entity: Entity, operations: readonly Operation[]): Promise<EntityState> {
    const engine = this.#engine;
    engine.stats.entityOperations += operations.length;
    engine.stats.durableSteps += operations.length;
    const worker = engine.options.workers.ownerOf(entity.id);
    const fn = worker?.find('entityTrigger', entity.name);
    if (!fn || !worker) throw new Error(unknownFunction(entity.name, 'entity', this.names));
    const { invoker } = worker;
    const { fullMessages } = engine.options;
    const trigger = {
      self: { name: entity.name, key: entity.key },
      exists: entity.exists,
      state: entity.state,
      batch: operations.map(({ id, name, input, from }) => ({
        name,
        input,
        isSignal: from === undefined,
        id,
      })),
    };
    if (fullMessages) {
      const returned = await invoker.throughWorker(fn, { trigger: { string: JSON.stringify(trigger) } });
      return JSON.parse(returned?.json ?? 'null') as EntityState;
    }
    return (await fn.callback(trigger, invoker.directContext(fn))) as EntityState;
  }

  #conclude(entity: Entity, operations: readonly Operation[], state: EntityState): void {
    const engine = this.#engine;
    entity.exists = state.entityExists;
    entity.state = state.entityState ?? null;
    entity.lastOperationMs = engine.nowMs;
    engine.touch(entity);
    if (entity.state !== null) engine.options.guards.checkSize(entity.name, 'The state', entity.state);
    operations.forEach((operation, i) => {
      const result = state.results[i];
      if (result?.isError === true) this.#noteError(entity, operation, result.result);
      if (operation.from) this.#answer(operation, result?.result ?? null, result?.isError === true);
    });
    for (const { target, name, input } of state.signals) {
      const message = {
        kind: 'operation',
        id: engine.options.ids.guid(),
        name,
        input: input === '' ? null : input,
      } as const;
      this.send(schedulerId(target.name, target.key), message);
    }
    this.resume(entity);
  }

  #answer(operation: Operation, result: string | null, failed: boolean): void {
    const engine = this.#engine;
    const { from } = operation;
    if (!from) return;
    const response = responseMessage(result, failed, engine.options.fullMessages);
    const event = entityAnswered(engine.nowMs, operation.id, response, from.taskId);
    engine.deliver(engine.instances.get(from.instanceId), from.executionId, event);
  }

  /** The lock moves on to the next entity of its set; after the last one the orchestration gets it. */
  #grant(lock: Extract<EntityMessage, { kind: 'lock' }>): void {
    const engine = this.#engine;
    const next = lock.entities[lock.position + 1];
    if (next !== undefined) {
      this.send(next, { ...lock, position: lock.position + 1 });
      return;
    }
    const response = responseMessage('Lock Acquisition Completed', false, engine.options.fullMessages);
    const event = entityAnswered(engine.nowMs, lock.id, response, lock.from.taskId);
    engine.deliver(engine.instances.get(lock.from.instanceId), lock.from.executionId, event);
  }

  #noteError(entity: Entity, operation: Operation, result: string | undefined): void {
    if (result !== '{}') return;
    this.#engine.options.guards.warn({
      code: 'entity-threw-an-error',
      subject: entity.name,
      what: `Operation ${operation.name} threw an Error.`,
      why: 'The library turns it into "{}", so the caller sees "[object Object]"; a state set before the throw is kept.',
      fix: 'Return { error } or throw a string.',
    });
  }
}

/** Takes out what may run now; a locked entity serves only its owner. Locks are granted on the way. */
function takeOperations(
  entity: Entity,
  grant: (lock: Extract<EntityMessage, { kind: 'lock' }>) => void,
): Operation[] {
  const operations: Operation[] = [];
  const waiting: EntityMessage[] = [];
  // Releases first: the owner sent them after its last operation, which it waited for.
  if (
    entity.lockedBy !== undefined &&
    entity.inbox.some((m) => m.kind === 'release' && m.owner === entity.lockedBy)
  ) {
    entity.lockedBy = undefined;
  }
  for (const message of entity.inbox) {
    if (message.kind === 'release') continue;
    const owner = entity.lockedBy;
    if (owner !== undefined && message.from?.instanceId !== owner) {
      waiting.push(message);
    } else if (message.kind === 'operation') {
      operations.push(message);
    } else {
      entity.lockedBy = message.from.instanceId;
      grant(message);
    }
  }
  entity.inbox = waiting;
  return operations;
}
