/**
 * A recorded execution of an orchestration, as small as it can be reported: what the host handed to the library in its last episode, less
 * what the library does not read, and what the orchestrator had scheduled by then.
 */
export interface RecordedHistory {
  readonly name: string;
  readonly instanceId: string;
  readonly input: unknown;
  readonly history: readonly HistoryEvent[];
  /** One line an action, in order. */
  readonly scheduled: readonly string[];
  /** How it ended. */
  readonly end: End;
}

export type End = 'completed' | 'failed' | 'continuedAsNew' | 'waiting';

export type HistoryEvent = Readonly<Record<string, unknown>> & { readonly EventType: number };

export interface Action {
  readonly actionType: number;
  readonly functionName?: string;
  readonly instanceId?: string;
  readonly operation?: string;
  readonly version?: string;
  readonly externalEventName?: string;
  readonly compoundActions?: readonly Action[];
}

/** What the library answers: actions since the start, in one inner array. */
export interface State {
  readonly isDone: boolean;
  readonly actions: readonly (readonly Action[])[];
  readonly error?: string;
}

const CONTINUE_AS_NEW = 4;

/**
 * Everything an orchestrator has scheduled, a line each: what kind, by its name. Inputs and the instants of timers are left out: the host
 * took them when they were scheduled, a replay's are ignored.
 */
export function scheduledBy({ actions }: State): string[] {
  return actions.flat().flatMap(flatten).map(lineOf);
}

export function endOf({ isDone, actions, error }: State): End {
  if (error !== undefined) return 'failed';
  if (actions.flat().some(({ actionType }) => actionType === CONTINUE_AS_NEW)) return 'continuedAsNew';
  return isDone ? 'completed' : 'waiting';
}

/** Depth first, as the library hands out task ids. */
const flatten = (action: Action): Action[] =>
  action.compoundActions ? action.compoundActions.flatMap(flatten) : [action];

function lineOf(action: Action): string {
  const { actionType, functionName = '', instanceId = '', operation = '', version } = action;
  switch (actionType) {
    case 0:
      return `activity ${functionName}`;
    case 1:
      return `activity ${functionName}, tried again`;
    case 2:
    case 3:
      return `child ${functionName} ${instanceId} in version ${version ?? 'of the host'}`;
    case CONTINUE_AS_NEW:
      return 'continue as new';
    case 5:
      return 'timer';
    case 6:
      return `event ${action.externalEventName ?? ''}`;
    case 7:
      return `call ${instanceId} ${operation}`;
    case 9:
      return `signal ${instanceId} ${operation}`;
    default:
      return `action ${actionType}`;
  }
}

const ORCHESTRATOR_STARTED = 12;
const ACTIVITY_COMPLETED = 5;

/** Without the members that are empty, or follow from the rest. */
export function compact(history: readonly HistoryEvent[]): HistoryEvent[] {
  return history.map((event) => {
    const kept = Object.entries(event).filter(
      ([name, value]) =>
        value !== null && value !== '' && name !== 'IsPlayed' && !(name === 'EventId' && value === -1),
    );
    return Object.fromEntries(kept) as HistoryEvent;
  });
}

/** As it was on the wire when its last episode began. */
export function expand(history: readonly HistoryEvent[]): HistoryEvent[] {
  const lastEpisode = history.findLastIndex(({ EventType }) => EventType === ORCHESTRATOR_STARTED);
  return history.map((event, n) => ({
    EventId: -1,
    ...(event.EventType === ACTIVITY_COMPLETED && { Result: null }),
    ...event,
    IsPlayed: n < lastEpisode,
  }));
}
