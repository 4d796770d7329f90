import { isObject } from '../../domain/isObject';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A member at a path, if it is there. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, member) => (isObject(inner) ? inner[member] : undefined), value);
}

/** The object at a path; an empty one when there is none. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject {
  const inner = at(value, ...path);
  return isObject(inner) ? inner : {};
}
