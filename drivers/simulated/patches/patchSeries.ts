import type { PatchClassification } from '../../../domain/patches';
import { chance, hash53 } from '../../../domain/seed';
import { guidOf } from '../guid';
import { monthIndexOf, monthStartMs, releaseMsOf, type MonthIndex } from '../calendar';
import { DAY_MS, HOUR_MS } from '../../../domain/timeUnits';

export type RebootBehavior = 'NeverReboots' | 'AlwaysRequiresReboot' | 'CanRequestReboot';

/** One package, or one kind of monthly update: each version replaces the one before. Versions are counted from 0. */
export interface PatchSeries {
  readonly key: string;
  readonly classification: PatchClassification;
  readonly reboot: RebootBehavior;
  /** What installing it takes. */
  readonly minutes: number;
  /** The newest version published at or before this instant; -1 for none. */
  latestAt(ms: number): number;
  publishedMs(version: number): number;
  describe(version: number): PatchName;
}

export interface PatchName {
  readonly patchId: string;
  readonly name: string;
  readonly version: string;
  /** Null on Linux. */
  readonly kbId: string | null;
}

type Kind = Pick<PatchSeries, 'key' | 'classification' | 'reboot' | 'minutes'>;

/** Simulations begin later than this: before the document that Lowtide follows was written, there is nothing to patch. */
const FIRST_MONTH: MonthIndex = 2019 * 12;

/** A series whose versions appear so and so in each month; made month by month, as far as time has come. */
export function monthlySeries(
  kind: Kind,
  publishedIn: (month: MonthIndex) => readonly number[],
  describe: (version: number, publishedMs: number) => PatchName,
): PatchSeries {
  const published: number[] = [];
  const names: PatchName[] = [];
  let nextMonth = FIRST_MONTH;
  let reachedMs = monthStartMs(nextMonth);
  const reach = (ms: number): void => {
    if (ms < reachedMs) return;
    for (const month = monthIndexOf(ms); nextMonth <= month; nextMonth += 1)
      published.push(...publishedIn(nextMonth).toSorted((a, b) => a - b));
    reachedMs = monthStartMs(nextMonth);
  };
  return {
    ...kind,
    latestAt(ms) {
      reach(ms);
      let low = 0;
      let high = published.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((published[middle] ?? Infinity) <= ms) low = middle + 1;
        else high = middle;
      }
      return low - 1;
    },
    publishedMs: (version) => published[version] ?? -Infinity,
    describe: (version) => (names[version] ??= describe(version, published[version] ?? 0)),
  };
}

/** Definition updates come every day and are never installed by automatic patching. */
export function dailySeries(kind: Kind, hour: number, describe: (version: number) => PatchName): PatchSeries {
  const first = monthStartMs(FIRST_MONTH) + hour * HOUR_MS;
  const names: PatchName[] = [];
  return {
    ...kind,
    latestAt: (ms) => Math.floor((ms - first) / DAY_MS),
    publishedMs: (version) => first + version * DAY_MS,
    describe: (version) => (names[version] ??= describe(version)),
  };
}

/** At the monthly release, so many days later, in so many months of a hundred. */
export function afterRelease(
  seed: number,
  key: string,
  share: number,
  daysAfter: readonly [first: number, last: number] = [0, 0],
): (month: MonthIndex) => readonly number[] {
  const seriesSeed = hash53(key, seed);
  const [first, last] = daysAfter;
  return (month) => {
    if (share < 1 && chance(seriesSeed, month, 'published') >= share) return [];
    const days =
      first + (first < last ? Math.floor(chance(seriesSeed, month, 'day') * (last - first + 1)) : 0);
    return [releaseMsOf(month) + days * DAY_MS];
  };
}

/** On seeded days at seeded hours, so many times a month on average. */
export function onSeededDays(
  seed: number,
  key: string,
  perMonth: number,
): (month: MonthIndex) => readonly number[] {
  const seriesSeed = hash53(key, seed);
  return (month) => {
    const times = Math.floor(perMonth + chance(seriesSeed, month, 'times'));
    if (times === 0) return [];
    const start = monthStartMs(month);
    const length = monthStartMs(month + 1) - start;
    return Array.from({ length: times }, (_, n) => {
      const at = start + chance(seriesSeed, month, n) * length;
      return at - (at % HOUR_MS);
    });
  };
}

export function windowsName(
  seed: number,
  key: string,
  title: string,
): (version: number, ms?: number) => PatchName {
  return (version, ms) => {
    const kb = String(5_000_000 + (hash53(`${seed}/${key}/${version}`) % 99_999));
    const month = ms === undefined ? '' : `${new Date(ms).toISOString().slice(0, 7)} `;
    return {
      patchId: guidOf(seed, key, version),
      name: `${month}${title} (KB${kb})`,
      version: String(version),
      kbId: kb,
    };
  };
}

export function packageName(name: string, version: string): (n: number) => PatchName {
  return (n) => ({ patchId: `${name}_${version}.${n}`, name, version: `${version}.${n}`, kbId: null });
}
