import type { HistoryEvent } from './history';
import type { Instance } from './instance';

/**
 * Hears of what a storage provider would have to do for the engine's work. The engine calls it at each of these places and is the same
 * without it: an observer changes nothing.
 */
export interface EngineObserver {
  /** A message is on its way to an instance; that of a timer has been since it was created, and is due now. */
  messageToInstance(instance: Instance, event: HistoryEvent): void;
  messageToEntity(entityId: string, input: string | null): void;
  timerCreated(instance: Instance): void;
  /** Its message stays in the queue until it is due, and is thrown away then. */
  timerCancelled(instance: Instance): void;
  activityScheduled(instance: Instance, input: string): void;
  episodeStarts(instance: Instance): void;
  episodeEnded(instance: Instance): void;
  /** An entity has taken so many messages out of its queue and run them. */
  entityTurn(entityId: string, messages: number): void;
  /** A client starts an instance: before its first message. */
  clientStarts(name: string): void;
}
