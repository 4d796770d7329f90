import { RolloutId } from '../domain/ids';
import { addSeconds } from '../domain/instants';
import type { OutcomeReason } from '../domain/reasons';
import type { InstallProgress } from '../domain/vmUpdate';
import type { InstallOperation } from '../store/operations';
import * as contracts from './contracts';
import { settle } from './round/installOperation';
import { activity, type Services } from './services';
import { isTimeUp, sideBySide } from './sideBySide';

export const settleClaim = activity(contracts.settleClaim, async (services, { claim }) => {
  const { claimId, expiresUtc, disruption } = claim;
  const startedUtc = services.nowUtc();
  const operations = await services.operations.ofClaim(disruption.region, claimId);
  const found = await sideBySide(operations, async (operation) => {
    // What there is no time left to ask after may be running: the next sweep asks again.
    const mustWait = operation.endedUtc === null && isTimeUp(services, startedUtc);
    const kind = mustWait ? 'running' : await kindOf(services, operation);
    // an intent that was withdrawn, or never heard of again, disrupted no VM
    const wasInstalled = kind === 'ended' || operation.operationId !== null;
    const isUnproven = wasInstalled && !(await wasWatched(services, operation));
    return { vmId: operation.vmId, isRunning: kind === 'running', isUnproven };
  });
  const inFlight = found.filter(({ isRunning }) => isRunning).length;
  const unproven = found.flatMap(({ vmId, isUnproven }) => (isUnproven ? [vmId] : []));
  const now = services.nowUtc();
  const overrun = now > addSeconds(expiresUtc, services.policy.claimOverrunSeconds);
  if (inFlight > 0 && overrun)
    await services.audit.append('ledger', `${claimId}~claimOverrun`, {
      atUtc: now,
      who: 'lowtide',
      what: 'claimOverrun',
      subject: claimId,
      vmId: null,
      why: `${inFlight} installations are still running long after their window, or cannot be asked after; the place is held until they end.`,
      evidence: { ...disruption, expiresUtc },
    });
  return { inFlight, overrun, unproven };
});

/** An installation that cannot be asked after may be running: the claim stays, and the others are looked at. */
async function kindOf(services: Services, operation: InstallOperation): Promise<InstallProgress['kind']> {
  try {
    return (await settle(services, operation)).kind;
  } catch {
    return 'running';
  }
}

/** What is said only of a VM that came through its soak healthy, or that its owner stopped meanwhile. */
const WATCHED: ReadonlySet<OutcomeReason> = new Set<OutcomeReason>([
  ...(['installed', 'patchesFailed', 'patchesPending', 'installFailed', 'installLost'] as const),
  'stoppedDuringSoak',
]);

/** Nothing but an outcome since the installation proves that: an earlier one says nothing, and time proves nothing. */
async function wasWatched(
  services: Services,
  { rolloutId, vmId, intentUtc }: InstallOperation,
): Promise<boolean> {
  if (rolloutId === null) return false; // what a person asked for has no outcome
  const outcome = await services.outcomes.read(RolloutId.parse(rolloutId), vmId);
  return outcome !== null && outcome.atUtc > intentUtc && WATCHED.has(outcome.reason);
}
