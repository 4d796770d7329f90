import { DateTime } from 'luxon';
import { HOUR_MS } from '../domain/timeUnits';

/** Something that lasts: a row of the picture. */
export interface Span {
  readonly name: string;
  readonly startUtc: string;
  readonly endUtc: string;
  /** Shown behind the row. */
  readonly note: string;
}

const CELL_HOURS = [6, 12, 24, 48];
const WIDTH = 100;
const CELLS_MAX = 64;
const CELLS_MIN = 10;
/** Between name, cells and note. */
const GAPS_WIDTH = 4;
const LABEL_WIDTH_MIN = 13;

/** A picture of what lasted from when to when, each cell so many hours, below the dates (UTC), in `width` columns. Empty for no spans. */
export function drawTimeline(spans: readonly Span[], width = WIDTH): string[] {
  if (spans.length === 0) return [];
  const nameWidth = Math.max(...spans.map(({ name }) => name.length));
  const noteWidth = Math.max(...spans.map(({ note }) => note.length));
  const cellsMax = Math.min(CELLS_MAX, Math.max(CELLS_MIN, width - nameWidth - noteWidth - GAPS_WIDTH));
  const fromMs = dayOf(Math.min(...spans.map(({ startUtc }) => Date.parse(startUtc))));
  const toMs = Math.max(...spans.map(({ endUtc }) => Date.parse(endUtc)));
  const hours = CELL_HOURS.find((each) => (toMs - fromMs) / (each * HOUR_MS) <= cellsMax) ?? 24 * 7;
  const cellMs = hours * HOUR_MS;
  const cells = Math.ceil((toMs - fromMs) / cellMs);
  const axis = ' '.repeat(nameWidth + 2) + dates(fromMs, cells, cellMs);
  return [
    axis.trimEnd(),
    ...spans.map(({ name, startUtc, endUtc, note }) => {
      const first = Math.floor((Date.parse(startUtc) - fromMs) / cellMs);
      const last = Math.max(first + 1, Math.ceil((Date.parse(endUtc) - fromMs) / cellMs));
      const bar = ' '.repeat(first) + '█'.repeat(last - first);
      return `${name.padEnd(nameWidth)}  ${bar.padEnd(cells)}  ${note}`.trimEnd();
    }),
  ];
}

/** A date wherever there is room for one. */
function dates(fromMs: number, cells: number, cellMs: number): string {
  const cellsPerDay = (24 * HOUR_MS) / cellMs;
  const step = Math.ceil(Math.ceil(LABEL_WIDTH_MIN / cellsPerDay) * cellsPerDay);
  let text = '';
  for (let cell = 0; cell < cells; cell += step)
    text += DateTime.fromMillis(fromMs + cell * cellMs, { zone: 'UTC' })
      .setLocale('en-GB')
      .toFormat('d LLL yyyy')
      .padEnd(step);
  return text;
}

function dayOf(ms: number): number {
  return ms - (ms % (24 * HOUR_MS));
}
