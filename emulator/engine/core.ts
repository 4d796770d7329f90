import type { Clock } from '../clock';
import type { RegisteredFunction } from '../coreApi';
import type { Guards } from '../guards';
import type { Entity, EntityMessage } from './entity';
import type { HistoryEvent } from './history';
import type { Ids } from './ids';
import type { Instance, NewInstance } from './instance';
import type { DurableLibrary } from './library';
import type { Orphan, PersistKind, PersistPoint } from './persistPoints';
import type { EngineObserver } from './observer';
import type { Runner } from './runners';
import type { Versioning } from '../settings';
import type { Worker, Workers } from './workers';
import type { TimerQueue } from './timerQueue';
import type { Transit } from './transit';

/** Keeps what must survive a crash of the host. The memory store has none: nothing there outlives the process. */
export interface Store {
  /** Resolves when everything that changed is on disk. */
  commit(changes: Changes): Promise<void>;
}

/** What changed since the last commit. */
export interface Changes {
  readonly nowMs: number;
  readonly idCounter: number;
  readonly instances: ReadonlySet<Instance>;
  readonly entities: ReadonlySet<Entity>;
  readonly purged: readonly string[];
  readonly orphans: readonly Orphan[];
}

export interface Stats {
  episodes: number;
  activities: number;
  entityOperations: number;
  /** Starts, completions, operations, timers and events: each is one row of some history on the real host. */
  durableSteps: number;
  timersFired: number;
  /** Requests to functions of the app. */
  requests: number;
}

export interface EngineOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly guards: Guards;
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  /** Set when sessions are audited: replays an episode from JSON. */
  readonly auditor: Runner | undefined;
  readonly auditEvery: number;
  readonly library: DurableLibrary | undefined;
  readonly store: Store | undefined;
  readonly activitiesMax: number;
  /** Virtual clock: wait for every activity of a batch, and take the results in the order of dispatch. */
  readonly inOrder: boolean;
  readonly workers: Workers;
  readonly versioning: Versioning;
  /** Timers fire up to a second early, as on the real host. */
  readonly earlyTimers: boolean;
  /** How long messages that a host had taken stay hidden after it died; undefined: they are there at once. */
  readonly hidden: { readonly controlQueueMs: number; readonly workItemQueueMs: number } | undefined;
  /** Request messages of entities as the real host writes them, or without their .NET decoration. */
  readonly fullMessages: boolean;
  readonly keepHistoryOfFinishedChildren: boolean;
  /** The values of a function's input bindings other than its trigger: the durable client. */
  readonly extraInputs: (fn: RegisteredFunction) => Record<string, { json: string }>;
  /** For tests that let the host die: called at every step that the real host persists. */
  readonly onPersist: ((point: PersistPoint) => void) | undefined;
  readonly transit: Transit | undefined;
  readonly observer: EngineObserver | undefined;
  readonly log: (line: string) => void;
}

/** What the parts of the engine see of it and of each other. */
export interface EngineCore {
  readonly options: EngineOptions;
  readonly stats: Stats;
  readonly nowMs: number;
  readonly instances: Map<string, Instance>;
  readonly timers: TimerQueue;
  readonly activities: {
    readonly names: readonly string[];
    exists(name: string): boolean;
    add(instance: Instance, taskId: number, name: string, input: string): void;
    /** Of a dead worker: they wait for another one. */
    abandon(worker: Worker): void;
  };
  readonly entities: {
    readonly names: readonly string[];
    exists(name: string): boolean;
    send(id: string, message: EntityMessage): void;
    release(id: string, owner: string): void;
  };
  readonly orchestrations: {
    readonly names: readonly string[];
    exists(name: string): boolean;
    /** Creates or replaces an instance; its first event is in its inbox afterwards. */
    create(from: Omit<NewInstance, 'nowMs'>): Instance;
    /** A promise only in faithful mode: session mode must not pay for one. */
    runEpisode(instance: Instance): void | Promise<void>;
  };
  /** Set when the host may be made to die: runs turns one by one. */
  readonly crashPoints:
    | {
        at(kind: PersistKind, instanceId: string): void;
        entity(entity: Entity, turn: () => Promise<void>): Promise<void>;
      }
    | undefined;
  /** Turns go on while a commit is written. An activity starts only when the one that asks for it is on the disk. */
  readonly turnsDuringCommits: boolean;
  /** Puts an event into the inbox of an instance, if its execution is still the one that is meant. */
  deliver(instance: Instance | undefined, executionId: string | undefined, event: HistoryEvent): void;
  enqueue(instance: Instance): void;
  /** Its turn comes at that instant at the earliest. */
  enqueueAt(what: Instance | Entity, atMs: number): void;
  /** No worker holds the lease of its partition: it waits until one does. */
  park(what: Instance | Entity): void;
  /** Delivers a message: now, or as much later as it is under way. */
  carry(to: Parameters<Transit['lateMs']>[0], deliver: () => void): void;
  /** Notes what changed, for the store. */
  touch(what?: Instance | Entity): void;
  wake(): void;
  /** Work outside of the scheduler begins and ends. */
  started(): void;
  ended(): void;
  /** Nothing more is run or promised. */
  break(failure: Error): void;
  commit(): Promise<void>;
  /** Whether a call of a client waits to be committed. */
  readonly awaitsCommit: boolean;
  /** Resolves at the next change that may have made work. */
  changed(): Promise<void>;
  /** A crash between messages and history: the other rows have what the turn sent, its own row does not have the turn. */
  commitWithout(own: Instance | Entity): Promise<void>;
}
