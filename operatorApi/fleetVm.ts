import type { RolloutControl } from '../domain/control';
import { eligibilityHolds } from '../domain/eligibility';
import type { VmId } from '../domain/ids';
import { imageFamilyOf, type ImageFamily } from '../domain/imageFamily';
import type { Policy } from '../domain/policy';
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
  /** When it was read: what happened since is not in it. */
  readonly asOfUtc: string;
  /** Null before the first. */
  readonly control: RolloutControl | null;
  /** By id. */
  readonly vms: readonly FleetVm[];
  readonly listed: Listed;
  /** The plan of the rollout, in its order. */
  readonly rounds: readonly RoundPlan[];
}

/** The VMs of the inventory: the same object for every view until one of them has changed. */
export interface Listed {
  /** By id: a VM stands at its place in a view. */
  readonly vms: readonly VirtualMachine[];
  readonly placeOf: ReadonlyMap<VmId, number>;
  /** In the order in which they were listed. */
  readonly asListed: readonly VirtualMachine[];
}

/** A VM of a view; undefined when the inventory has none of this id. */
export const vmIn = ({ vms, listed }: FleetView, id: VmId): FleetVm | undefined =>
  vms[listed.placeOf.get(id) ?? -1];

/** A VM as the tables have it. */
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
