/** What the library and its host say to each other, as far as the replay harness reads it. */

/** The one inner array of a reply, the output, and whether it is over. */
export interface State {
  readonly isDone: boolean;
  readonly actions: readonly (readonly Action[])[];
  readonly output?: unknown;
  readonly error?: string;
}

export interface Action {
  readonly actionType: number;
  readonly functionName?: string;
  readonly input?: unknown;
  readonly instanceId?: string;
  readonly operation?: string;
  readonly version?: string;
  readonly fireAt?: Date;
  readonly isCanceled?: boolean;
  readonly retryOptions?: RetryOptions;
  readonly compoundActions?: readonly Action[];
}

export interface RetryOptions {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
}

export const EVENT = {
  executionStarted: 0,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  childCreated: 7,
  childCompleted: 8,
  childFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventSent: 14,
  eventRaised: 15,
} as const;

export type HistoryEvent = Readonly<Record<string, unknown>> & { readonly EventType: number };
