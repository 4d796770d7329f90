import { Month } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { releaseOf } from '../../domain/release';
import type { VmList } from '../../domain/vmList';
import type { Plan } from '../../planning/plan';
import { makePlan } from '../../planning/makePlan';

/** The month that is planned and simulated. */
export const MONTH = Month.parse('2026-11');

/** The plan that the app makes of a fleet by the default policy: its seed is the month. */
export function monthPlan(vms: VmList): Plan {
  return makePlan({ vms, month: MONTH, policy: defaultPolicy, seed: MONTH, nowUtc: releaseOf(MONTH) });
}
