/** Numbers of DurableTask.Core's EventType: they are on the wire between the host and the library. */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

export interface ParentLink {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly taskId: number;
  readonly version: string | null;
}

/**
 * One history event, with the wire's names, so that session mode hands it to the library as it is. Only the instants
 * differ: milliseconds here, ISO text on the wire.
 */
export interface HistoryEvent {
  readonly EventType: number;
  readonly EventId: number;
  readonly IsPlayed: false;
  readonly Timestamp: number;
  readonly TaskScheduledId?: number;
  readonly TimerId?: number;
  readonly FireAt?: number;
  readonly Name?: string;
  readonly Input?: string | null;
  readonly Result?: string;
  readonly Reason?: string;
  readonly Details?: string;
  readonly InstanceId?: string;
  readonly Version?: string | null;
  readonly ExecutionId?: string;
  readonly Generation?: number | null;
  readonly Parent?: ParentLink | null;
  /** Carried over by continue-as-new: the real host marks these as played from the start. */
  readonly Carried?: boolean;
}

/** The id of what arrives, rather than of what the orchestrator does. */
const ARRIVED = -1;

export const orchestratorStarted = (Timestamp: number): HistoryEvent => ({
  EventType: EventType.OrchestratorStarted,
  EventId: ARRIVED,
  IsPlayed: false,
  Timestamp,
});

export const orchestratorCompleted = (Timestamp: number, Carried = false): HistoryEvent => ({
  EventType: EventType.OrchestratorCompleted,
  EventId: ARRIVED,
  IsPlayed: false,
  Timestamp,
  ...(Carried && { Carried }),
});

export function taskCompleted(Timestamp: number, TaskScheduledId: number, Result: string): HistoryEvent {
  return {
    EventType: EventType.TaskCompleted,
    EventId: ARRIVED,
    IsPlayed: false,
    Timestamp,
    TaskScheduledId,
    Result,
  };
}

export interface Failure {
  readonly reason: string;
  readonly details: string;
}

export function taskFailed(Timestamp: number, TaskScheduledId: number, failure: Failure): HistoryEvent {
  const { reason: Reason, details: Details } = failure;
  return {
    EventType: EventType.TaskFailed,
    EventId: ARRIVED,
    IsPlayed: false,
    Timestamp,
    TaskScheduledId,
    Reason,
    Details,
  };
}

export function childCompleted(Timestamp: number, TaskScheduledId: number, Result: string): HistoryEvent {
  const type = EventType.SubOrchestrationInstanceCompleted;
  return { EventType: type, EventId: ARRIVED, IsPlayed: false, Timestamp, TaskScheduledId, Result };
}

export function childFailed(Timestamp: number, TaskScheduledId: number, failure: Failure): HistoryEvent {
  const { reason: Reason, details: Details } = failure;
  const type = EventType.SubOrchestrationInstanceFailed;
  return { EventType: type, EventId: ARRIVED, IsPlayed: false, Timestamp, TaskScheduledId, Reason, Details };
}

export function timerFired(Timestamp: number, TimerId: number, FireAt: number): HistoryEvent {
  return { EventType: EventType.TimerFired, EventId: ARRIVED, IsPlayed: false, Timestamp, TimerId, FireAt };
}

export function eventRaised(Timestamp: number, Name: string, Input: string): HistoryEvent {
  return { EventType: EventType.EventRaised, EventId: ARRIVED, IsPlayed: false, Timestamp, Name, Input };
}

/** The answer of an entity: raised for the task that called it. */
export function entityAnswered(
  Timestamp: number,
  Name: string,
  Input: string,
  TaskScheduledId: number,
): HistoryEvent {
  const type = EventType.EventRaised;
  return { EventType: type, EventId: ARRIVED, IsPlayed: false, Timestamp, Name, Input, TaskScheduledId };
}

export function taskScheduled(Timestamp: number, EventId: number, Name: string): HistoryEvent {
  return { EventType: EventType.TaskScheduled, EventId, IsPlayed: false, Timestamp, Name };
}

export function timerCreated(Timestamp: number, EventId: number, FireAt: number): HistoryEvent {
  return { EventType: EventType.TimerCreated, EventId, IsPlayed: false, Timestamp, FireAt };
}

export interface SentMessage {
  readonly instanceId: string;
  readonly name: 'op' | 'release';
  readonly input: string;
}

export function eventSent(Timestamp: number, EventId: number, message: SentMessage): HistoryEvent {
  const { instanceId: InstanceId, name: Name, input: Input } = message;
  return { EventType: EventType.EventSent, EventId, IsPlayed: false, Timestamp, InstanceId, Name, Input };
}

/** Terminate, suspend and resume: the reason travels as `Input` for the first and as `Reason` for the others. */
export function controlEvent(
  Timestamp: number,
  type: 'terminate' | 'suspend' | 'resume',
  reason: string,
): HistoryEvent {
  if (type === 'terminate') {
    return {
      EventType: EventType.ExecutionTerminated,
      EventId: ARRIVED,
      IsPlayed: false,
      Timestamp,
      Input: reason,
    };
  }
  const which = type === 'suspend' ? EventType.ExecutionSuspended : EventType.ExecutionResumed;
  return { EventType: which, EventId: ARRIVED, IsPlayed: false, Timestamp, Reason: reason };
}

const becomesPlayed: ReadonlySet<number> = new Set([
  EventType.ExecutionStarted,
  EventType.ExecutionTerminated,
  EventType.TaskCompleted,
  EventType.TaskFailed,
  EventType.SubOrchestrationInstanceCompleted,
  EventType.SubOrchestrationInstanceFailed,
  EventType.TimerFired,
  EventType.EventRaised,
  EventType.ExecutionSuspended,
  EventType.ExecutionResumed,
]);

const iso = (ms: number): string => new Date(ms).toISOString();

/** The event as the real host writes it, field for field as recorded. `played`: it was there at an earlier episode. */
export function toWire(event: HistoryEvent, instanceId: string, played: boolean): Record<string, unknown> {
  const carriedMark = event.EventType === EventType.OrchestratorCompleted ? played : true;
  const IsPlayed = event.Carried === true ? carriedMark : played && becomesPlayed.has(event.EventType);
  const tail = { EventId: event.EventId, IsPlayed, Timestamp: iso(event.Timestamp) };
  return { ...wireFields(event, instanceId), ...tail };
}

function wireFields(event: HistoryEvent, instanceId: string): Record<string, unknown> {
  const { EventType: type, Name, TaskScheduledId } = event;
  switch (type) {
    case EventType.ExecutionStarted:
      return startedFields(event, instanceId);
    case EventType.TaskScheduled:
      return { EventType: type, Name, Version: '', Input: null, ParentTraceContext: null, Tags: null };
    case EventType.SubOrchestrationInstanceCreated: {
      const { Version = null, InstanceId } = event;
      return { EventType: type, Name, Version, InstanceId, Input: null, ClientSpanId: null, Tags: null };
    }
    case EventType.TaskCompleted:
      // Recorded: nothing returned is null itself, not its JSON text.
      return { EventType: type, TaskScheduledId, Result: event.Result === 'null' ? null : event.Result };
    case EventType.SubOrchestrationInstanceCompleted:
      return { EventType: type, TaskScheduledId, Result: event.Result };
    case EventType.TaskFailed:
    case EventType.SubOrchestrationInstanceFailed:
      return {
        EventType: type,
        TaskScheduledId,
        Reason: event.Reason,
        Details: event.Details,
        FailureDetails: null,
      };
    case EventType.TimerCreated:
      return { EventType: type, FireAt: iso(event.FireAt ?? 0) };
    case EventType.TimerFired:
      return { EventType: type, TimerId: event.TimerId, FireAt: iso(event.FireAt ?? 0) };
    case EventType.EventSent:
      return { EventType: type, InstanceId: event.InstanceId, Name, Input: event.Input };
    case EventType.EventRaised:
      return { EventType: type, Name, Input: event.Input, ParentTraceContext: null };
    case EventType.ExecutionTerminated:
      return { EventType: type, Input: event.Input };
    case EventType.ExecutionSuspended:
    case EventType.ExecutionResumed:
      return { EventType: type, Reason: event.Reason };
    default:
      return { EventType: type };
  }
}

function startedFields(event: HistoryEvent, instanceId: string): Record<string, unknown> {
  const parent = event.Parent;
  return {
    OrchestrationInstance: { InstanceId: instanceId, ExecutionId: event.ExecutionId },
    EventType: event.EventType,
    ParentInstance: parent
      ? {
          Name: parent.name,
          OrchestrationInstance: { InstanceId: parent.instanceId, ExecutionId: parent.executionId },
          TaskScheduleId: parent.taskId,
          Version: parent.version,
        }
      : null,
    Name: event.Name,
    Version: event.Version ?? null,
    Input: event.Input,
    Tags: null,
    Correlation: null,
    ParentTraceContext: null,
    ScheduledStartTime: null,
    Generation: event.Generation ?? null,
    GenerateNewTrace: false,
  };
}
