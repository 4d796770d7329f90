import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import type { RolloutId } from '../domain/ids';
import { addSeconds } from '../domain/instants';
import type { FleetView } from './fleetVm';
import { keepNewest } from './keepNewest';
import { notFound } from './openRollout';
import { readFleet, type FleetReading } from './readFleet';

export { vmIn, type FleetView, type FleetVm, type Listed, type PlannedPlace } from './fleetVm';

/** A view is read again when it is so old, and never more than a tenth of the time: a large fleet costs a large read. */
const KEPT_MS = 1_500;
const READ_SHARE = 10;
/** Answers wait for a view that is read within this; a slower one is read beside them, until the one there is has this many times its age. */
const QUICK_MS = 250;
const BESIDE_UNTIL = 4;
/** On a clock that jumps a view of a moment ago may be one of yesterday. */
const SAME_TIME_SECONDS = 120;
/** However slow the reading is. */
const LONG_AGO_SECONDS = 3 * 3_600;
/** A host shows a few rollouts at a time. */
const VIEWS_MAX = 3;

interface Kept {
  readonly reading: FleetReading;
  readonly readAtMs: number;
  readonly tookMs: number;
}

interface Views {
  readonly kept: Map<string, Kept>;
  readonly underWay: Map<string, Promise<FleetView>>;
}

/** Only what the tables hold, read a moment ago: any other host reads the same. Nothing is decided by it. */
const VIEWS = new WeakMap<Services['inventory'], Views>();

/** The fleet as a rollout sees it, the latest one when none is named: to be counted, filtered, sorted and paged. */
export async function fleetView(services: Services, rolloutId?: RolloutId): Promise<FleetView> {
  const control = await rolloutOrLatest(services, rolloutId);
  const views = viewsOf(services);
  const key = control?.rolloutId ?? '';
  const known = views.kept.get(key);
  if (known === undefined) return read(services, control, views);
  const {
    reading: { view },
    readAtMs,
    tookMs,
  } = known;
  const ageMs = performance.now() - readAtMs;
  const keptMs = Math.max(KEPT_MS, tookMs * READ_SHARE);
  const isSlow = tookMs > QUICK_MS;
  const isOfNow = isSlow
    ? !isLongAgo(view.asOfUtc, services)
    : services.nowUtc() < addSeconds(view.asOfUtc, SAME_TIME_SECONDS);
  if (ageMs < keptMs && isOfNow) return view;
  const next = read(services, control, views);
  if (!isSlow || ageMs > keptMs * BESIDE_UNTIL || isLongAgo(view.asOfUtc, services)) return next;
  next.catch(() => undefined); // met by the request that finds the view too old
  return view;
}

/** By the clock of the app, which may have jumped: what was made then is not answered any more. */
export const isLongAgo = (utc: string, { nowUtc }: Services): boolean =>
  nowUtc() > addSeconds(utc, LONG_AGO_SECONDS);

/** Forgets what was read: what a person changed is seen by that person's next request to this process. */
export function forgetFleetView(services: Services): void {
  VIEWS.delete(services.inventory);
}

/** The latest is that of a month: an emergency is named. Null before the first rollout. Throws NOT_FOUND when one is named that is not there. */
export async function rolloutOrLatest(
  services: Services,
  id: RolloutId | undefined,
): Promise<RolloutControl | null> {
  if (id === undefined) return latestMonthly(await services.rollouts.list());
  const control = await services.rollouts.read(id);
  if (control === null) throw notFound(id);
  return control;
}

export const latestMonthly = (rollouts: readonly RolloutControl[]): RolloutControl | null =>
  rollouts.findLast(({ emergency }) => emergency === undefined) ?? null;

function viewsOf({ inventory }: Services): Views {
  const known = VIEWS.get(inventory);
  if (known !== undefined) return known;
  const views: Views = { kept: new Map(), underWay: new Map() };
  VIEWS.set(inventory, views);
  return views;
}

/** Whatever asks meanwhile gets the same reading. A failure is not remembered. */
function read(services: Services, control: RolloutControl | null, views: Views): Promise<FleetView> {
  const key = control?.rolloutId ?? '';
  const known = views.underWay.get(key);
  if (known !== undefined) return known;
  const startedMs = performance.now();
  const reading = readFleet(services, control, views.kept.get(key)?.reading ?? null)
    .then((made) => {
      const readAtMs = performance.now();
      keepNewest(views.kept, key, { reading: made, readAtMs, tookMs: readAtMs - startedMs }, VIEWS_MAX);
      return made.view;
    })
    .finally(() => views.underWay.delete(key));
  views.underWay.set(key, reading);
  return reading;
}
