/**
 * Work in steps: a generator that yields how many items it has done since, so that whoever runs it can let others work in between. Run to its end
 * at once it is an ordinary function.
 */
export function madeAtOnce<T>(steps: Generator<number, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
