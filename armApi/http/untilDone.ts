import { z } from 'zod';
import type { LongRunningOperation } from '../../store/longRunning';
import type { ArmContext } from './armRoute';
import type { OperationKind } from './longRunning';

const Data = z.object({ doneUtc: z.string() });

/** Of what is certain to succeed, and takes until an instant that was known when it began. `body` is its result. */
export function untilDone(
  body: (operation: LongRunningOperation, context: ArmContext) => Promise<unknown> = () =>
    Promise.resolve(undefined),
): OperationKind {
  return async (operation, context) => {
    const { doneUtc } = Data.parse(operation.data);
    if (context.services.nowUtc() < doneUtc) return { status: 'InProgress' };
    return { status: 'Succeeded', endedUtc: doneUtc, body: await body(operation, context) };
  };
}
