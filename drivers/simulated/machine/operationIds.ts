import { guidEndingIn, guidOf } from '../guid';
import type { Machine, Operation, Shown } from './machine';

/**
 * The same seed, VM and ordinal make the same id. Its last twelve digits say where to find the operation, so that a hundred
 * thousand of them need no index.
 */
export function operationIdOf(operation: Operation): string {
  const { machine, ordinal } = operation;
  const shown = shownOf(operation);
  return (shown.operationId ??= guidEndingIn(
    [machine.index, ordinal],
    machine.vmSeed,
    machine.bornMs,
    ordinal,
  ));
}

export function findOperation(machines: readonly Machine[], id: string): Operation | undefined {
  const [index, ordinal] = [id.slice(24, 30), id.slice(30)].map((digits) => Number.parseInt(digits, 16));
  const operation = machines[index ?? NaN]?.operations[(ordinal ?? NaN) - 1];
  return operation !== undefined && operationIdOf(operation) === id ? operation : undefined;
}

/** The id by which an installation is known again after its operation is forgotten. */
export function activityIdOf(operation: Operation): string {
  const { machine, ordinal } = operation;
  const shown = shownOf(operation);
  return (shown.activityId ??=
    given.get(operation) ?? guidOf(machine.vmSeed, machine.bornMs, ordinal, 'activity'));
}

/** Few activities are given an id: those that were requested over the ARM API. */
const given = new WeakMap<Operation, string>();

/** An id that an activity of the VM has already is not given again: an installation is known from the one before by it. */
export function giveActivityId(operation: Operation, activityId: string | undefined): void {
  if (activityId === undefined) return;
  const isTaken = operation.machine.operations.some((other) => given.get(other) === activityId);
  if (!isTaken) given.set(operation, activityId);
}

/**
 * What is made to show an operation is kept for the last assessment, installation and extension of each VM that was asked for: each look at an operation
 * asks for its id, and each reading of a VM for its activities.
 */
export function shownOf(operation: Operation): Shown {
  const { shown } = operation.machine;
  const known = shown[operation.kind];
  if (known?.operation === operation) return known;
  const fresh: Shown = { operation, operationId: null, activityId: null, assessed: null, installed: null };
  shown[operation.kind] = fresh;
  return fresh;
}
