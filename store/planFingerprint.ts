import { createHash } from 'node:crypto';
import type { Plan } from '../planning/plan';
import { allRoundsOf } from './plans';

/** Tells a plan from another one: by its rounds, and the VMs that it leaves out. */
export function planFingerprint(plan: Plan): string {
  const hash = createHash('sha256');
  for (const round of allRoundsOf(plan)) hash.update(JSON.stringify(round));
  for (const { vmId, reason } of plan.ineligible) hash.update(`${vmId} ${reason}`);
  return hash.digest('hex');
}
