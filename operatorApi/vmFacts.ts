import { budgetFactsOf } from '../activities/budgets/budgetShares';
import type { Services } from '../activities/services';
import type { ApprovalFacts } from '../domain/approvals';
import { controlFor, pausedBecause, type Halt, type RolloutControl } from '../domain/control';
import { healthFrom, type HealthAnswer, type HealthSignals } from '../domain/health';
import { imageFamilyOf } from '../domain/imageFamily';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { VmReading } from '../drivers/driver';
import type { VmFacts } from '../planning/explainVm';
import type { InstallOperation } from '../store/operations';
import type { KeptOutcome } from '../store/outcomes';
import type { PlannedPlace } from './fleetView';
import { placeOf, type SharedFacts } from './sharedFacts';

/** What an explanation rests on, with what an answer shows beside it. */
export interface FoundFacts {
  readonly facts: VmFacts;
  readonly place: PlannedPlace | null;
  readonly outcome: KeptOutcome | null;
  /** Only when the platform was asked; null when it knows no such VM. */
  readonly platform?: PlatformView | null;
}

/** What the platform says of a VM now, signal by signal. */
interface PlatformView {
  readonly agentStatus: string;
  readonly agentVersion: string | null;
  readonly signals: HealthSignals;
  readonly answer: HealthAnswer;
  readonly because: string;
}

/** Everything that is known of one VM, of the tables by its keys; the platform is asked only when it is wanted. */
export async function factsOf(
  services: Services,
  shared: SharedFacts,
  vm: VirtualMachine,
  isLive: boolean,
): Promise<FoundFacts> {
  const { policy } = services;
  const nowUtc = services.nowUtc();
  const { control, freezes, halts, approvals } = shared;
  const [outcome, operation, place, reading] = await Promise.all([
    control === null ? null : services.outcomes.read(control.rolloutId, vm.id),
    services.operations.read(vm.region, vm.id),
    placeOf(services, shared, vm),
    isLive ? services.driver.readVirtualMachine(vm.id) : undefined,
  ]);
  const last = operation?.operation ?? null;
  const facts: VmFacts = {
    nowUtc,
    policy,
    vm,
    timeZone: timeZoneOf(vm, policy).zone,
    rollout: control === null ? null : standingOf(control, halts, approvals, place, vm, nowUtc),
    freezes,
    budgets: budgetFactsOf(vm, shared.budgets),
    outcome,
    isTriedAgain: outcome?.waits === true && control?.endedUtc === null,
    plannedStartUtc: place?.expectedStartUtc ?? null,
    installingSinceUtc: last?.endedUtc === null ? last.intentUtc : null,
    watchedSinceUtc: watchedSince(last, control, outcome),
    ...(reading !== undefined && { platform: platformOf(reading) }),
  };
  if (reading === undefined) return { facts, place, outcome };
  return { facts, place, outcome, platform: platformViewOf(reading) };
}

/** One that was withdrawn before it began has no summary. An outcome of before the installation is the one of an earlier try. */
function watchedSince(
  last: InstallOperation | null,
  control: RolloutControl | null,
  outcome: KeptOutcome | null,
): string | null {
  if (!last?.summary || control?.endedUtc !== null || last.rolloutId !== control.rolloutId) return null;
  return outcome === null || outcome.atUtc < last.intentUtc ? last.endedUtc : null;
}

function standingOf(
  control: RolloutControl,
  halts: readonly Halt[],
  approvals: ApprovalFacts | undefined,
  place: PlannedPlace | null,
  vm: VirtualMachine,
  nowUtc: string,
): VmFacts['rollout'] {
  if (place === null) return { control, here: { kind: 'go' }, hereSinceUtc: null };
  const { phase, region } = place;
  const { availabilitySetId, id: vmId } = vm;
  const where = { phase, region, family: imageFamilyOf(vm), availabilitySetId, vmId };
  const here = controlFor(control, halts, where, nowUtc, approvals);
  const halt =
    here.kind === 'wait'
      ? halts.find(
          ({ decision, why, asked }) =>
            decision === null && (asked ? pausedBecause(asked, why) : why) === here.why,
        )
      : undefined;
  return { control, here, hereSinceUtc: halt?.atUtc ?? control.modeSinceUtc ?? null };
}

function platformOf(reading: VmReading | null): NonNullable<VmFacts['platform']> {
  if (reading === null) return {};
  const { powerState, agent, signals } = reading;
  return { powerState, agentStatus: agent.status, agentVersion: agent.version, health: healthFrom(signals) };
}

function platformViewOf(reading: VmReading | null): PlatformView | null {
  if (reading === null) return null;
  const { agent, signals } = reading;
  const { answer, because } = healthFrom(signals);
  return { agentStatus: agent.status, agentVersion: agent.version, signals, answer, because };
}
