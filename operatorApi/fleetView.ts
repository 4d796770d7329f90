import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import type { RolloutId } from '../domain/ids';
import { addSeconds } from '../domain/instants';
import type { FleetView } from './fleetVm';
import { KeptAnswers, type KeptAnswer } from './keptAnswers';
import { notFound } from './openRollout';
import { readFleet, type FleetReading } from './readFleet';

export { vmIn, type FleetView, type FleetVm, type Listed, type PlannedPlace } from './fleetVm';

/** A view is read again when it is so old, and never more than a tenth of the time: a large fleet costs a large read. */
const KEPT_MS = 1_500;
const READ_SHARE = 10;
/** Answers wait for a view that is read within this; a slower one is read beside them, until the one there is has this many times its age. */
const QUICK_MS = 250;
/** On any machine and store a view of so many VMs is read beside them: to read it again takes a fifth of a second at 100,000. */
const LARGE_VMS = 5_000;
const BESIDE_UNTIL = 4;
/** On a clock that jumps a view of a moment ago may be one of yesterday. */
const SAME_TIME_SECONDS = 120;
/** A host shows a few rollouts at a time. */
const VIEWS_MAX = 3;

/** Only what the tables hold, read a moment ago: any other host reads the same. Nothing is decided by it. */
const VIEWS = new WeakMap<Services['inventory'], KeptAnswers<FleetReading>>();

/** The fleet as a rollout sees it, the latest one when none is named: to be counted, filtered, sorted and paged. */
export async function fleetView(services: Services, rolloutId?: RolloutId): Promise<FleetView> {
  const control = await rolloutOrLatest(services, rolloutId);
  const nowUtc = services.nowUtc();
  const keptMs = (tookMs: number): number => Math.max(KEPT_MS, tookMs * READ_SHARE);
  const isSlow = ({ tookMs, value }: KeptAnswer<FleetReading>): boolean =>
    tookMs > QUICK_MS || value.view.vms.length >= LARGE_VMS;
  const { view } = await viewsOf(services).answer(control?.rolloutId ?? '', {
    nowUtc,
    isFresh: (kept) =>
      kept.ageMs < keptMs(kept.tookMs) &&
      (isSlow(kept) || nowUtc < addSeconds(kept.value.view.asOfUtc, SAME_TIME_SECONDS)),
    mayStand: (kept) => isSlow(kept) && kept.ageMs <= keptMs(kept.tookMs) * BESIDE_UNTIL,
    make: (before) => readFleet(services, control, before),
  });
  return view;
}

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

function viewsOf({ inventory }: Services): KeptAnswers<FleetReading> {
  const known = VIEWS.get(inventory);
  if (known !== undefined) return known;
  const views = new KeptAnswers<FleetReading>(VIEWS_MAX);
  VIEWS.set(inventory, views);
  return views;
}
