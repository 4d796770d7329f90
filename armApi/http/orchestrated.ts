import type { z } from 'zod';
import type { ArmContext } from './armRoute';
import type { OperationState } from './longRunning';
import { hasCompleted, isUnderWay, statusOf } from './startInstance';

export type Orchestrated<T> =
  | { readonly kind: 'ended'; readonly output: T; readonly endedUtc: string }
  | { readonly kind: 'other'; readonly state: OperationState };

/** What became of the orchestration that carries an operation out: its output, or what to say instead. */
export async function outcomeOf<S extends z.ZodType>(
  { client }: ArmContext,
  instanceId: string,
  output: S,
): Promise<Orchestrated<z.output<S>>> {
  const status = await statusOf(client, instanceId);
  if (isUnderWay(status)) return { kind: 'other', state: { status: 'InProgress' } };
  const endedUtc = new Date(status?.lastUpdatedTime ?? 0).toISOString();
  const parsed = output.safeParse(status?.output);
  if (hasCompleted(status) && parsed.success) return { kind: 'ended', output: parsed.data, endedUtc };
  const message =
    status === null
      ? 'The operation is not remembered any more.'
      : 'An internal execution error occurred. Please retry later.';
  const error = { code: 'VMGuestPatchInternalError', message };
  return {
    kind: 'other',
    state: { status: 'Failed', error, ...(status !== null && { endedUtc }), httpStatus: 500 },
  };
}
