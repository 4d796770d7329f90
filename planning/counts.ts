/** How many VMs of a round have each value of a column, in the order in which the values appear. */
export interface Counts {
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

/** A round has few values: to look through them costs less than a map of them. */
export function countsOf(members: readonly number[], column: Int32Array): Counts {
  const values: number[] = [];
  const counts: number[] = [];
  for (const n of members) {
    const value = column[n] ?? 0;
    const place = values.indexOf(value);
    if (place < 0) {
      values.push(value);
      counts.push(1);
    } else counts[place] = (counts[place] ?? 0) + 1;
  }
  return { values, counts };
}
