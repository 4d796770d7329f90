import type { z } from 'zod';
import { hasCompleted, isUnderWay, instanceStatus } from '../../composition/orchestrationInstances';
import type { ArmContext } from './armRoute';
import type { OperationState } from './longRunning';

export type Orchestrated<T> =
  | { readonly kind: 'ended'; readonly output: T; readonly endedUtc: string }
  | { readonly kind: 'other'; readonly state: OperationState };

/**
 * What became of the orchestration that carries an operation out: its output, or what to say instead. Throws when the host does not say
 * how it stands: the client asks again, and the operation is not called failed for it.
 */
export async function outcomeOf<S extends z.ZodType>(
  { client }: ArmContext,
  instanceId: string,
  output: S,
): Promise<Orchestrated<z.output<S>>> {
  const status = await instanceStatus(client, instanceId);
  if (isUnderWay(status)) return { kind: 'other', state: { status: 'InProgress' } };
  if (status === null) return failed('The operation is no longer known.');
  const endedUtc = new Date(status.lastUpdatedTime).toISOString();
  const parsed = output.safeParse(status.output);
  if (hasCompleted(status) && parsed.success) return { kind: 'ended', output: parsed.data, endedUtc };
  return failed('An internal execution error occurred. Please retry later.', endedUtc);
}

function failed(message: string, endedUtc?: string): Orchestrated<never> {
  const error = { code: 'VMGuestPatchInternalError', message };
  const state: OperationState = { status: 'Failed', error, httpStatus: 500 };
  return { kind: 'other', state: endedUtc === undefined ? state : { ...state, endedUtc } };
}
