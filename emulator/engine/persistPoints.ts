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
