import type { RawAction } from './actions';
import type { HistoryEvent, ParentLink } from './history';
import type { LiveExecutor } from './library';
import type { TimerEntry } from './timerQueue';

export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

const finished: ReadonlySet<RuntimeStatus> = new Set(['Completed', 'Failed', 'Terminated']);

/** Something an orchestration has scheduled and not yet got back, under the task id the library gave it. */
export interface OpenTask {
  readonly kind: 'activity' | 'child' | 'timer' | 'retryTimer' | 'entityCall' | 'lock';
  action: RawAction;
  /** Its place among all actions of the execution: a replayed action shows there whether its timer was cancelled. */
  readonly actionIndex: number;
  /** JSON text that was sent. */
  readonly input?: string;
  /** Of a task with retry options: 1 for the first attempt. */
  readonly attempt?: number | undefined;
  /** Of a retry timer: no attempt is left, so firing it fails the task. */
  readonly lastAttempt?: boolean;
  readonly dueMs?: number;
  /** Of a long timer that is waited for in chunks: the instant it is really for. */
  readonly finalMs?: number;
  readonly requestId?: string;
  timer?: TimerEntry;
}

/** Shared by all instances that have none: a month leaves hundreds of thousands of them. Never written to. */
const NO_TASKS = new Map<number, OpenTask>();
const NO_WAITS = new Map<string, number>();

export interface NewInstance {
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly version: string | null;
  readonly parent: ParentLink | null;
  readonly executionId: string;
  readonly generation: number | null;
  readonly nowMs: number;
}

/** One orchestration instance: its row, its history, and what it waits for. */
export class Instance {
  readonly id: string;
  readonly name: string;
  readonly version: string | null;
  readonly parent: ParentLink | null;
  readonly generation: number | null;
  input: string;
  executionId: string;
  status: RuntimeStatus = 'Pending';
  /** JSON text. */
  output = 'null';
  /** JSON text. */
  customStatus = 'null';
  createdMs: number;
  updatedMs: number;
  history: HistoryEvent[] = [];
  /** Events kept back from `history` of a finished instance to save memory. */
  historyDropped = 0;
  /** Events before this index were there in an earlier episode. */
  played = 0;
  inbox: HistoryEvent[] = [];
  nextTaskId = 0;
  /** How many actions of this execution have taken effect. */
  applied = 0;
  open: Map<number, OpenTask> = NO_TASKS;
  /** Of those, the timers: looked through at every episode, which all tasks of a large fan-out must not be. */
  openTimers: Map<number, OpenTask> = NO_TASKS;
  /** Set when the orchestrator has returned and tasks are still open: the real host waits for them. */
  returned: { readonly output: string } | undefined;
  /** JSON text, set by a continue-as-new action of the current episode. */
  nextInput: string | undefined;
  lock: { readonly requestId: string; readonly entities: readonly string[] } | undefined;
  /** JSON of actions that a suspended orchestration has emitted. Session mode: faithful mode sees them again. */
  held: readonly RawAction[] | undefined;
  /** How often this execution has waited for each external event, by lower-cased name. */
  waits: Map<string, number> = NO_WAITS;
  /** The next episode starts an execution that continue-as-new has prepared; it takes nothing from the inbox. */
  continued = false;
  terminatedBecause: string | undefined;
  /** A task was handed to Task.any or Task.all twice: from then on the ids of host and library differ, as on the real host. */
  reusedTask = false;
  /** The execution that waited for it was overwritten, as happens when a host dies: it may be overwritten in its turn. */
  orphaned = false;
  queued = false;
  /** Session mode: the library's live executor, and how much of the history it has seen. */
  executor: LiveExecutor | undefined;
  fed = 0;
  episodes = 0;
  /** How much of the history the journal has; -1 when it knows nothing of this execution. */
  journaled = -1;
  /** Ids of tasks that were opened or closed since the journal was last written; undefined without a journal. */
  changedTasks: Set<number> | undefined;

  constructor(from: NewInstance) {
    this.id = from.id;
    this.name = from.name;
    this.input = from.input;
    this.version = from.version;
    this.parent = from.parent;
    this.executionId = from.executionId;
    this.generation = from.generation;
    this.createdMs = from.nowMs;
    this.updatedMs = from.nowMs;
  }

  openTask(id: number, task: OpenTask): void {
    if (this.open === NO_TASKS) this.open = new Map();
    this.open.set(id, task);
    if (task.kind === 'timer') {
      if (this.openTimers === NO_TASKS) this.openTimers = new Map();
      this.openTimers.set(id, task);
    }
    this.changedTasks?.add(id);
  }

  closeTask(id: number): void {
    this.open.delete(id);
    this.openTimers.delete(id);
    this.changedTasks?.add(id);
  }

  noteWait(eventName: string): void {
    if (this.waits === NO_WAITS) this.waits = new Map();
    const name = eventName.toLowerCase();
    this.waits.set(name, (this.waits.get(name) ?? 0) + 1);
  }

  /** Forgets what only a live instance needs. */
  clearLive(): void {
    for (const task of this.open.values()) if (task.timer) task.timer.fire = undefined;
    this.open = NO_TASKS;
    this.openTimers = NO_TASKS;
    this.waits = NO_WAITS;
    this.returned = undefined;
    this.held = undefined;
    this.executor = undefined;
    this.fed = 0;
  }

  /** Continue-as-new: the same instance, a new execution. */
  beginAnew(input: string, executionId: string): void {
    this.input = input;
    this.executionId = executionId;
    this.history = [];
    this.played = 0;
    this.nextTaskId = 0;
    this.applied = 0;
    this.nextInput = undefined;
    this.episodes = 0;
    this.journaled = -1;
    this.continued = true;
    this.reusedTask = false;
    // Results of the old execution's tasks would be taken for the new one's, whose ids start again at 0.
    this.inbox = this.inbox.filter(
      (event) => event.TaskScheduledId === undefined && event.TimerId === undefined,
    );
  }

  get isFinished(): boolean {
    return finished.has(this.status);
  }

  get historyLength(): number {
    return this.history.length + this.historyDropped;
  }
}
