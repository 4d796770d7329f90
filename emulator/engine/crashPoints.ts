import type { EngineCore } from './core';
import type { Entity, EntityMessage } from './entity';
import { EventType, type HistoryEvent } from './history';
import type { Instance } from './instance';
import type { PersistKind, PersistPoint } from './persistPoints';

/** Runs turns one by one, each committed on its own, and asks at every step whether the host dies there. */
export class CrashPoints {
  #step = 0;

  readonly #engine: EngineCore;
  readonly #onPersist: (point: PersistPoint) => void;

  constructor(engine: EngineCore, onPersist: (point: PersistPoint) => void) {
    this.#engine = engine;
    this.#onPersist = onPersist;
  }

  at(kind: PersistKind, instanceId: string): void {
    this.#step += 1;
    this.#onPersist({ kind, instanceId, step: this.#step });
  }

  async orchestration(instance: Instance): Promise<void> {
    const engine = this.#engine;
    // What woke it up is in its queue before it runs.
    await engine.commit();
    const triggers = [...instance.inbox];
    const running = engine.orchestrations.runEpisode(instance);
    if (running) await running;
    this.at('orchestration.beforeMessages', instance.id);
    await this.#orElse('orchestration.beforeHistory', instance.id, () => engine.commitWithout(instance));
    await this.#orElse('orchestration.beforeDelete', instance.id, () => {
      // Executions start once, and results of closed tasks are dropped; events are taken in a second time.
      if (!instance.isFinished) instance.inbox.unshift(...triggers.filter(isRedelivered));
      return engine.commit();
    });
    await engine.commit();
    this.at('orchestration.done', instance.id);
  }

  /** `turn` takes the messages, runs them and applies what they did. */
  async entity(entity: Entity, turn: () => Promise<void>): Promise<void> {
    const engine = this.#engine;
    await engine.commit();
    const triggers = [...entity.inbox];
    await turn();
    this.at('entity.beforeMessages', entity.id);
    await this.#orElse('entity.beforeState', entity.id, () => engine.commitWithout(entity));
    await this.#orElse('entity.beforeDelete', entity.id, () => {
      entity.inbox.unshift(...triggers.filter(isSignalOfClient));
      return engine.commit();
    });
    await engine.commit();
    this.at('entity.done', entity.id);
  }

  /** When the host dies here, `persist` writes what the real one would have written so far. */
  async #orElse(kind: PersistKind, instanceId: string, persist: () => Promise<void>): Promise<void> {
    try {
      this.at(kind, instanceId);
    } catch (error) {
      await persist();
      throw error;
    }
  }
}

const isRedelivered = (event: HistoryEvent): boolean =>
  event.EventType === EventType.EventRaised && event.TaskScheduledId === undefined;

/** The real host recognises repeated messages of orchestrations by their timestamps; those of clients have none. */
const isSignalOfClient = (message: EntityMessage): boolean =>
  message.kind === 'operation' && message.from === undefined && message.byClient === true;
