/** One thing that is measured: a file each, listed in bench.ts. */
export interface Benchmark {
  /** For `--only`. */
  readonly name: string;
  /** One line for people, with the size of what is measured. */
  readonly what: string;
  run(options: BenchOptions): readonly Figure[] | Promise<readonly Figure[]>;
}

export interface BenchOptions {
  /** How often each measurement is repeated, where repeating it adds anything. */
  readonly runs: number;
  /** Simulated months for each cell of `--gates`. */
  readonly months: number;
  /** VMs of the fleet of `--storage`. */
  readonly vms: number;
  /** A line as soon as it is known; the table comes at the end. */
  readonly say: (line: string) => void;
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** Of all runs. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  /** What the figure must not exceed, or null. `docs/performance.md` says where it comes from. */
  readonly atMost: number | null;
}

export function figureOf(
  name: string,
  unit: string,
  values: readonly number[],
  atMost: number | null = null,
): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  return {
    name,
    unit,
    median: medianOf(values),
    min: at(0),
    max: at(sorted.length - 1),
    runs: sorted.length,
    atMost,
  };
}

/** 0 of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
}

/** The figure in parts of what it may be: 1 is just within. */
export function ratioOf({ median, atMost }: Figure): number | null {
  return atMost === null || atMost === 0 ? null : median / atMost;
}

/** Medians and ratios, for people. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, unit, median, min, max, runs, atMost } = figure;
    const ratio = ratioOf(figure);
    const spread = runs > 1 ? `${short(min)} to ${short(max)}` : '';
    return [
      name,
      `${short(median)} ${unit}`,
      spread,
      atMost === null ? '' : short(atMost),
      ratio === null ? '' : ratio.toFixed(2),
    ];
  });
  const header = ['figure', 'median', 'spread', 'at most', 'ratio'];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [header, ...rows].map(line).join('\n');
}

/** Three digits that count, and never an exponent. */
function short(value: number): string {
  if (value === 0 || Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toPrecision(3);
}
