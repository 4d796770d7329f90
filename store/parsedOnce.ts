import type { z } from 'zod';

/**
 * Parses a stored value, once as long as the store hands out the same frozen object for it. Rows of the memory store are read far more
 * often than they are written; values from Azure Tables are new objects each time, and parsed each time.
 */
export function parsedOnce<S extends z.ZodType>(schema: S): (value: unknown) => z.output<S> {
  const known = new WeakMap<object, z.output<S>>();
  return (value) => {
    if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return schema.parse(value);
    const found = known.get(value);
    if (found !== undefined) return found;
    const parsed = schema.parse(value);
    known.set(value, parsed);
    return parsed;
  };
}
