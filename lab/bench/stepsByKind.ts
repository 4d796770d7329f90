import { EventType, type HistoryEvent } from '../../emulator/engine/history';
import type { Instance } from '../../emulator/engine/instance';
import type { EngineObserver } from '../../emulator/engine/observer';

/** What the durable steps of a host were: how many of each kind, as `activity advanceRound`. */
export class StepsByKind implements EngineObserver {
  readonly #counts = new Map<string, number>();
  #executionId = '';

  /** Most first. */
  get counts(): readonly (readonly [kind: string, steps: number])[] {
    return [...this.#counts].sort(([, a], [, b]) => b - a);
  }

  /** A start counts twice, as an instance and as its first message; an activity too, when it runs and when its result comes. */
  messageToInstance(instance: Instance, event: HistoryEvent): void {
    if (event.EventType === EventType.ExecutionStarted) this.#add(`start of ${instance.name}`, 2);
    if (instance.isFinished) return;
    const task = instance.open.get(event.TaskScheduledId ?? event.TimerId ?? -1);
    const { functionName = '', operation = '' } = task?.action ?? {};
    switch (event.EventType) {
      case EventType.ExecutionStarted:
        return;
      case EventType.TaskCompleted:
      case EventType.TaskFailed:
        if (task?.kind === 'entityCall') this.#add(`answer of entity operation ${operation}`);
        else this.#add(`activity ${functionName}`, 2);
        return;
      case EventType.TimerFired:
        this.#add(`timer of ${instance.name}`);
        return;
      case EventType.SubOrchestrationInstanceCompleted:
      case EventType.SubOrchestrationInstanceFailed:
        this.#add(`end of ${functionName}`);
        return;
      default:
        this.#add(
          task === undefined ? `event to ${instance.name}` : `answer of entity operation ${operation}`,
        );
    }
  }

  messageToEntity(entityId: string, input: string | null): void {
    const name = entityId.slice(0, entityId.indexOf('@', 1));
    const kind = /"kind":"(\w+)"/.exec(input ?? '')?.[1];
    this.#add(`operation of ${name.slice(1)}${name === '@virtualmachine' ? ` ${kind ?? ''}` : ''}`);
  }

  episodeStarts(instance: Instance): void {
    this.#executionId = instance.executionId;
  }

  episodeEnded(instance: Instance): void {
    if (instance.executionId !== this.#executionId) this.#add(`continuing of ${instance.name}`);
  }

  timerCreated(): void {
    // counted when it fires
  }

  timerCancelled(): void {
    // no step
  }

  activityScheduled(): void {
    // counted when its result comes
  }

  entityTurn(): void {
    // counted by its messages
  }

  clientStarts(): void {
    // counted by its first message
  }

  #add(kind: string, steps = 1): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + steps);
  }
}
