import { eligibility } from '../domain/eligibility';
import { rolloutIdOf, type AvailabilitySetId, type Month, type VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import type { Because } from '../domain/reasons';
import { endsUtcOf, releaseOf } from '../domain/release';
import { timeZoneOf } from '../domain/timeZone';
import { assignUpdateDomains } from '../domain/updateDomains';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { Candidate } from './cohorts';
import type { Cursor } from './estimate';
import { BLAST_RADIUS_LADDERS, orderIntoPhases } from './phases';
import type { Plan } from './plan';
import {
  groupBy,
  orderOfTheMonth,
  planRegion,
  scheduleRegion,
  type RegionWork,
  type ScheduledRegion,
} from './regionPlan';
import { writePlan } from './writePlan';

export interface PlanRequest {
  /** The whole inventory, in any order: also VMs that are not eligible count in the size of their set. */
  readonly vms: readonly VirtualMachine[];
  readonly month: Month;
  readonly policy: Policy;
  readonly seed: string | number;
  /** The forecast starts now, or at the release if that is still to come. */
  readonly nowUtc: string;
  /** VMs that the superseded rollout did not start: they come first in their place. */
  readonly carriedOver?: readonly VmId[];
  /** VMs that are held until the rollout ends, and by what: they have no turn. */
  readonly held?: ReadonlyMap<VmId, Because>;
}

/** Which VMs are patched after which, and when that is expected to be. Pure: the same request, its VMs in any order, gives the same plan. */
export function planRollout(request: PlanRequest): Plan {
  const { month, policy, nowUtc } = request;
  const inventory = assignUpdateDomains(byId(request.vms));
  const { candidates, ineligible } = sortOut(inventory, policy, request.held);
  const seed = `${request.seed}:${month}`;
  const ordered = orderOfTheMonth(candidates, seed, new Set(request.carriedOver));
  const facts = { policy, setSizes: setSizesOf(inventory) };
  const works = [...groupBy(ordered, ({ vm }) => vm.region)].map(([region, members]) =>
    planRegion(region, members, facts),
  );
  const releasedUtc = releaseOf(month);
  const fromMs = Math.max(Date.parse(releasedUtc), Date.parse(nowUtc));
  const targetMs = Date.parse(releasedUtc) + policy.forecastTargetDays * DAY_MS;
  return writePlan({
    rolloutId: rolloutIdOf(month),
    month,
    releasedUtc,
    endsUtc: endsUtcOf(month, policy),
    targetMs,
    vmCount: candidates.length,
    phases: inTime(works, policy, fromMs, targetMs),
    ineligible,
  });
}

const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;

/** By id. Should two pages hold a VM, one of the two is taken, whichever came first. */
function byId(vms: readonly VirtualMachine[]): VirtualMachine[] {
  const sorted = [...vms].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : byText(a, b)));
  return sorted.filter(({ id }, index) => sorted[index - 1]?.id !== id);
}

function byText(a: VirtualMachine, b: VirtualMachine): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function sortOut(
  inventory: readonly VirtualMachine[],
  policy: Policy,
  held?: ReadonlyMap<VmId, Because>,
): { readonly candidates: Candidate[]; readonly ineligible: Plan['ineligible'] } {
  const candidates: Candidate[] = [];
  const ineligible: Plan['ineligible'] = [];
  for (const vm of inventory) {
    const answer = eligibility(vm, policy);
    const hold = held?.get(vm.id);
    if (answer.kind === 'eligible' && hold !== undefined)
      ineligible.push({ vmId: vm.id, reason: hold.reason, detail: hold.detail });
    else if (answer.kind === 'eligible') candidates.push({ vm, timeZone: timeZoneOf(vm, policy).zone });
    else ineligible.push({ vmId: vm.id, reason: answer.reason, detail: answer.detail });
  }
  return { candidates, ineligible };
}

function setSizesOf(inventory: readonly VirtualMachine[]): ReadonlyMap<AvailabilitySetId, number> {
  const sizes = new Map<AvailabilitySetId, number>();
  for (const { availabilitySetId: set } of inventory)
    if (set !== null) sizes.set(set, (sizes.get(set) ?? 0) + 1);
  return sizes;
}

/**
 * The phases by the first ladder whose forecast keeps the target day. Each later ladder merges two phases of the one before; if none
 * keeps the day, the one that ends first is taken, and the plan names the regions that are late.
 */
function inTime(
  works: readonly RegionWork[],
  policy: Policy,
  fromMs: number,
  targetMs: number,
): readonly ScheduledRegion[][] {
  let best: { phases: ScheduledRegion[][]; endMs: number } | null = null;
  const byRegion = new Map(works.map((work) => [work.region, work]));
  for (const ladder of BLAST_RADIUS_LADDERS) {
    const order = orderIntoPhases(works, policy, ladder);
    // Pairs are kept apart even where that takes more phases than policy wants.
    const tooMany = order.length > policy.phasesMax && ladder !== BLAST_RADIUS_LADDERS.at(-1);
    if (tooMany) continue;
    const regions = order.map((phase) => phase.flatMap(({ region }) => byRegion.get(region) ?? []));
    const phases = schedulePhases(regions, policy, fromMs);
    const endMs = endOf(phases.at(-1) ?? [], fromMs);
    if (best === null || endMs < best.endMs) best = { phases, endMs };
    if (best.endMs <= targetMs) break;
  }
  return best?.phases ?? [];
}

/** The regions of a phase run side by side; the next phase starts when the last of them is done and the bake is over. */
function schedulePhases(
  phases: readonly (readonly RegionWork[])[],
  policy: Policy,
  fromMs: number,
): ScheduledRegion[][] {
  let cursor: Cursor = { atMs: fromMs, opensAfterMs: -Infinity };
  return phases.map((works, index) => {
    const regions = works.map((work) => scheduleRegion(work, policy, cursor));
    cursor = afterBake(endOf(regions, cursor.atMs), index === 0, policy);
    return regions;
  });
}

function afterBake(gateMs: number, isCanary: boolean, policy: Policy): Cursor {
  const bakeSeconds = isCanary ? policy.bakeAfterCanarySeconds : policy.bakeSeconds;
  if (bakeSeconds === null) return { atMs: gateMs, opensAfterMs: gateMs };
  return { atMs: gateMs + bakeSeconds * SECOND_MS, opensAfterMs: -Infinity };
}

function endOf(regions: readonly ScheduledRegion[], fromMs: number): number {
  return Math.max(fromMs, ...regions.map(({ endMs }) => endMs));
}
