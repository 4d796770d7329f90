import { createHash } from 'node:crypto';
import type { Plan } from '../planning/plan';
import { allRoundsOf } from './plans';

/** Two plans with the same rounds, and the same VMs left out, have the same. */
export function planFingerprint(plan: Plan): string {
  const hash = createHash('sha256');
  for (const round of allRoundsOf(plan)) hash.update(JSON.stringify(round));
  for (const { vmId, reason } of plan.ineligible) hash.update(`${vmId} ${reason}`);
  return hash.digest('hex');
}
