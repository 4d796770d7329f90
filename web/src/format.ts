/** Times, numbers and names as people read them. Every time names its zone, every number its unit. */

const number = new Intl.NumberFormat('en-GB');

export const count = (value: number): string => number.format(value);

export function vms(value: number): string {
  return `${count(value)} ${value === 1 ? 'VM' : 'VMs'}`;
}

export function many(value: number, one: string, more = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : more}`;
}

export function percent(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  const share = (part / whole) * 100;
  return share > 0 && share < 1 ? 'under 1 %' : `${Math.round(share)} %`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone });
  formats.set(key, made);
  return made;
}

const SHORT = {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
} as const;

const MINUTE = { weekday: 'short', ...SHORT } as const;

/** `Tue 10 Nov, 18:00 UTC`. */
export function time(utc: string, zone = 'UTC'): string {
  return `${format(zone, MINUTE).format(new Date(utc))} ${zoneName(utc, zone)}`;
}

/** `10 Nov, 18:00 UTC`, where there is little room. */
export function shortTime(utc: string): string {
  return `${format('UTC', SHORT).format(new Date(utc))} UTC`;
}

/** A sentence of the API with its instants as people read them. */
export function readable(text: string): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g, (utc) => time(utc));
}

/** `18:00 UTC`. */
export function clock(utc: string, zone = 'UTC'): string {
  return `${format(zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(utc))} ${zoneName(utc, zone)}`;
}

/** `Tue 10 Nov, 22:00 to 06:00 EST`; both zones where the clocks change in between. */
export function hours(fromUtc: string, untilUtc: string, zone: string): string {
  const from = zoneName(fromUtc, zone);
  const isSame = from === zoneName(untilUtc, zone);
  return `${format(zone, MINUTE).format(new Date(fromUtc))}${isSame ? '' : ` ${from}`} to ${clock(untilUtc, zone)}`;
}

/** `Tue 10 Nov`. */
export function day(utc: string, zone = 'UTC'): string {
  return format(zone, { weekday: 'short', day: 'numeric', month: 'short' }).format(new Date(utc));
}

/** `10 Nov`. */
export function shortDay(utc: string): string {
  return format('UTC', { day: 'numeric', month: 'short' }).format(new Date(utc));
}

/** `UTC`, `EST`, `GMT+9`. */
export function zoneName(utc: string, zone: string): string {
  if (zone === 'UTC') return 'UTC';
  // American English has the usual names, EST for one, where British English has offsets.
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'short' }).formatToParts(
    new Date(utc),
  );
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
}

/** `November 2026`. */
export function month(text: string): string {
  return format('UTC', { month: 'long', year: 'numeric' }).format(new Date(`${text}-15T00:00:00Z`));
}

/** `November 2026`; of a rollout beside the monthly one with what its id adds. */
export function rolloutName({ id, month: of }: { readonly id: string; readonly month: string }): string {
  const monthly = `rollout-${of}`;
  if (id === monthly) return month(of);
  if (!id.startsWith(`${monthly}-`)) return id;
  const suffix = id.slice(monthly.length + 1);
  return `${month(of)}, ${/^e\d+$/.test(suffix) ? `emergency ${suffix.slice(1)}` : suffix}`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `3 h 20 min`, `2 days`. */
export function span(fromUtc: string, untilUtc: string): string {
  const ms = Math.max(0, Date.parse(untilUtc) - Date.parse(fromUtc));
  if (ms >= 2 * DAY_MS) return many(Math.round(ms / DAY_MS), 'day');
  const wholeMinutes = Math.round(ms / MINUTE_MS);
  const hours = Math.floor(wholeMinutes / 60);
  const minutes = wholeMinutes % 60;
  if (hours === 0) return `${minutes} min`;
  return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
}

/** `12 hours`, `7 days`. */
export function hoursOrDays(amount: number): string {
  return amount >= 48 && amount % 24 === 0 ? many(amount / 24, 'day') : many(amount, 'hour');
}

/** Which day after the release, the first being day 1. */
export function dayOf(releasedUtc: string, utc: string): number {
  return Math.max(1, Math.floor((Date.parse(utc) - Date.parse(releasedUtc)) / DAY_MS) + 1);
}

/** The last part of an ARM id. */
export function nameOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** `phase-2` as `Phase 2`. */
export function phaseName(phase: string): string {
  return phase.replace(/^phase-/, 'Phase ').replace(/^catchup-/, 'Catch-up ');
}

/** `zone-1` as `Zone 1`. */
export function stageName(stage: string): string {
  return stage === 'regional' ? 'Without a zone' : stage.replace(/^zone-/, 'Zone ');
}

/** Which VMs are meant: `region eastus and tag app=shop`. */
export function selectorInWords(selector: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(selector).map(
    ([name, value]) => `${words(name)} ${Array.isArray(value) ? value.join(', ') : String(value)}`,
  );
  return parts.length === 0 ? 'every VM' : parts.join(' and ');
}

const NAME_MAX = 72;
const HEAD = 48;
const TAIL = 16;

const segmenter = new Intl.Segmenter('en');

/** As people count them: an emoji is one. */
export function lettersOf(text: string): readonly string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** A name that others chose, within a sentence: of one that is too long the middle is left out. */
export function shortened(name: string): string {
  if (name.length <= NAME_MAX) return name;
  const letters = lettersOf(name);
  if (letters.length <= NAME_MAX) return name;
  return `${letters.slice(0, HEAD).join('')}…${letters.slice(-TAIL).join('')}`;
}

/** `patchesPending` as `patches pending`. */
export function words(camelCase: string): string {
  return camelCase.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}
