/** Names repeat through a fleet, but they are other people's input: beyond so many the memory starts afresh. */
const REMEMBERED_MAX = 5_000;

/** A function of a text or a number that computes each answer once, and forgets all of them when they are too many. */
export function remembered<T, K extends string | number = string>(
  compute: (of: K) => T,
  max: number = REMEMBERED_MAX,
): (of: K) => T {
  const known = new Map<K, T>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before;
    const answer = compute(of);
    if (known.size >= max) known.clear();
    known.set(of, answer);
    return answer;
  };
}
