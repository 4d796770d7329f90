/** So many requests to the platform or to tables at once, by one call of an activity. */
const SIDE_BY_SIDE_MAX = 8;

/** The answers for all items, in their order. A pool: when one has its answer, the next is asked for. Fails with the first failure. */
export async function sideBySide<T, R>(
  items: readonly T[],
  ask: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers = new Map<number, R>();
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [n, item] of waiting) answers.set(n, await ask(item));
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE_MAX, items.length) }, worker));
  return items.map((_, n) => answers.get(n) as R);
}
