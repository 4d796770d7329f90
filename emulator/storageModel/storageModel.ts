import { EventType, type HistoryEvent } from '../engine/history';
import type { Instance } from '../engine/instance';
import type { EngineObserver } from '../engine/observer';
import { QueuePolling } from './queuePolling';
import { RequestCounts, type Operation } from './requests';

export interface StorageModelOptions {
  readonly nowMs: () => number;
  /** host.json, `extensions.durableTask.storageProvider`; the defaults are the extension's. */
  readonly partitionCount?: number;
  readonly maxQueuePollingIntervalMs?: number;
  readonly payers?: RequestPayers;
}

/** Hears which instance each request is made for. A message to an entity costs its sender its part of the turn that takes it. */
export interface RequestPayers {
  requestMade(instance: Instance, operation: Operation, count: number): void;
  sentToEntity(instance: Instance, input: string | null): void;
}

/** What belongs to no orchestration. */
export const IDLE_POLLING = '(idle polling)';
export const LEASES = '(leases)';

/** A message that is larger as UTF-8 goes into a blob (MessageManager). */
const MESSAGE_BYTES_MAX = 45 * 1024;
/** Rows of one answer of the table service. */
const ROWS_READ = 1000;
/** Rows of one transaction beside the sentinel row, which goes along in each (AzureTableTrackingStore). */
const ROWS_WRITTEN = 99;
/** Of an entity's turn, beside one for each message: it begins, its execution begins, it ends. */
const TURN_ROWS = 3;
/** TablePartitionManager reads the partition table so often, and renews each partition it owns. */
const PARTITIONS_EVERY_MS = 10_000;
/** AppLeaseOptions.RenewInterval. */
const APP_LEASE_EVERY_MS = 25_000;

/**
 * Counts the requests that DurableTask.AzureStorage 2.x would make for what the engine does, on one host that owns all partitions, without
 * extended sessions. It only counts; docs/performance.md says what it leaves out and how far it agrees with the real host.
 */
export class StorageModel implements EngineObserver {
  readonly counts = new RequestCounts();
  /** Rows that orchestrations have written into the history table, and those that entities leave in it: a turn writes over the one before. */
  historyRows = 0;
  readonly #rowsOfEntity = new Map<string, number>();
  readonly #nowMs: () => number;
  readonly #startMs: number;
  /** The leases are counted until then. */
  #countedMs: number;
  readonly #control: readonly QueuePolling[];
  readonly #workItems: QueuePolling;
  readonly #payers: RequestPayers | null;
  /** Whose episode it is: what is sent to an entity meanwhile comes from it. */
  #current: Instance | null = null;
  /** Of the messages that wait for an entity, in their order. Null: a client sent it. Kept only for payers. */
  readonly #senders = new Map<string, (Instance | null)[]>();
  #before = { rows: 0, executionId: '', messages: 0, episodes: 0, starts: false, continued: false };

  constructor({
    nowMs,
    partitionCount = 4,
    maxQueuePollingIntervalMs = 30_000,
    payers,
  }: StorageModelOptions) {
    this.#nowMs = nowMs;
    this.#payers = payers ?? null;
    this.#startMs = nowMs();
    this.#countedMs = this.#startMs;
    const polling = (): QueuePolling => new QueuePolling(this.#startMs, maxQueuePollingIntervalMs);
    this.#control = Array.from({ length: partitionCount }, polling);
    this.#workItems = polling();
  }

  messageToInstance(instance: Instance, event: HistoryEvent): void {
    if (event.EventType !== EventType.TimerFired) this.#send(instance, event.Input ?? event.Result);
    this.#receive(instance, this.#controlOf(instance.id));
    if (!instance.isFinished) return;
    // Found to be of no use only after the history has been read.
    this.#add(instance, 'historyRead');
    this.#add(instance, 'queueDelete');
  }

  messageToEntity(entityId: string, input: string | null): void {
    const message = { name: nameOfEntity(entityId), sender: this.#current };
    this.#send(message, input);
    this.#receive(message, this.#controlOf(entityId));
    if (this.#payers === null) return;
    if (this.#current !== null) this.#payers.sentToEntity(this.#current, input);
    const waiting = this.#senders.get(entityId);
    if (waiting === undefined) this.#senders.set(entityId, [this.#current]);
    else waiting.push(this.#current);
  }

  timerCreated(instance: Instance): void {
    this.#add(instance, 'queueAdd');
    this.counts.add(IDLE_POLLING, 'queueGetEmpty', this.#controlOf(instance.id).wake(this.#nowMs()));
  }

  timerCancelled(instance: Instance): void {
    this.#add(instance, 'queueGet');
    this.#add(instance, 'historyRead');
    this.#add(instance, 'queueDelete');
  }

  /** Its answer is a message to the instance. */
  activityScheduled(instance: Instance, input: string): void {
    this.#send(instance, input);
    this.#receive(instance, this.#workItems);
    this.#add(instance, 'queueDelete');
  }

  episodeStarts(instance: Instance): void {
    this.#current = instance;
    const { inbox, executionId, episodes, continued } = instance;
    const starts = inbox.some((event) => event.EventType === EventType.ExecutionStarted);
    const rows = instance.history.length;
    this.#before = { rows, executionId, messages: inbox.length, episodes, starts, continued };
  }

  episodeEnded(instance: Instance): void {
    this.#current = null;
    const before = this.#before;
    // The provider commits an execution that continues as new together with the first episode of the next one.
    if (before.continued) return;
    if (before.messages === 0) return;
    this.#add(instance, 'historyRead', Math.max(1, Math.ceil((before.rows + 1) / ROWS_READ)));
    this.#add(instance, 'queueDelete', before.messages);
    const isNew = instance.executionId !== before.executionId;
    if (!isNew && instance.episodes === before.episodes) return;
    const written = instance.historyLength - (isNew ? 0 : before.rows);
    this.historyRows += written;
    this.#add(instance, 'historyWrite', Math.max(1, Math.ceil(written / ROWS_WRITTEN)));
    this.#add(instance, 'instanceWrite');
    // A start by a client is compared with its row in the instance table; one by a parent is not.
    if (before.starts && instance.parent === null) this.#add(instance, 'instanceRead');
  }

  /** An entity is an orchestration that continues as new with its state after each batch of messages. */
  entityTurn(entityId: string, messages: number): void {
    const name = nameOfEntity(entityId);
    const rows = messages + TURN_ROWS;
    const left = this.#rowsOfEntity.get(entityId) ?? 0;
    if (rows > left) {
      this.historyRows += rows - left;
      this.#rowsOfEntity.set(entityId, rows);
    }
    const made = [
      ['historyRead', 1],
      ['historyWrite', Math.max(1, Math.ceil(rows / ROWS_WRITTEN))],
      ['instanceWrite', 1],
      ['queueDelete', messages],
    ] as const;
    const senders = this.#senders.get(entityId)?.splice(0, messages) ?? [];
    for (const [operation, count] of made) {
      this.counts.add(name, operation, count);
      for (const sender of senders)
        if (sender !== null) this.#payers?.requestMade(sender, operation, count / messages);
    }
  }

  clientStarts(name: string): void {
    this.counts.add(name, 'instanceRead');
    this.counts.add(name, 'instanceWrite');
  }

  /** All counts until now, with what the hub costs while nothing happens. It may be asked again later. */
  countsUntilNow(): RequestCounts {
    const nowMs = this.#nowMs();
    for (const queue of [...this.#control, this.#workItems])
      this.counts.add(IDLE_POLLING, 'queueGetEmpty', queue.wake(nowMs));
    const sinceCounted = (everyMs: number): number =>
      Math.floor((nowMs - this.#startMs) / everyMs) - Math.floor((this.#countedMs - this.#startMs) / everyMs);
    const rounds = sinceCounted(PARTITIONS_EVERY_MS);
    this.counts.add(LEASES, 'partitionRead', rounds);
    this.counts.add(LEASES, 'partitionWrite', rounds * this.#control.length);
    this.counts.add(LEASES, 'leaseRenew', sinceCounted(APP_LEASE_EVERY_MS));
    this.#countedMs = nowMs;
    return this.counts;
  }

  /** `sender`: the instance that pays for it, where that is not the one it is counted for. */
  #add(to: Counted, operation: Operation, count = 1): void {
    this.counts.add(to.name, operation, count);
    const payer = 'sender' in to ? to.sender : to;
    if (payer !== null) this.#payers?.requestMade(payer, operation, count);
  }

  #send(to: Counted, payload: string | null | undefined): void {
    this.#add(to, 'queueAdd');
    // No text is longer as UTF-16 units than as bytes: most need not be measured.
    if (payload === null || payload === undefined || payload.length * 3 <= MESSAGE_BYTES_MAX) return;
    if (Buffer.byteLength(payload) <= MESSAGE_BYTES_MAX) return;
    this.#add(to, 'blobPut');
    this.#add(to, 'blobGet');
  }

  /** Messages of one instant would come in batches of up to 32; on the real host they are spread over milliseconds and come alone. */
  #receive(to: Counted, queue: QueuePolling): void {
    this.#add(to, 'queueGet');
    this.counts.add(IDLE_POLLING, 'queueGetEmpty', queue.wake(this.#nowMs()));
  }

  #controlOf(instanceId: string): QueuePolling {
    const queue = this.#control[fnv1a(instanceId) % this.#control.length];
    if (queue === undefined) throw new Error('A task hub has at least one partition.');
    return queue;
  }
}

/** An instance, or an entity that an instance (null: a client) has sent something to. */
type Counted = Instance | { readonly name: string; readonly sender: Instance | null };

const nameOfEntity = (id: string): string => id.slice(0, id.indexOf('@', 1));

/** The provider picks the control queue of an instance by this hash of its id. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
