import { z } from 'zod';
import type { OperationKind } from './longRunning';

const Data = z.object({ doneUtc: z.string() });

/** Of what is certain to succeed, and takes until an instant that was known when it began. It has no result but its end. */
export const untilDone: OperationKind = (operation, context) => {
  const { doneUtc } = Data.parse(operation.data);
  const isDone = context.services.nowUtc() >= doneUtc;
  return Promise.resolve(isDone ? { status: 'Succeeded', endedUtc: doneUtc } : { status: 'InProgress' });
};
