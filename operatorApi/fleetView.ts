import type { Services } from '../activities/services';
import type { RolloutControl } from '../domain/control';
import { eligibilityHolds } from '../domain/eligibility';
import type { VmId } from '../domain/ids';
import { imageFamilyOf, type ImageFamily } from '../domain/imageFamily';
import { addSeconds } from '../domain/instants';
import type { Because } from '../domain/reasons';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { KeptOutcome } from '../store/outcomes';
import type { RoundPlan } from '../store/plans';

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
  readonly asOfUtc: string;
  /** The latest rollout; null before the first. */
  readonly control: RolloutControl | null;
  /** By id. */
  readonly vms: readonly FleetVm[];
  readonly byId: ReadonlyMap<VmId, FleetVm>;
}

/** A view older than this is made anew beside the answers; older than the second, before the next answer. */
const FRESH_SECONDS = 15;
const STALE_SECONDS = 120;

interface Kept {
  view: FleetView;
  renewal: Promise<void> | null;
}

const KEPT = new WeakMap<Services['inventory'], Kept>();

/**
 * The fleet as the tables had it some seconds ago (`asOfUtc`). Reading 100,000 rows takes seconds, and people page, sort and filter: so the
 * rows are read once and kept for a while by this process, which any other process can do as well. Nothing is decided by it.
 */
export async function fleetView(services: Services): Promise<FleetView> {
  const nowUtc = services.nowUtc();
  const kept = KEPT.get(services.inventory);
  const isUsable = kept !== undefined && nowUtc < addSeconds(kept.view.asOfUtc, STALE_SECONDS);
  if (!isUsable) return renew(services);
  if (nowUtc >= addSeconds(kept.view.asOfUtc, FRESH_SECONDS)) renewBeside(services, kept);
  return kept.view;
}

/** Forgets the view: what a person changed is seen by that person's next request to this process. */
export function forgetFleetView(services: Services): void {
  KEPT.delete(services.inventory);
}

/** The answer that is being given does not wait for it; a failure is met by the request that finds the view too old. */
function renewBeside(services: Services, kept: Kept): void {
  kept.renewal ??= renew(services)
    .then(() => undefined)
    .catch(() => undefined)
    .finally(() => {
      kept.renewal = null;
    });
}

async function renew(services: Services): Promise<FleetView> {
  const view = await readFleet(services);
  KEPT.set(services.inventory, { view, renewal: null });
  return view;
}

async function readFleet(services: Services): Promise<FleetView> {
  const { policy } = services;
  const asOfUtc = services.nowUtc();
  const control = (await services.rollouts.list()).at(-1) ?? null;
  const [inventory, outcomes, rounds] = await Promise.all([
    services.inventory.list(),
    control === null ? [] : services.outcomes.list(control.rolloutId),
    control === null ? [] : services.plans.allRounds(control.rolloutId),
  ]);
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.vmId, outcome]));
  const placeOf = placesOf(rounds);
  const vms = [...inventory]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((vm): FleetVm => ({
      vm,
      family: imageFamilyOf(vm),
      timeZone: timeZoneOf(vm, policy).zone,
      ineligible: eligibilityHolds(vm, policy)[0] ?? null,
      outcome: outcomeOf.get(vm.id) ?? null,
      place: placeOf.get(vm.id) ?? null,
    }));
  return { asOfUtc, control, vms, byId: new Map(vms.map((one) => [one.vm.id, one])) };
}

export function placesOf(rounds: readonly RoundPlan[]): ReadonlyMap<VmId, PlannedPlace> {
  const places = new Map<VmId, PlannedPlace>();
  for (const { vmIds, ...round } of rounds) for (const vmId of vmIds) places.set(vmId, round);
  return places;
}
