import { createHash } from 'node:crypto';
import type { Plan } from '../planning/plan';
import { allRoundsOf } from './plans';

/** Two plans with the same rounds, and the same VMs left out, have the same. Yields how many VMs it has taken in since. */
export function* planFingerprint(plan: Plan): Generator<number, string> {
  const hash = createHash('sha256');
  for (const round of allRoundsOf(plan)) {
    hash.update(JSON.stringify(round));
    yield round.vmIds.length;
  }
  for (const { vmId, reason } of plan.ineligible) {
    hash.update(`${vmId} ${reason}`);
    yield 1;
  }
  return hash.digest('hex');
}
