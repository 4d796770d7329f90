import type { Engine } from './engine';
import { schedulerId } from './entity';
import { controlEvent, eventRaised, type HistoryEvent } from './history';
import { withoutDashes } from './ids';
import type { Instance } from './instance';

export type Accepted = 'accepted' | 'unknown' | 'finished';

/** What clients may ask of the durable host. Every answer means: it would survive a crash. */
export class Management {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Undefined when an instance of that id is running: the real extension answers 409. A finished one starts again. */
  async start(name: string, input: string, id?: string, version?: string): Promise<string | undefined> {
    const engine = this.#engine;
    const { ids, versioning } = engine.options;
    const instanceId = id ?? withoutDashes(ids.guid());
    const previous = engine.instances.get(instanceId);
    if (previous && !previous.isFinished) return undefined;
    engine.options.observer?.clientStarts(name);
    engine.orchestrations.create({
      id: instanceId,
      name,
      input,
      version: version ?? versioning.hostVersion,
      parent: null,
      executionId: ids.guid(),
      generation: previous ? (previous.generation ?? 0) + 1 : 0,
    });
    await engine.accepted();
    return instanceId;
  }

  raise(id: string, name: string, input: string): Promise<Accepted> {
    return this.#send(id, eventRaised(this.#engine.nowMs, name, input));
  }

  control(id: string, what: 'terminate' | 'suspend' | 'resume', reason: string): Promise<Accepted> {
    return this.#send(id, controlEvent(this.#engine.nowMs, what, reason));
  }

  /** False when no such entity function exists. */
  async signal(name: string, key: string, operation: string, input: string | null): Promise<boolean> {
    const engine = this.#engine;
    if (!engine.entities.exists(name)) return false;
    engine.entities.send(schedulerId(name, key), {
      kind: 'operation',
      id: engine.options.ids.guid(),
      name: operation,
      input,
      byClient: true,
    });
    await engine.accepted();
    return true;
  }

  /** The new instance's id; undefined when there is nothing to restart. */
  restart(id: string, withNewId: boolean): Promise<string | undefined> {
    const instance = this.#engine.instances.get(id);
    if (!instance) return Promise.resolve(undefined);
    return this.start(
      instance.name,
      instance.input,
      withNewId ? undefined : id,
      instance.version ?? undefined,
    );
  }

  /** Only finished instances go; returns how many. */
  async purge(which: (instance: Instance) => boolean): Promise<number> {
    const { instances } = this.#engine;
    let purged = 0;
    for (const instance of instances.values()) {
      if (!instance.isFinished || !which(instance)) continue;
      this.#engine.purge(instance);
      purged += 1;
    }
    if (purged > 0) await this.#engine.accepted();
    return purged;
  }

  async #send(id: string, event: HistoryEvent): Promise<Accepted> {
    const instance = this.#engine.instances.get(id);
    if (!instance) return 'unknown';
    if (instance.isFinished) return 'finished';
    this.#engine.deliver(instance, undefined, event);
    await this.#engine.accepted();
    return 'accepted';
  }
}
