import { isSameFleet } from '../planning/fleetColumns';
import type { Plan } from '../planning/plan';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { OutcomeRecord } from '../store/outcomes';

/** A plan, and what is written of it beside its rounds. */
export interface MadePlan {
  readonly made: Plan;
  readonly leftOut: readonly OutcomeRecord[];
  readonly fingerprint: string;
}

interface Kept {
  readonly vms: readonly VirtualMachine[];
  /** All that it was made from beside the VMs. */
  readonly asked: string;
  readonly plan: MadePlan;
}

/**
 * The plan that was made last of a fleet, by its first VM, from one step of writing it to the next. It is no state: a step that finds none, because the process is
 * another one or the store hands out new objects, makes the plan again, and it is the same.
 */
const kept = new WeakMap<VirtualMachine, Kept>();

/** Null unless it was made of the same VMs, the same objects, and from the same beside them. */
export function keptPlan(vms: readonly VirtualMachine[], asked: string): MadePlan | null {
  const [first] = vms;
  const found = first === undefined ? undefined : kept.get(first);
  return found?.asked === asked && isSameFleet(found.vms, vms) ? found.plan : null;
}

export function keepPlan(vms: readonly VirtualMachine[], asked: string, plan: MadePlan): void {
  const [first] = vms;
  if (first !== undefined) kept.set(first, { vms, asked, plan });
}

/** A plan that is written is asked for no more; one of 100,000 VMs is 20 MB. */
export function forgetPlan([first]: readonly VirtualMachine[]): void {
  if (first !== undefined) kept.delete(first);
}
