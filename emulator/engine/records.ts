import type { RawAction } from './actions';
import type { Entity } from './entity';
import type { HistoryEvent, ParentLink } from './history';
import { Instance, type OpenTask, type RuntimeStatus } from './instance';

/** What the journal keeps of an instance: the row in full, history and tasks only as far as they are new. */
export interface InstanceRecord {
  readonly id: string;
  /** The first record of an execution: whatever was known before is void. */
  readonly anew?: {
    readonly name: string;
    readonly version: string | null;
    readonly parent: ParentLink | null;
    readonly generation: number | null;
    readonly executionId: string;
    readonly createdMs: number;
  };
  readonly row: {
    readonly input: string;
    readonly status: RuntimeStatus;
    readonly output: string;
    readonly customStatus: string;
    readonly updatedMs: number;
    readonly played: number;
    readonly nextTaskId: number;
    readonly applied: number;
    readonly episodes: number;
    readonly historyDropped: number;
    readonly waits: readonly (readonly [string, number])[];
    readonly returned?: { readonly output: string };
    readonly lock?: Instance['lock'];
    readonly continued: boolean;
    readonly terminatedBecause?: string;
    readonly reusedTask: boolean;
    /** Absent: false. */
    readonly orphaned?: boolean;
  };
  readonly inbox: readonly HistoryEvent[];
  readonly history: readonly HistoryEvent[];
  /** `null`: the task was closed. */
  readonly tasks: readonly (readonly [number, OpenTask | null])[];
}

export type EntityRecord = Omit<Entity, 'queued'>;

/** `whole`: for a snapshot; otherwise what is new, and the instance notes that it was taken. */
export function recordOf(instance: Instance, whole: boolean): InstanceRecord {
  const isNew = whole || instance.journaled < 0;
  const from = isNew ? 0 : instance.journaled;
  const changed = isNew ? instance.open.keys() : (instance.changedTasks ?? []);
  const tasks = [...changed].map((id) => {
    const task = instance.open.get(id);
    return [id, task ? storedTask(task) : null] as const;
  });
  const { name, version, parent, generation, executionId, createdMs } = instance;
  const { input, status, output, customStatus, updatedMs, played, nextTaskId, applied } = instance;
  const { episodes, historyDropped, returned, lock, continued, terminatedBecause, reusedTask, orphaned } =
    instance;
  const record: InstanceRecord = {
    id: instance.id,
    ...(isNew && { anew: { name, version, parent, generation, executionId, createdMs } }),
    row: {
      input,
      status,
      output,
      customStatus,
      updatedMs,
      played,
      nextTaskId,
      applied,
      episodes,
      historyDropped,
      waits: [...instance.waits],
      ...(returned && { returned }),
      ...(lock && { lock }),
      continued,
      ...(terminatedBecause !== undefined && { terminatedBecause }),
      reusedTask,
      ...(orphaned && { orphaned }),
    },
    inbox: instance.inbox,
    history: instance.history.slice(from),
    tasks,
  };
  instance.journaled = instance.history.length;
  instance.changedTasks?.clear();
  return record;
}

/** A retried task needs all of its action again; of the others the library has it when it replays. */
function storedTask({ timer: _timer, action, ...rest }: OpenTask): OpenTask {
  const { actionType, functionName, retryOptions } = action;
  const brief: RawAction = { actionType, ...(functionName !== undefined && { functionName }) };
  return { ...rest, action: retryOptions ? action : brief };
}

/** Applies a record to what is known of the instance, and returns the result. */
export function applyRecord(known: Instance | undefined, record: InstanceRecord): Instance {
  const { anew, row } = record;
  const instance = anew
    ? new Instance({ id: record.id, input: row.input, nowMs: anew.createdMs, ...anew })
    : known;
  if (!instance) throw new Error(`The journal speaks of the instance ${record.id} before it was started.`);
  const { waits, returned, lock, terminatedBecause, ...plain } = row;
  Object.assign(instance, plain);
  if (waits.length > 0) instance.waits = new Map(waits);
  instance.returned = returned;
  instance.lock = lock;
  instance.terminatedBecause = terminatedBecause;
  instance.inbox = [...record.inbox];
  instance.history.push(...record.history);
  instance.journaled = instance.history.length;
  instance.changedTasks ??= new Set();
  for (const [id, task] of record.tasks) {
    if (task) instance.openTask(id, task);
    else instance.closeTask(id);
  }
  instance.changedTasks.clear();
  return instance;
}
