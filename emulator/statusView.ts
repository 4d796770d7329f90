import { EventType, type HistoryEvent } from './engine/history';
import type { Instance } from './engine/instance';

/** Instances as the extension's HTTP API shows them. */

/** The real host's rows keep whole seconds here. */
export function listTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

export interface StatusView {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly customStatus: unknown;
  readonly output: unknown;
  readonly createdTime: string;
  readonly lastUpdatedTime: string;
}

export function statusViewOf(instance: Instance, showInput: boolean): StatusView {
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: showInput ? JSON.parse(instance.input) : null,
    customStatus: JSON.parse(instance.customStatus),
    output: JSON.parse(instance.output),
    createdTime: listTime(instance.createdMs),
    lastUpdatedTime: listTime(instance.updatedMs),
  };
}

/** Names of event types instead of numbers, completions merged with what they complete, no markers of episodes. */
export function historyOf(instance: Instance, showOutput: boolean): Record<string, unknown>[] {
  const scheduled = new Map<number, HistoryEvent>();
  const views: Record<string, unknown>[] = [];
  for (const event of instance.history) {
    if (
      event.EventType === EventType.TaskScheduled ||
      event.EventType === EventType.SubOrchestrationInstanceCreated
    ) {
      scheduled.set(event.EventId, event);
      continue;
    }
    const view = viewOf(event, scheduled.get(event.TaskScheduledId ?? -1), showOutput);
    if (view) views.push(view);
  }
  if (instance.isFinished && instance.status !== 'Terminated') views.push(completion(instance, showOutput));
  return views;
}

function completion(instance: Instance, showOutput: boolean): Record<string, unknown> {
  return {
    EventType: 'ExecutionCompleted',
    OrchestrationStatus: instance.status,
    ...(showOutput && { Result: JSON.parse(instance.output) as unknown }),
    FailureDetails: null,
    Timestamp: iso(instance.updatedMs),
  };
}

const iso = (ms: number | undefined): string => new Date(ms ?? 0).toISOString();

function viewOf(
  event: HistoryEvent,
  origin: HistoryEvent | undefined,
  showOutput: boolean,
): Record<string, unknown> | undefined {
  const Timestamp = iso(event.Timestamp);
  const merged = {
    Timestamp,
    ScheduledTime: iso(origin?.Timestamp).replace('Z', '+00:00'),
    FunctionName: origin?.Name,
  };
  const result = showOutput && { Result: JSON.parse(event.Result ?? 'null') as unknown };
  const { Name, Input, Reason, Details } = event;
  switch (event.EventType) {
    case EventType.ExecutionStarted:
      return {
        EventType: 'ExecutionStarted',
        Input,
        Correlation: null,
        ParentTraceContext: null,
        ScheduledStartTime: null,
        Generation: event.Generation ?? null,
        GenerateNewTrace: false,
        Timestamp,
        FunctionName: Name,
      };
    case EventType.TaskCompleted:
      return { EventType: 'TaskCompleted', ...result, ...merged, Input: null };
    case EventType.SubOrchestrationInstanceCompleted:
      return { EventType: 'SubOrchestrationInstanceCompleted', ...result, ...merged, Input: null };
    case EventType.TaskFailed:
      return { EventType: 'TaskFailed', Reason, Details, FailureDetails: null, ...merged, Input: null };
    case EventType.SubOrchestrationInstanceFailed:
      return {
        EventType: 'SubOrchestrationInstanceFailed',
        Reason,
        Details,
        FailureDetails: null,
        ...merged,
        Input: null,
      };
    case EventType.TimerCreated:
      return { EventType: 'TimerCreated', FireAt: iso(event.FireAt), Timestamp };
    case EventType.TimerFired:
      return { EventType: 'TimerFired', FireAt: iso(event.FireAt), Timestamp };
    case EventType.EventSent:
      return { EventType: 'EventSent', InstanceId: event.InstanceId, Name, Input, Timestamp };
    case EventType.EventRaised:
      return { EventType: 'EventRaised', Name, Input, ParentTraceContext: null, Timestamp };
    case EventType.ExecutionSuspended:
      return { EventType: 'ExecutionSuspended', Reason, Timestamp };
    case EventType.ExecutionResumed:
      return { EventType: 'ExecutionResumed', Reason, Timestamp };
    case EventType.ExecutionTerminated:
      return { EventType: 'ExecutionTerminated', Input, Timestamp };
    default:
      return undefined;
  }
}
