import { setShare } from '../domain/disruption';
import type { RolloutControl } from '../domain/control';
import { controlFor } from '../domain/control';
import { windowAtOrAfter, type OffPeakWindow } from '../domain/offPeak';
import { standingFreezes } from '../domain/freezes';
import { holdsOf } from '../domain/holds';
import { pairComponent } from '../domain/regions';
import { timeZoneOf } from '../domain/timeZone';
import type { AvailabilitySetId, VmId } from '../domain/ids';
import type { PhaseId } from '../domain/phaseId';
import { planCatchUpRounds, type CatchUpVm } from '../planning/planCatchUpRounds';
import { roundSlot } from '../planning/roundSlot';
import type { SecondChance } from '../store/outcomes';
import * as contracts from './contracts';
import { activity, type Services } from './services';

export const planCatchUps = activity(
  contracts.planCatchUps,
  async (services, { nowUtc, phase, regionsMax }) => {
    const catchUps: { rolloutId: RolloutControl['rolloutId']; region: string; endsUtc: string }[] = [];
    const ledgers = new Set<string>();
    for (const control of await services.rollouts.list()) {
      if (control.endedUtc !== null || control.plannedUtc === null) continue;
      for (const record of await services.rollouts.phases(control.rolloutId))
        for (const region of record.regions) ledgers.add(pairComponent(region));
      const turn: Turn = { nowUtc, phase, regionsMax: regionsMax - catchUps.length };
      const candidates = await findCandidates(services, control, turn);
      // In most hours there is none, and then nothing more is read.
      if (candidates.length === 0) continue;
      const halts = await services.rollouts.halts(control.rolloutId);
      if (controlFor(control, halts, { phase, region: null }, nowUtc).kind !== 'go') continue;
      for (const region of await planRegions(services, control, turn, candidates))
        catchUps.push({ rolloutId: control.rolloutId, region, endsUtc: control.endsUtc });
    }
    return {
      catchUps,
      pace: contracts.Pace.parse(services.policy),
      ledgers: [...ledgers].sort(),
      claimGraceSeconds: services.policy.claimGraceSeconds,
    };
  },
);

/** One sweep's turn: when, under what name, and how many regions it can still take. */
interface Turn {
  readonly nowUtc: string;
  readonly phase: PhaseId;
  readonly regionsMax: number;
}

interface Candidate extends CatchUpVm {
  readonly chance: SecondChance;
  /** The end of its off-peak hours. */
  readonly untilUtc: string;
}

/**
 * Writes the small plan of a rollout, unless that was done before; returns its regions. The VMs are taken first and the plan is made
 * whole last: whoever comes again after a crash finds the same VMs, and the rounds of a catch-up that runs are not touched any more.
 */
async function planRegions(
  services: Services,
  control: RolloutControl,
  turn: Turn,
  candidates: readonly Candidate[],
): Promise<readonly string[]> {
  const { rolloutId } = control;
  const { nowUtc, phase } = turn;
  const kept = await services.plans.catchUpRegions(rolloutId, phase);
  if (kept !== null) return kept;
  const shares = new Map<AvailabilitySetId, { size: number; share: number }>();
  for (const { vm } of candidates) {
    const id = vm.availabilitySetId;
    if (id === null || shares.has(id)) continue;
    const size = await services.inventory.setSize(id);
    shares.set(id, { size, share: setShare(size, services.policy) });
  }
  const rounds = planCatchUpRounds(candidates, shares, phase, nowUtc);
  await services.outcomes.markBusy(rolloutId, phase, candidates);
  return services.plans.saveCatchUp(rolloutId, phase, rounds);
}

async function findCandidates(services: Services, control: RolloutControl, turn: Turn): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const chance of await services.outcomes.secondChances(control.rolloutId)) {
    const candidate = await reachableNow(services, control, chance, turn);
    if (candidate) candidates.push(candidate);
  }
  const regions = [...new Set(candidates.map(({ vm }) => vm.region))].sort().slice(0, turn.regionsMax);
  return candidates.filter(({ vm }) => regions.includes(vm.region));
}

const KNOWN_WINDOWS = new WeakMap<Services, Map<VmId, OffPeakWindow>>();

/**
 * The off-peak hours of waiting VMs, as last read: before they begin a VM's row need not be read. This process's own note, and no more than
 * that: a process that begins without it reads the rows. A VM whose time zone changes meanwhile goes by its old one until those hours are over.
 */
function knownWindows(services: Services): Map<VmId, OffPeakWindow> {
  const known = KNOWN_WINDOWS.get(services);
  if (known !== undefined) return known;
  const windows = new Map<VmId, OffPeakWindow>();
  KNOWN_WINDOWS.set(services, windows);
  return windows;
}

/** a deferred VM as soon as it can be reached; a failed one in the next off-peak hours, not in the same again. */
async function reachableNow(
  services: Services,
  control: RolloutControl,
  chance: SecondChance,
  { nowUtc, phase }: Turn,
): Promise<Candidate | null> {
  const { outcome, busyUntilUtc, busyWith } = chance;
  const isTaken = busyWith === phase; // by this very turn, which died before its plan was whole
  if (!isTaken && busyUntilUtc !== null && busyUntilUtc > nowUtc) return null;
  const known = knownWindows(services).get(outcome.vmId);
  if (known !== undefined && nowUtc < known.opensUtc) return null;
  // Where its hours are known to be now, the platform is asked first: most VMs that wait are still off.
  const isAskedFirst = !isTaken && known !== undefined && nowUtc < known.closesUtc;
  if (isAskedFirst && !(await isReachable(services, outcome.vmId, nowUtc))) return null;
  const vm = await services.inventory.read(outcome.vmId);
  if (vm === null) return null;
  const timeZone = timeZoneOf(vm, services.policy).zone;
  const window = windowAtOrAfter(timeZone, services.policy, nowUtc);
  knownWindows(services).set(outcome.vmId, window);
  const freezes = standingFreezes(await services.freezes.list(), vm, timeZone, nowUtc);
  if (holdsOf({ nowUtc, policy: services.policy, window, freezes }).length > 0) return null;
  if (outcome.kind === 'failed' && window.opensUtc <= outcome.atUtc) return null;
  if (outcome.reason === 'evidenceLimit' && !(await phaseHasPassed(services, control, outcome.vmId)))
    return null;
  const slot = roundSlot(
    [timeZone],
    { nowUtc, freshAfterUtc: null, endsUtc: control.endsUtc },
    services.policy,
  );
  if (slot === null || slot.opensUtc > nowUtc) return null;
  const candidate: Candidate = { vm, timeZone, chance, untilUtc: window.closesUtc };
  // A taken one could be reached then, and will be looked at again before it is touched.
  if (isTaken || isAskedFirst) return candidate;
  return (await isReachable(services, outcome.vmId, nowUtc)) ? candidate : null;
}

async function isReachable({ driver, policy }: Services, vmId: VmId, nowUtc: string): Promise<boolean> {
  const reading = await driver.readVirtualMachine(vmId);
  if (reading === null) return false;
  const { powerState, agent } = reading;
  return holdsOf({ nowUtc, policy, powerState, agentStatus: agent.status }).length === 0;
}

/** A VM that was held back because nothing was proven yet waits until its own phase has proven something. */
async function phaseHasPassed(
  services: Services,
  { rolloutId }: RolloutControl,
  vmId: VmId,
): Promise<boolean> {
  const record = await services.outcomes.read(rolloutId, vmId);
  const phase = record && (await services.rollouts.readPhase(rolloutId, record.phase));
  return phase?.gate?.kind === 'open';
}
