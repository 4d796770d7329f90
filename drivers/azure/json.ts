/** What was parsed from JSON, looked into without trusting its shape. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = member(value, ...path);
  return typeof found === 'string' && found !== '' ? found : null;
}

export function booleanAt(value: unknown, ...path: readonly string[]): boolean | null {
  const found = member(value, ...path);
  return typeof found === 'boolean' ? found : null;
}

/** A count; what is missing or no whole number counts as 0. */
export function countAt(value: unknown, ...path: readonly string[]): number {
  const found = member(value, ...path);
  return typeof found === 'number' && Number.isSafeInteger(found) && found >= 0 ? found : 0;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = member(value, ...path);
  return Array.isArray(found) ? found : [];
}

/**
 * An instant as Lowtide writes it. Azure writes 0 to 7 digits of a second and an offset (recordings README, 9). Null for what is no instant,
 * and for the year 1, which Azure writes for none (13).
 */
export function instantAt(value: unknown, ...path: readonly string[]): string | null {
  const written = textAt(value, ...path);
  const ms = written === null ? Number.NaN : Date.parse(written.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(ms) || ms < 0 ? null : new Date(ms).toISOString();
}
