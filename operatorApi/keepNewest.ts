/** Keeps a value under a key, as the newest of at most so many: beyond them the one that was kept longest ago is forgotten. */
export function keepNewest<Key, Value>(kept: Map<Key, Value>, key: Key, value: Value, max: number): void {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > max && oldest !== undefined) kept.delete(oldest);
}
