import { KeptByFleet } from '../../planning/keptByFleet';
import type { Plan } from '../../planning/plan';
import type { OutcomeRecord } from '../../store/outcomes';

/** A plan, and what is written of it beside its rounds. */
export interface MadePlan {
  readonly made: Plan;
  readonly leftOut: readonly OutcomeRecord[];
  readonly fingerprint: string;
}

/**
 * The plan that was made last of a fleet, from one step of writing it to the next. A step that finds none, because the process is another one or the store
 * hands out new objects, makes it again. A plan that is written is forgotten; one of 100,000 VMs is 20 MB.
 */
export const keptPlans = new KeptByFleet<MadePlan>();
