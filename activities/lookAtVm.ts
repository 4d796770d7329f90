import type { ControlledPlace } from '../domain/control';
import { standingFreezes } from '../domain/freezes';
import { healthFrom } from '../domain/health';
import { holdsOf, type HoldFacts, type Place } from '../domain/holds';
import type { RolloutId, VmId } from '../domain/ids';
import { imageFamilyOf } from '../domain/imageFamily';
import { windowAtOrAfter } from '../domain/offPeak';
import { calendarOf } from '../domain/ownWindows';
import { outcomeOf } from '../domain/outcome';
import { timeZoneOf } from '../domain/timeZone';
import * as contracts from './contracts';
import { controlReader } from './control';
import { activity, type AnswerTo, type Services } from './services';

export const lookAtVm = activity(
  contracts.lookAtVm,
  async (services, input): Promise<AnswerTo<typeof contracts.lookAtVm>> => {
    const facts = await factsOf(services, input);
    const [first, ...others] = holdsOf(facts);
    if (first === undefined && facts.vm) return { kind: 'go', family: imageFamilyOf(facts.vm) };
    if (first === undefined) throw new Error(`Nothing holds ${input.vmId}, and it was not read.`);
    return { kind: 'end', outcome: outcomeOf(input.vmId, services.nowUtc(), first, others) };
  },
);

/** Everything that can be looked at. Where the rollout itself has stopped, the platform is not asked. */
async function factsOf(
  services: Services,
  input: ControlledPlace & { readonly rolloutId: RolloutId; readonly vmId: VmId; readonly claimed?: Place },
): Promise<HoldFacts> {
  const { policy } = services;
  const controlOf = await controlReader(services, input.rolloutId);
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
    control: controlOf({ ...input, family: imageFamilyOf(vm), availabilitySetId: vm.availabilitySetId }),
    vm,
    ...(input.claimed !== undefined && { claimed: input.claimed }),
    powerState,
    agentStatus: agent.status,
    agentVersion: agent.version,
    health: healthFrom(signals),
    freezes: standingFreezes(await services.freezes.list(), vm, zone, nowUtc),
    window: windowAtOrAfter(calendarOf(zone, vm, policy), policy, nowUtc),
  };
}
