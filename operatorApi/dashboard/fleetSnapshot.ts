import type { Services } from '../../activities/services';
import type { RolloutId, VmId } from '../../domain/ids';
import { imageFamilyOf } from '../../domain/imageFamily';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { OutcomeRecord } from '../../store/outcomes';
import type { RoundPlan } from '../../store/plans';
import { placesOf, type PlannedPlace } from '../fleetView';

/** A VM of the inventory, what the rollout plans for it, and how it stands there. */
export interface FleetRow {
  readonly vm: VirtualMachine;
  readonly family: string;
  readonly planned: PlannedPlace | null;
  readonly outcome: OutcomeRecord | null;
}

export interface FleetSnapshot {
  /** When it was read: what happened since is not in it. */
  readonly asOfUtc: string;
  readonly rows: readonly FleetRow[];
  readonly byId: ReadonlyMap<VmId, FleetRow>;
  readonly rounds: readonly RoundPlan[];
}

interface Kept {
  readonly snapshot: Promise<FleetSnapshot>;
  readonly readAtMs: number;
  /** How long reading it took; Infinity until it is there. */
  tookMs: number;
}

/** A fleet is read again when it is so old, and never more than a tenth of the time: a large fleet costs a large read. */
const KEPT_MS = 1_500;
const READ_SHARE = 10;
/** A host shows a few rollouts at a time. */
const ROLLOUTS_KEPT_MAX = 3;

/** Only what the tables hold, read a moment ago: another host reads the same. */
const kept = new WeakMap<object, Map<string, Kept>>();

/** The whole fleet as the rollout sees it, to be counted, filtered, sorted and paged. `asOfUtc` says how old it is. */
export function fleetSnapshot(services: Services, id: RolloutId | null): Promise<FleetSnapshot> {
  const snapshots = kept.get(services.inventory) ?? new Map<string, Kept>();
  kept.set(services.inventory, snapshots);
  const key = id ?? '';
  const known = snapshots.get(key);
  const ageMs = known === undefined ? Infinity : performance.now() - known.readAtMs;
  if (
    known !== undefined &&
    (known.tookMs === Infinity || ageMs < Math.max(KEPT_MS, known.tookMs * READ_SHARE))
  )
    return known.snapshot;
  const next: Kept = { snapshot: readFleet(services, id), readAtMs: performance.now(), tookMs: Infinity };
  snapshots.delete(key);
  snapshots.set(key, next);
  const [oldest] = snapshots.keys();
  if (snapshots.size > ROLLOUTS_KEPT_MAX && oldest !== undefined) snapshots.delete(oldest);
  next.snapshot.then(
    () => {
      next.tookMs = performance.now() - next.readAtMs;
    },
    () => {
      snapshots.delete(key); // a failure is not remembered
    },
  );
  return next.snapshot;
}

async function readFleet(services: Services, id: RolloutId | null): Promise<FleetSnapshot> {
  const asOfUtc = services.nowUtc();
  const [vms, outcomes, rounds] = await Promise.all([
    services.inventory.list(),
    id === null ? [] : services.outcomes.list(id),
    id === null ? [] : services.plans.allRounds(id),
  ]);
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.vmId, outcome]));
  const places = placesOf(rounds);
  const rows = vms.map((vm) => ({
    vm,
    family: imageFamilyOf(vm),
    planned: places.get(vm.id) ?? null,
    outcome: outcomeOf.get(vm.id) ?? null,
  }));
  return { asOfUtc, rows, byId: new Map(rows.map((row) => [row.vm.id, row])), rounds };
}
