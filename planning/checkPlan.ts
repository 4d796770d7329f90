import azureRegions from '../domain/azureRegions.json';
import { eligibility } from '../domain/eligibility';
import type { VmId } from '../domain/ids';
import { windowAtOrAfter, windowOpeningAfter, type OffPeakWindow } from '../domain/offPeak';
import { calendarOf } from '../domain/ownWindows';
import type { Policy } from '../domain/policy';
import { pairsOf } from '../domain/regions';
import { bakesAsCanary } from '../domain/rings';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { VmList } from '../domain/vmList';
import { countsOf, InventoryById, type Counts } from './inventoryById';
import { ROUND_SIZE_MAX, type Plan, type PlannedGroup, type PlannedRegion, type PlannedRound } from './plan';

export type PlanRule =
  | 'everyVmOnce'
  | 'pairsApart'
  | 'place'
  | 'updateDomains'
  | 'setShare'
  | 'standaloneShare'
  | 'roundSize'
  | 'subscriptionSpread'
  | 'counts'
  | 'order'
  | 'offPeak'
  | 'late';

export interface PlanFault {
  readonly rule: PlanRule;
  /** One sentence that names what and where. */
  readonly detail: string;
}

/**
 * Checks a plan against the inventory it was made from. It shares the words with the planner and none of its code: a mistake there
 * must not be made here again. No fault means that carrying out the plan breaks no rule of availability.
 */
export function checkPlan(plan: Plan, vms: VmList, policy: Policy): readonly PlanFault[] {
  const inventory = new InventoryById(vms);
  const counts = countsOf(inventory);
  return [
    ...checkEveryVmOnce(plan, inventory, policy),
    ...checkPairs(plan),
    ...regionsOf(plan).flatMap((region) => checkRegion(region, inventory, counts, policy)),
    ...checkCounts(plan),
    ...checkOrder(plan, policy),
    ...checkOffPeak(plan, inventory, policy),
    ...checkLate(plan, inventory, policy),
  ];
}

/** What is looked at region by region, with the VMs that the plan has there. */
function checkRegion(
  region: PlannedRegion,
  all: InventoryById,
  counts: Counts,
  policy: Policy,
): readonly PlanFault[] {
  const inventory = vmsOf(region, all);
  return [
    ...checkPlaces(region, inventory),
    ...checkSpread(region, inventory, policy),
    ...checkShares(region, inventory, counts, policy),
    ...groupsOf(region).flatMap((group) =>
      checkGroup(group, counts.ofSet(group.availabilitySetId), inventory, policy),
    ),
  ];
}

type Inventory = ReadonlyMap<VmId, VirtualMachine>;

function vmsOf(region: PlannedRegion, inventory: InventoryById): Inventory {
  const vms = new Map<VmId, VirtualMachine>();
  for (const group of groupsOf(region))
    for (const id of vmIdsOf(group)) {
      const vm = inventory.get(id);
      if (vm !== undefined) vms.set(id, vm);
    }
  return vms;
}

function checkEveryVmOnce(plan: Plan, inventory: InventoryById, policy: Policy): PlanFault[] {
  const [seen, isPlanned] = [inventory.noted(), inventory.noted()];
  const faults: PlanFault[] = [];
  const see = (id: VmId): void => {
    if (!seen.add(id)) faults.push(fault('everyVmOnce', `${id} is in the plan more than once`));
    if (!inventory.has(id))
      faults.push(fault('everyVmOnce', `${id} is in the plan, but not in the inventory`));
  };
  for (const group of regionsOf(plan).flatMap(groupsOf))
    for (const id of vmIdsOf(group)) {
      see(id);
      isPlanned.add(id);
    }
  for (const { vmId } of plan.ineligible) see(vmId);
  for (const vm of inventory) {
    const { id } = vm;
    const eligible = eligibility(vm, policy).kind === 'eligible';
    if (!seen.has(id)) faults.push(fault('everyVmOnce', `${id} is missing`));
    else if (eligible !== isPlanned.has(id))
      faults.push(
        fault('everyVmOnce', `${id} is ${eligible ? '' : 'not '}eligible; the plan says otherwise`),
      );
  }
  return faults;
}

/** R-203, from the table itself: either region naming the other is a pair. */
function checkPairs({ phases }: Plan): PlanFault[] {
  const faults: PlanFault[] = [];
  const phaseOf = new Map<string, number>();
  for (const { phase, ring, regions } of phases)
    for (const { region } of regions) {
      const name = ring === undefined ? region : `${region} of ring ${ring}`;
      if (phaseOf.has(name)) faults.push(fault('everyVmOnce', `region ${name} is in two phases`));
      phaseOf.set(name, phase);
    }
  for (const { phase, regions } of phases) {
    const here = new Set(regions.map(({ region }) => region));
    for (const [a, b] of pairsAmong(here))
      if (here.has(b))
        faults.push(fault('pairsApart', `${a} and ${b} are a geo pair, and both in phase ${phase}`));
  }
  return faults;
}

/** By the published table, and of regions that it lacks by the policy. */
function pairsAmong(regions: ReadonlySet<string>): readonly (readonly [string, string])[] {
  return [...regions].flatMap((name) => {
    const published = azureRegions.regions.find((region) => region.name === name);
    if (published === undefined) return pairsOf(name).map((pair) => [name, pair] as const);
    return published.pairedRegion === null ? [] : [[name, published.pairedRegion] as const];
  });
}

/** each VM is in the stage of its own zone, so that stages one after another keep zones apart. */
function checkPlaces({ region, stages }: PlannedRegion, inventory: Inventory): PlanFault[] {
  const names = stages.map(({ stage }) => stage);
  const faults: PlanFault[] =
    new Set(names).size === names.length ? [] : [fault('place', `${region} has two stages of one name`)];
  for (const { stage, zone, groups } of stages) {
    const groupNames = new Set(groups.map(({ group }) => group));
    if (groupNames.size < groups.length)
      faults.push(fault('place', `${region} ${stage} has two groups of one name`));
    for (const group of groups)
      for (const id of vmIdsOf(group)) {
        const vm = inventory.get(id);
        if (vm === undefined) continue;
        const inPlace =
          vm.region === region && vm.zone === zone && vm.availabilitySetId === group.availabilitySetId;
        if (!inPlace) faults.push(fault('place', `${id} is not of ${region}, ${stage}, ${group.group}`));
      }
  }
  return faults;
}

/** a subscription with several standalone VMs in a region never has them all in one batch. */
function checkSpread({ region, stages }: PlannedRegion, inventory: Inventory, policy: Policy): PlanFault[] {
  // A ring may have one VM of a subscription here, and another phase the rest.
  if (policy.batchSharePercents.length < 2 || policy.rings.length > 0) return [];
  const batchesOf = new Map<string, { vmCount: number; batches: Set<string> }>();
  for (const { stage, groups } of stages)
    for (const group of groups.filter(({ kind }) => kind === 'standalone'))
      for (const id of vmIdsOf(group)) {
        const subscription = inventory.get(id)?.subscriptionId.toLowerCase() ?? '';
        const known = batchesOf.get(subscription) ?? { vmCount: 0, batches: new Set() };
        known.batches.add(`${stage} ${group.group}`);
        batchesOf.set(subscription, { vmCount: known.vmCount + 1, batches: known.batches });
      }
  return [...batchesOf]
    .filter(([, { vmCount, batches }]) => vmCount > 1 && batches.size === 1)
    .map(([subscription, { vmCount, batches }]) =>
      fault(
        'subscriptionSpread',
        `all ${vmCount} VMs of ${subscription} in ${region} are in ${[...batches].join()}`,
      ),
    );
}

/** INV-15: no round has more of a subscription's standalone VMs than may be down at once in the region, and what its claim will say is true. */
function checkShares(
  { region, stages }: PlannedRegion,
  inventory: Inventory,
  { standalone }: Counts,
  policy: Policy,
): PlanFault[] {
  const faults: PlanFault[] = [];
  for (const { group, kind, rounds } of stages.flatMap(({ groups }) => groups))
    for (const { round, vmIds, subscriptions } of kind === 'standalone' ? rounds : []) {
      const counts = new Map<string, number>();
      for (const id of vmIds) {
        const subscription = inventory.get(id)?.subscriptionId.toLowerCase() ?? '';
        counts.set(subscription, (counts.get(subscription) ?? 0) + 1);
      }
      for (const [subscription, count] of counts) {
        const size = standalone(region, subscription);
        const max = Math.max(1, Math.floor((size * policy.standaloneSharePercent) / 100));
        const where = `round ${round} of ${group} in ${region}`;
        if (count > max)
          faults.push(
            fault('standaloneShare', `${where} has ${count} of the ${size} VMs of ${subscription}`),
          );
        const isSaid = subscriptions.some((said) => said.count === count && said.max === max);
        if (size > 1 && !isSaid)
          faults.push(
            fault('standaloneShare', `${where} does not say that it has ${count} of ${subscription}`),
          );
      }
    }
  return faults;
}

function checkGroup(group: PlannedGroup, members: number, inventory: Inventory, policy: Policy): PlanFault[] {
  const faults = group.rounds
    .filter(({ vmIds }) => vmIds.length > ROUND_SIZE_MAX || vmIds.length === 0)
    .map(({ round, vmIds }) =>
      fault('roundSize', `round ${round} of ${group.group} has ${vmIds.length} VMs`),
    );
  if (group.kind === 'standalone') return faults;
  return [
    ...faults,
    ...group.rounds.flatMap((round) => checkSetRound(group, members, round, inventory, policy)),
  ];
}

/** a round of a set stays in one update domain, which is known or it is one VM, and below the share of the set that may be down. */
function checkSetRound(
  { group, setSize }: PlannedGroup,
  members: number,
  { round, updateDomain, vmIds }: PlannedRound,
  inventory: Inventory,
  policy: Policy,
): PlanFault[] {
  const faults: PlanFault[] = [];
  if (members !== setSize)
    faults.push(fault('counts', `${group} has ${members} members, the plan says ${setSize}`));
  const share = (vmIds.length * 100) / members;
  const tooMany =
    vmIds.length > 1 &&
    (vmIds.length === members ||
      members < policy.setOneByOneBelow ||
      share > policy.setSharePercent + Number.EPSILON);
  if (tooMany)
    faults.push(fault('setShare', `round ${round} of ${group} takes ${vmIds.length} of ${members} VMs`));
  if (updateDomain === null && vmIds.length > 1)
    faults.push(
      fault('updateDomains', `round ${round} of ${group} takes ${vmIds.length} VMs of no known one`),
    );
  for (const id of vmIds)
    if ((inventory.get(id)?.updateDomain ?? null) !== updateDomain)
      faults.push(fault('updateDomains', `${id} is not of the update domain of round ${round}, ${group}`));
  return faults;
}

function checkCounts(plan: Plan): PlanFault[] {
  const faults: PlanFault[] = [];
  const compare = (name: string, says: number, are: number): void => {
    if (says !== are) faults.push(fault('counts', `${name} says ${says} VMs and has ${are}`));
  };
  compare('the plan', plan.vmCount, vmCountOf(plan.phases));
  for (const phase of plan.phases) {
    compare(`phase ${phase.phase}`, phase.vmCount, vmCountOf(phase.regions));
    for (const region of phase.regions) {
      compare(region.region, region.vmCount, vmCountOf(region.stages));
      for (const stage of region.stages) {
        compare(`${region.region} ${stage.stage}`, stage.vmCount, vmCountOf(stage.groups));
        for (const group of stage.groups) {
          compare(group.group, group.vmCount, vmCountOf(group.rounds));
          for (const { round, vmCount, vmIds } of group.rounds)
            compare(`${group.group} ${round}`, vmCount, vmIds.length);
        }
      }
    }
  }
  return faults;
}

function vmCountOf(parts: readonly { readonly vmCount: number }[]): number {
  return parts.reduce((sum, part) => sum + part.vmCount, 0);
}

/** What must come one after another does: phases with their bake, stages, batches, rounds. */
function checkOrder(plan: Plan, policy: Policy): PlanFault[] {
  const faults: PlanFault[] = [];
  const inTurn = (what: string, parts: readonly Extent[], pauseSeconds = 0): void => {
    for (const [index, part] of parts.entries()) {
      const before = parts[index - 1];
      if (before === undefined) continue;
      const freeMs = Date.parse(before.expectedEndUtc) + pauseSeconds * 1_000;
      if (Date.parse(part.expectedStartUtc) < freeMs)
        faults.push(fault('order', `${what}: the part that starts ${part.expectedStartUtc} is too early`));
    }
  };
  for (const [index, phase] of plan.phases.entries()) {
    const before = plan.phases[index - 1];
    if (before === undefined) continue;
    const bakeSeconds = bakesAsCanary(plan.phases, index - 1)
      ? policy.bakeAfterCanarySeconds
      : (policy.bakeSeconds ?? 0);
    const freeMs = Date.parse(before.expectedGateUtc) + bakeSeconds * 1_000;
    if (Date.parse(phase.expectedStartUtc) < freeMs)
      faults.push(
        fault('order', `phase ${phase.phase} starts before the gate of the one before it, or its bake`),
      );
  }
  for (const { region, stages } of regionsOf(plan)) {
    inTurn(`stages of ${region}`, stages);
    for (const { stage, groups } of stages) {
      for (const batches of cohortsOf(groups)) inTurn(`batches of ${region} ${stage}`, batches);
      for (const { group, kind, rounds } of groups)
        if (kind === 'availabilitySet') inTurn(`rounds of ${group}`, rounds);
    }
  }
  const first = plan.phases[0]?.expectedStartUtc;
  if (first !== undefined && first < plan.releasedUtc)
    faults.push(fault('order', 'the first phase starts before the release'));
  return faults;
}

/**
 * every round starts in the window of each of its VMs, with enough of it left, and in a window that opened after the phase
 * before was done where policy wants one; or the plan says that it is late.
 */
function checkOffPeak({ phases, late }: Plan, inventory: InventoryById, policy: Policy): PlanFault[] {
  const excused = inventory.noted();
  for (const { vmId } of late) excused.add(vmId);
  const leftMs = (policy.installMinimumSeconds + policy.rebootReserveSeconds) * 1_000;
  const fits = ({ opensUtc, closesUtc }: OffPeakWindow, start: string, gateUtc: string): boolean =>
    gateUtc < opensUtc && opensUtc <= start && Date.parse(closesUtc) - Date.parse(start) >= leftMs;
  const faults: PlanFault[] = [];
  for (const [index, { regions }] of phases.entries()) {
    const gateUtc =
      policy.bakeSeconds === null && index > 0 && !bakesAsCanary(phases, index - 1)
        ? (phases[index - 1]?.expectedGateUtc ?? '')
        : '';
    const rounds = regions.flatMap(groupsOf).flatMap((group) => group.rounds);
    for (const { expectedStartUtc: start, vmIds } of rounds)
      for (const id of vmIds) {
        const vm = excused.has(id) ? undefined : inventory.get(id);
        if (vm === undefined) continue;
        const calendar = calendarOf(timeZoneOf(vm, policy).zone, vm, policy);
        const window = windowAtOrAfter(calendar, policy, start);
        if (fits(window, start, gateUtc)) continue;
        // A window that opened after the gate may lie in one that was open before.
        if (gateUtc !== '' && fits(windowOpeningAfter(calendar, policy, gateUtc), start, gateUtc)) continue;
        const { opensUtc, closesUtc } = window;
        faults.push(
          fault('offPeak', `${id} would start ${start}; its window is ${opensUtc} to ${closesUtc}`),
        );
      }
  }
  return faults;
}

/** whoever is expected after the target day or the end is named. */
function checkLate(plan: Plan, inventory: InventoryById, policy: Policy): PlanFault[] {
  const targetMs = Date.parse(plan.releasedUtc) + policy.forecastTargetDays * 86_400_000;
  const limitMs = Math.min(targetMs, Date.parse(plan.endsUtc));
  const named = inventory.noted();
  for (const { vmId } of plan.late) named.add(vmId);
  return regionsOf(plan)
    .flatMap(groupsOf)
    .flatMap(({ rounds }) => rounds)
    .filter(({ expectedEndUtc }) => Date.parse(expectedEndUtc) > limitMs)
    .flatMap(({ vmIds }) => vmIds.filter((id) => !named.has(id)))
    .map((id) => fault('late', `${id} is expected too late and not named`));
}

/** The batches of a stage by window cohort: those of one cohort come one after another. */
function cohortsOf(groups: readonly PlannedGroup[]): readonly (readonly PlannedGroup[])[] {
  const cohorts = new Map<number, PlannedGroup[]>();
  for (const group of groups)
    if (group.kind === 'standalone') cohorts.set(group.cohort, [...(cohorts.get(group.cohort) ?? []), group]);
  return [...cohorts.values()];
}

type Extent = Pick<PlannedGroup, 'expectedStartUtc' | 'expectedEndUtc'>;

function regionsOf(plan: Plan): readonly PlannedRegion[] {
  return plan.phases.flatMap(({ regions }) => regions);
}

function groupsOf({ stages }: PlannedRegion): readonly PlannedGroup[] {
  return stages.flatMap(({ groups }) => groups);
}

function vmIdsOf({ rounds }: PlannedGroup): readonly VmId[] {
  return rounds.flatMap(({ vmIds }) => vmIds);
}

function fault(rule: PlanRule, detail: string): PlanFault {
  return { rule, detail };
}
