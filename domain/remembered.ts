/** Names repeat through a fleet, but they are other people's input: beyond so many the memory starts afresh. */
const REMEMBERED_MAX = 5_000;

/** A function of a text that computes each answer once, and forgets all of them when they are too many. */
export function remembered<T>(
  compute: (text: string) => T,
  max: number = REMEMBERED_MAX,
): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const answer = compute(text);
    if (known.size >= max) known.clear();
    known.set(text, answer);
    return answer;
  };
}
