import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import { eligibilityHolds } from '../domain/eligibility';
import type { RolloutId, VmId } from '../domain/ids';
import { imageFamilyOf, type ImageFamily } from '../domain/imageFamily';
import { addSeconds } from '../domain/instants';
import type { Policy } from '../domain/policy';
import type { Because } from '../domain/reasons';
import { selects } from '../domain/selector';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { KeptOutcome } from '../store/outcomes';
import type { RoundPlan } from '../store/plans';
import { notFound } from './openRollout';

/** Where a VM stands in the plan of a rollout. */
export type PlannedPlace = Pick<
  RoundPlan,
  'phase' | 'region' | 'stage' | 'group' | 'round' | 'expectedStartUtc' | 'expectedEndUtc'
>;

/** One VM with everything that lists, forecasts and explanations say of it, from the tables alone. */
export interface FleetVm {
  readonly vm: VirtualMachine;
  readonly family: ImageFamily;
  /** IANA name. */
  readonly timeZone: string;
  /** What keeps automatic patching off it; null when it takes part. */
  readonly ineligible: Because | null;
  readonly outcome: KeptOutcome | null;
  readonly place: PlannedPlace | null;
}

export interface FleetView {
  /** When it was read: what happened since is not in it. */
  readonly asOfUtc: string;
  /** Null before the first. */
  readonly control: RolloutControl | null;
  /** By id. */
  readonly vms: readonly FleetVm[];
  readonly byId: ReadonlyMap<VmId, FleetVm>;
  /** The plan of the rollout, in its order. */
  readonly rounds: readonly RoundPlan[];
}

/** A view is read again when it is so old, and never more than a tenth of the time: a large fleet costs a large read. */
const KEPT_MS = 1_500;
const READ_SHARE = 10;
/** Answers wait for a view that is read within this; a slower one is read beside them, until the one there is has this many times its age. */
const QUICK_MS = 250;
const BESIDE_UNTIL = 4;
/** On a clock that jumps a view of a moment ago may be one of yesterday. */
const SAME_TIME_SECONDS = 120;
/** A host shows a few rollouts at a time. */
const VIEWS_MAX = 3;

interface Kept {
  readonly view: FleetView;
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
  const { view, readAtMs, tookMs } = known;
  const ageMs = performance.now() - readAtMs;
  const keptMs = Math.max(KEPT_MS, tookMs * READ_SHARE);
  const isSlow = tookMs > QUICK_MS;
  const isOfNow = isSlow || services.nowUtc() < addSeconds(view.asOfUtc, SAME_TIME_SECONDS);
  if (ageMs < keptMs && isOfNow) return view;
  const next = read(services, control, views);
  if (!isSlow || ageMs > keptMs * BESIDE_UNTIL) return next;
  next.catch(() => undefined); // met by the request that finds the view too old
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

const latestMonthly = (rollouts: readonly RolloutControl[]): RolloutControl | null =>
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
  const reading = readFleet(services, control)
    .then((view) => {
      const readAtMs = performance.now();
      views.kept.delete(key);
      views.kept.set(key, { view, readAtMs, tookMs: readAtMs - startedMs });
      const [oldest] = views.kept.keys();
      if (views.kept.size > VIEWS_MAX && oldest !== undefined) views.kept.delete(oldest);
      return view;
    })
    .finally(() => views.underWay.delete(key));
  views.underWay.set(key, reading);
  return reading;
}

async function readFleet(services: Services, control: RolloutControl | null): Promise<FleetView> {
  const { policy } = services;
  const asOfUtc = services.nowUtc();
  const [inventory, outcomes, rounds] = await Promise.all([
    services.inventory.list(),
    control === null ? [] : services.outcomes.list(control.rolloutId),
    control === null ? [] : services.plans.allRounds(control.rolloutId),
  ]);
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.vmId, outcome]));
  const placeOf = placesOf(rounds);
  const selector = control?.emergency?.selector;
  const vms = inventory
    .filter((vm) => selector === undefined || selects(selector, vm))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((vm) => fleetVmOf(policy, vm, outcomeOf.get(vm.id) ?? null, placeOf.get(vm.id) ?? null));
  return { asOfUtc, control, vms, byId: new Map(vms.map((one) => [one.vm.id, one])), rounds };
}

export const fleetVmOf = (
  policy: Policy,
  vm: VirtualMachine,
  outcome: KeptOutcome | null,
  place: PlannedPlace | null,
): FleetVm => ({
  vm,
  family: imageFamilyOf(vm),
  timeZone: timeZoneOf(vm, policy).zone,
  ineligible: eligibilityHolds(vm, policy)[0] ?? null,
  outcome,
  place,
});

export function placesOf(rounds: readonly RoundPlan[]): ReadonlyMap<VmId, PlannedPlace> {
  const places = new Map<VmId, PlannedPlace>();
  for (const { vmIds, ...round } of rounds) for (const vmId of vmIds) places.set(vmId, round);
  return places;
}
