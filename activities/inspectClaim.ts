import * as contracts from './contracts';
import { settle } from './installOperation';
import { activity } from './world';

export const inspectClaim = activity(contracts.inspectClaim, async (world, { claim }) => {
  const { claimId, expiresUtc, disruption } = claim;
  let inFlight = 0;
  for (const operation of await world.operations.inFlight(disruption.region))
    if (operation.claimId === claimId && (await settle(world, operation)).kind === 'running') inFlight += 1;
  const now = world.nowUtc();
  const overrun = Date.parse(now) - Date.parse(expiresUtc) > world.policy.claimOverrunSeconds * 1000;
  if (inFlight > 0 && overrun)
    await world.audit.append('ledger', `${claimId}~claimOverrun`, {
      ...{ atUtc: now, who: 'lowtide', what: 'claimOverrun', subject: claimId, vmId: null },
      why: `${inFlight} installations are still running long after their window; the place is held until they end.`,
      evidence: { ...disruption, expiresUtc },
    });
  return { inFlight, overrun };
});
