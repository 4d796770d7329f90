import { guidOf } from '../guid';
import type { Machine, Operation } from './machine';

/**
 * The same seed, VM and ordinal make the same id. Its last twelve digits say where to find the operation, so that a hundred
 * thousand of them need no index.
 */
export function operationIdOf(operation: Operation): string {
  return remembered(operationIds, operation, ({ machine, ordinal }) => {
    const hash = guidOf(machine.vmSeed, machine.bornMs, ordinal).slice(0, 24);
    return hash + hex6(machine.index) + hex6(ordinal);
  });
}

export function findOperation(machines: readonly Machine[], id: string): Operation | undefined {
  const [index, ordinal] = [id.slice(24, 30), id.slice(30)].map((digits) => Number.parseInt(digits, 16));
  const operation = machines[index ?? NaN]?.operations[(ordinal ?? NaN) - 1];
  return operation !== undefined && operationIdOf(operation) === id ? operation : undefined;
}

/** The id by which an installation is known again after its operation is forgotten. */
export function activityIdOf(operation: Operation): string {
  return remembered(activityIds, operation, ({ machine, ordinal }) => {
    return given.get(operation) ?? guidOf(machine.vmSeed, machine.bornMs, ordinal, 'activity');
  });
}

/** Few activities are given an id: those that were requested over the ARM API. */
const given = new WeakMap<Operation, string>();

/** An id that an activity of the VM has already is not given again: an installation is known from the one before by it. */
export function giveActivityId(operation: Operation, activityId: string | undefined): void {
  if (activityId === undefined) return;
  const isTaken = operation.machine.operations.some((other) => given.get(other) === activityId);
  if (!isTaken) given.set(operation, activityId);
}

type KnownIds = Readonly<
  Record<Operation['kind'], WeakMap<Machine, { readonly operation: Operation; readonly id: string }>>
>;

/**
 * Of the last assessment and the last installation of each VM that was asked for: each look at an operation asks for its id, and each reading of a
 * VM for those of its activities. Three hashes each need not be made again.
 */
const operationIds = noIds();
const activityIds = noIds();

function noIds(): KnownIds {
  return { assessment: new WeakMap(), installation: new WeakMap(), extension: new WeakMap() };
}

function remembered(ids: KnownIds, operation: Operation, idOf: (operation: Operation) => string): string {
  const ofKind = ids[operation.kind];
  const known = ofKind.get(operation.machine);
  if (known?.operation === operation) return known.id;
  const id = idOf(operation);
  ofKind.set(operation.machine, { operation, id });
  return id;
}

function hex6(number: number): string {
  return number.toString(16).padStart(6, '0');
}
