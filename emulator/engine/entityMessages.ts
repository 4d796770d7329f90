import type { Instance } from './instance';

/** Texts of the messages between orchestrations and entities, as the extension writes them into the history. */

const dotnet = 'Microsoft.Azure.WebJobs.Extensions.DurableTask';
const typed = (name: string): string => `${dotnet}.${name}, ${dotnet}`;

export interface OperationRequest {
  readonly requestId: string;
  readonly operation: string;
  /** JSON text. */
  readonly input: string | null;
  readonly isSignal: boolean;
  readonly from: Instance;
  readonly nowMs: number;
}

/** `full` adds what only .NET reads; it makes half of a history's bytes. */
export function operationRequest(request: OperationRequest, full: boolean): string {
  const { requestId: id, operation: op, input, isSignal, from } = request;
  if (!full) return JSON.stringify({ op, ...(isSignal && { signal: true }), id });
  const now = new Date(request.nowMs).toISOString();
  return JSON.stringify({
    $type: typed('RequestMessage'),
    op,
    ...(isSignal && { signal: true }),
    ...(input !== null && { input }),
    id,
    parent: from.id,
    parentExecution: from.executionId,
    Timestamp: now,
    Predecessor: '0001-01-01T00:00:00',
    requestTime: now,
  });
}

export function lockRequest(
  id: string,
  lockSet: readonly { readonly name: string; readonly key: string }[],
  from: Instance,
  full: boolean,
): string {
  if (!full) return JSON.stringify({ id });
  const now = new Date(from.updatedMs).toISOString();
  return JSON.stringify({
    $type: typed('RequestMessage'),
    op: null,
    id,
    parent: from.id,
    parentExecution: from.executionId,
    Timestamp: now,
    Predecessor: '0001-01-01T00:00:00',
    lockset: lockSet.map(({ name, key }) => ({ $type: typed('EntityId'), name: name.toLowerCase(), key })),
  });
}

export function releaseMessage(parent: string, id: string, full: boolean): string {
  return JSON.stringify({ ...(full && { $type: typed('ReleaseMessage') }), parent, id });
}

/** `result`: JSON text, or null when the operation returned nothing. */
export function responseMessage(result: string | null, failed: boolean, full: boolean): string {
  const $type = typed('ResponseMessage');
  return JSON.stringify({ ...(full && { $type }), result, ...(failed && { exceptionType: 'Error' }) });
}
