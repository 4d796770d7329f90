import type { Engine } from './engine';
import type { Entity, EntityMessage } from './entities';
import { EventType, type HistoryEvent } from './history';
import type { Instance } from './instance';

/**
 * Where a host can die, in the order in which the real one persists a turn: first it sends the messages, then it writes
 * the history, then it deletes the message that woke it up. A crash in between repeats what was done; see docs/emulator.md.
 */
export type PersistKind =
  | 'orchestration.beforeMessages'
  | 'orchestration.beforeHistory'
  | 'orchestration.beforeDelete'
  | 'orchestration.done'
  | 'activity.beforeResult'
  | 'entity.beforeMessages'
  | 'entity.beforeState'
  | 'entity.beforeDelete'
  | 'entity.done';

export interface PersistPoint {
  readonly kind: PersistKind;
  /** Of the orchestration or entity whose turn it is; for an activity, of the orchestration that called it. */
  readonly instanceId: string;
  /** Counts the points since the host started, so that a test can name each of them. */
  readonly step: number;
}

/** Thrown by `onPersist` to make the host die there. */
export class CrashHost extends Error {
  constructor(readonly point?: PersistPoint) {
    super(point ? `crashed at step ${point.step}: ${point.kind} of ${point.instanceId}` : 'crashed');
    this.name = 'CrashHost';
  }
}

/** An activity whose message was sent and whose sender's history was lost: it runs all the same. */
export interface Orphan {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  readonly input: string;
}

/** Runs turns one by one, each committed on its own, and asks at every step whether the host dies there. */
export class CrashPoints {
  private step = 0;

  constructor(
    private readonly engine: Engine,
    private readonly onPersist: (point: PersistPoint) => void,
  ) {}

  at(kind: PersistKind, instanceId: string): void {
    this.step += 1;
    this.onPersist({ kind, instanceId, step: this.step });
  }

  async orchestration(instance: Instance): Promise<void> {
    const { engine } = this;
    // What woke it up is in its queue before it runs.
    await engine.commit();
    const triggers = [...instance.inbox];
    const running = engine.orchestrations.runEpisode(instance);
    if (running) await running;
    this.at('orchestration.beforeMessages', instance.id);
    await this.orElse('orchestration.beforeHistory', instance.id, () => engine.commitWithout(instance));
    await this.orElse('orchestration.beforeDelete', instance.id, () => {
      // Executions start once, and results of closed tasks are dropped; events are taken in a second time.
      if (!instance.isFinished) instance.inbox.unshift(...triggers.filter(isRedelivered));
      return engine.commit();
    });
    await engine.commit();
    this.at('orchestration.done', instance.id);
  }

  /** `turn` takes the messages, runs them and applies what they did. */
  async entity(entity: Entity, turn: () => Promise<void>): Promise<void> {
    const { engine } = this;
    await engine.commit();
    const triggers = [...entity.inbox];
    await turn();
    this.at('entity.beforeMessages', entity.id);
    await this.orElse('entity.beforeState', entity.id, () => engine.commitWithout(entity));
    await this.orElse('entity.beforeDelete', entity.id, () => {
      entity.inbox.unshift(...triggers.filter(isSignalOfClient));
      return engine.commit();
    });
    await engine.commit();
    this.at('entity.done', entity.id);
  }

  /** When the host dies here, `persist` writes what the real one would have written so far. */
  private async orElse(kind: PersistKind, instanceId: string, persist: () => Promise<void>): Promise<void> {
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
