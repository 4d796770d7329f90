/** How many VMs of a round have each value of a column, in the order in which the values appear. */
export type Counts = readonly (readonly [value: number, count: number])[];

/** A round has few values: to look through them costs less than a map of them. */
export function countsOf(members: readonly number[], column: Int32Array): Counts {
  const counts: [value: number, count: number][] = [];
  for (const n of members) {
    const value = column[n] ?? 0;
    const known = counts.find((one) => one[0] === value);
    if (known === undefined) counts.push([value, 1]);
    else known[1] += 1;
  }
  return counts;
}
