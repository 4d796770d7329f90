/** Numbers of the library's ActionType: they are on the wire between the library and the host. */
export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  WhenAny: 11,
  WhenAll: 12,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

export interface RetryOptions {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
  readonly retryTimeoutInMilliseconds?: number;
}

/** An action as the library emits it: a live object in session mode, parsed JSON in faithful mode. */
export interface RawAction {
  readonly actionType: number;
  readonly functionName?: string;
  readonly input?: unknown;
  readonly instanceId?: string;
  readonly version?: string;
  readonly operation?: string;
  readonly externalEventName?: string;
  readonly fireAt?: string | Date;
  readonly isCanceled?: boolean;
  readonly retryOptions?: RetryOptions;
  readonly compoundActions?: readonly RawAction[];
  readonly httpRequest?: HttpRequestAction;
  readonly lockRequestId?: string;
  readonly lockSet?: readonly { readonly name: string; readonly key: string }[];
}

export interface HttpRequestAction {
  readonly method: string;
  readonly uri: string;
  readonly content?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly asynchronousPatternEnabled?: boolean;
}

/** Depth first through Task.all and Task.any: the order in which the library hands out task ids. */
export function flatten(actions: readonly RawAction[], into: RawAction[] = []): RawAction[] {
  for (const action of actions) {
    if (action.compoundActions) flatten(action.compoundActions, into);
    else into.push(action);
  }
  return into;
}

/** Delay before the attempt after `attempt`, as DurableTask.Core computes it. */
export function retryDelayMs(options: RetryOptions, attempt: number): number {
  const { firstRetryIntervalInMilliseconds: first, backoffCoefficient = 1 } = options;
  const delay = first * Math.pow(backoffCoefficient, attempt - 1);
  return Math.min(delay, options.maxRetryIntervalInMilliseconds ?? Infinity);
}
