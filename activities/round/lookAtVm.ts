import type { z } from 'zod';
import type { ControlledPlace } from '../../domain/control';
import { freezesOf, freezesOfStart, type Freeze } from '../../domain/freezes';
import { healthFrom } from '../../domain/health';
import { holdsOf, type HoldFacts, type Place } from '../../domain/holds';
import type { RolloutId, VmId } from '../../domain/ids';
import { imageFamilyOf } from '../../domain/imageFamily';
import { windowAtOrAfter } from '../../domain/offPeak';
import { calendarOf } from '../../domain/ownWindows';
import { outcomeOf } from '../../domain/outcome';
import { timeZoneOf } from '../../domain/timeZone';
import * as contracts from '../contracts';
import { controlReader } from '../rollout/control';
import { activity, type AnswerTo, type Services } from '../services';

export const lookAtVm = activity(
  contracts.lookAtVm,
  async (services, input): Promise<AnswerTo<typeof contracts.lookAtVm>> =>
    lookWith(services, rowsOf(services, input.rolloutId), input),
);

/** The rows that say whether a rollout may touch a VM: read when they are first asked for, and then once for all VMs that are looked at together. */
export interface ControlRows {
  readonly control: () => ReturnType<typeof controlReader>;
  readonly freezes: () => Promise<readonly Freeze[]>;
}

export function rowsOf(services: Services, rolloutId: RolloutId): ControlRows {
  let control: ReturnType<typeof controlReader> | null = null;
  let freezes: Promise<readonly Freeze[]> | null = null;
  return {
    control: () => (control ??= controlReader(services, rolloutId)),
    freezes: () => (freezes ??= services.freezes.list()),
  };
}

/** One VM, by rows that are read once for several. `startInstall` reads them again, last. */
export async function lookWith(
  services: Services,
  rows: ControlRows,
  input: LookInput,
): Promise<z.output<typeof contracts.lookAtVm.output>> {
  const facts = await factsOf(services, rows, input);
  const [first, ...others] = holdsOf(facts);
  if (first === undefined && facts.vm) return { kind: 'go', family: imageFamilyOf(facts.vm) };
  if (first === undefined) throw new Error(`Nothing holds ${input.vmId}, and it was not read.`);
  return { kind: 'end', outcome: outcomeOf(input.vmId, services.nowUtc(), first, others) };
}

type LookInput = ControlledPlace & {
  readonly rolloutId: RolloutId;
  readonly vmId: VmId;
  readonly claimed?: Place;
};

/** Everything that can be looked at. Where the rollout itself has stopped, the platform is not asked. */
async function factsOf(services: Services, rows: ControlRows, input: LookInput): Promise<HoldFacts> {
  const { policy } = services;
  const controlOf = await rows.control();
  const control = controlOf(input);
  if (control.kind === 'stop') return { nowUtc: services.nowUtc(), policy, control };
  const reading = await services.driver.readVirtualMachine(input.vmId);
  const nowUtc = services.nowUtc();
  if (reading === null) return { nowUtc, policy, control, vm: null };
  const { vm, powerState, agent, signals } = reading;
  const { zone } = timeZoneOf(vm, policy);
  return {
    nowUtc,
    policy,
    control: controlOf(
      Object.assign({}, input, { family: imageFamilyOf(vm), availabilitySetId: vm.availabilitySetId }),
    ),
    vm,
    ...(input.claimed !== undefined && { claimed: input.claimed }),
    powerState,
    agentStatus: agent.status,
    agentVersion: agent.version,
    health: healthFrom(signals),
    freezes: freezesOfStart(freezesOf(await rows.freezes(), vm, zone), nowUtc, policy),
    window: windowAtOrAfter(calendarOf(zone, vm, policy), policy, nowUtc),
  };
}
