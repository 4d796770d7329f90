import { setShare } from '../domain/disruption';
import type { RolloutControl } from '../domain/control';
import { controlFor } from '../domain/control';
import { isOpen, windowAtOrAfter, type OffPeakWindow } from '../domain/offPeak';
import { pairComponent } from '../domain/regions';
import { timeZoneOf } from '../domain/timeZone';
import type { AvailabilitySetId, VmId } from '../domain/ids';
import { planCatchUpRounds, type CatchUpVm } from '../planning/planCatchUpRounds';
import { roundSlot } from '../planning/roundSlot';
import type { SecondChance } from '../store/outcomes';
import * as contracts from './contracts';
import { activity, type World } from './world';

export const planCatchUps = activity(contracts.planCatchUps, async (world, { nowUtc, phase }) => {
  const catchUps: { rolloutId: RolloutControl['rolloutId']; region: string; endsUtc: string }[] = [];
  const ledgers = new Set<string>();
  for (const control of await world.rollouts.list()) {
    if (control.endedUtc !== null || control.plannedUtc === null) continue;
    for (const record of await world.rollouts.phases(control.rolloutId))
      for (const region of record.regions) ledgers.add(pairComponent(region));
    const halts = await world.rollouts.halts(control.rolloutId);
    if (controlFor(control, halts, { phase, region: null }, nowUtc).kind !== 'go') continue;
    for (const region of await planRegions(world, control, phase, nowUtc))
      catchUps.push({ rolloutId: control.rolloutId, region, endsUtc: control.endsUtc });
  }
  return {
    catchUps,
    pace: contracts.Pace.parse(world.policy),
    ledgers: [...ledgers].sort(),
    claimGraceSeconds: world.policy.claimGraceSeconds,
  };
});

interface Candidate extends CatchUpVm {
  readonly chance: SecondChance;
  readonly window: OffPeakWindow;
}

/** Writes the small plans of a rollout; returns the regions that have one. */
async function planRegions(
  world: World,
  control: RolloutControl,
  phase: string,
  nowUtc: string,
): Promise<readonly string[]> {
  const candidates: Candidate[] = [];
  for (const chance of await world.outcomes.secondChances(control.rolloutId)) {
    const candidate = await reachableNow(world, control, chance, nowUtc);
    if (candidate) candidates.push(candidate);
  }
  if (candidates.length === 0) return [];
  const shares = new Map<AvailabilitySetId, { size: number; share: number }>();
  for (const { vm } of candidates) {
    const id = vm.availabilitySetId;
    if (id === null || shares.has(id)) continue;
    const size = await world.inventory.setSize(id);
    shares.set(id, { size, share: setShare(size, world.policy) });
  }
  const rounds = planCatchUpRounds(candidates, shares, phase, nowUtc);
  await world.plans.addRounds(control.rolloutId, rounds);
  for (const { chance, window } of candidates)
    await world.outcomes.markBusy(control.rolloutId, [chance], window.closesUtc);
  return [...new Set(rounds.map(({ region }) => region))].sort();
}

/** a deferred VM as soon as it can be reached; a failed one in the next off-peak hours, not in the same again. */
async function reachableNow(
  world: World,
  control: RolloutControl,
  chance: SecondChance,
  nowUtc: string,
): Promise<Candidate | null> {
  const { outcome, busyUntilUtc } = chance;
  if (busyUntilUtc !== null && busyUntilUtc > nowUtc) return null;
  const vm = await world.inventory.read(outcome.vmId);
  if (vm === null) return null;
  const timeZone = timeZoneOf(vm, world.policy).zone;
  const window = windowAtOrAfter(timeZone, world.policy, nowUtc);
  if (!isOpen(window, nowUtc)) return null;
  if (outcome.kind === 'failed' && window.opensUtc <= outcome.atUtc) return null;
  if (outcome.reason === 'evidenceLimit' && !(await phaseHasPassed(world, control, outcome.vmId)))
    return null;
  const slot = roundSlot([timeZone], { nowUtc, freshAfterUtc: null, endsUtc: control.endsUtc }, world.policy);
  if (slot === null || slot.opensUtc > nowUtc) return null;
  const reading = await world.driver.readVirtualMachine(outcome.vmId);
  if (reading?.powerState !== 'running' || reading.agent.status !== 'ready') return null;
  return { vm, timeZone, chance, window };
}

/** A VM that was held back because nothing was proven yet waits until its own phase has proven something. */
async function phaseHasPassed(world: World, { rolloutId }: RolloutControl, vmId: VmId): Promise<boolean> {
  const record = await world.outcomes.read(rolloutId, vmId);
  const phase = record && (await world.rollouts.readPhase(rolloutId, record.phase));
  return phase?.gate?.kind === 'open';
}
