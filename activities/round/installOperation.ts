import { keyOf } from '../../domain/ids';
import { addSeconds } from '../../domain/instants';
import type { PatchInstallationSummary } from '../../domain/patches';
import type { InstallProgress } from '../../domain/vmUpdate';
import type { OperationAnswer, VmReading } from '../../drivers/driver';
import type { InstallOperation } from '../../store/operations';
import { keepInstalled } from '../fleet/keepPatches';
import type { Services } from '../services';

/** An installation that is followed through the VM's instance view, because the answer to the request never arrived. */
const ADOPTED = 'adopted:';

/**
 * Which installation on the VM is ours although no answer says so. With an intent: one that was not there before it. Without any row
 * (a table may have lost its last seconds): one that began since our attempt did.
 */
export function adoptable(
  { lastInstallation: last }: VmReading,
  mine: InstallOperation | null,
  sinceUtc: string,
  anyRow: boolean,
): { readonly operationId: string; readonly startTime: string } | null {
  if (last === null) return null;
  const { installationActivityId: activityId, startTime } = last;
  // With an intent, times are not compared: the platform's clock, and how it rounds, are not ours.
  const ours = mine
    ? isUnanswered(mine) && activityId !== mine.previousActivityId
    : !anyRow && startTime >= sinceUtc;
  return ours ? { operationId: `${ADOPTED}${activityId}`, startTime } : null;
}

/**
 * Whether its installation may have been requested under this claim: its row says so, or the VM shows one that no row explains. False: nothing of this
 * claim is on its way, and what is decided about the VM now is decided in time.
 */
export async function mayBeRequested(
  services: Services,
  { region, vmId, claimId, sinceUtc }: InstallWanted,
): Promise<boolean> {
  const found = await services.operations.read(region, vmId);
  const mine = found?.operation.claimId === claimId ? found.operation : null;
  if (mine !== null && (mine.operationId !== null || mine.endedUtc === null)) return true;
  const reading = await services.driver.readVirtualMachine(vmId);
  return reading !== null && adoptable(reading, mine, sinceUtc, found !== null) !== null;
}

/** `sinceUtc`: an installation that the platform began since, and that is in no row, is this one. */
export type InstallWanted = Readonly<
  Pick<InstallOperation, 'region' | 'vmId' | 'claimId'> & { sinceUtc: string }
>;

/** The request may be on its way, or its answer may have been lost. */
export const isUnanswered = ({ operationId, endedUtc }: InstallOperation): boolean =>
  operationId === null && endedUtc === null;

export const isSameIntent = (a: InstallOperation, b: InstallOperation): boolean =>
  a.claimId === b.claimId && a.intentUtc === b.intentUtc;

/** Another write of the same row at the same time is soon done. */
const ATTEMPTS_MAX = 5;

/**
 * Writes what became of an intent, unless another one has taken its place meanwhile: that one must not be forgotten. `etag`: the row's, when it was
 * just read, and had this intent.
 */
export async function replaceIntent(
  services: Services,
  intent: InstallOperation,
  next: InstallOperation,
  etag?: string,
): Promise<void> {
  if (etag !== undefined && (await services.operations.put(next, etag))) return;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const now = await services.operations.read(intent.region, intent.vmId);
    if (now !== null && !isSameIntent(now.operation, intent)) return;
    if (await services.operations.put(next, now?.etag ?? null)) return;
  }
  throw new Error(`The row of the installation on ${intent.vmId} changes too often to be written.`);
}

/** One row in the audit for the start of an installation and one for its end, whoever writes it down how often. */
export const auditKey = (
  { claimId, vmId, intentUtc }: InstallOperation,
  what: 'installStarted' | 'installEnded',
): string => [claimId, keyOf(vmId), intentUtc, what].join('~');

/** Asks the driver how an installation stands, and writes its end down. */
export async function settle(
  services: Services,
  operation: InstallOperation,
  etag?: string,
): Promise<InstallProgress> {
  if (operation.endedUtc !== null)
    return operation.summary ? { kind: 'ended', summary: operation.summary } : { kind: 'lost' };
  const progress = await ask(services, operation);
  if (progress.kind === 'running') return progress;
  const endedUtc = services.nowUtc();
  const summary = progress.kind === 'ended' ? progress.summary : null;
  // the audit first: once the row has its end, a repeat does not come here again
  await auditEnd(services, operation, endedUtc, summary);
  await replaceIntent(services, operation, { ...operation, endedUtc, summary }, etag);
  return progress;
}

/**
 * Writes the end of a rollout's installation into the audit. One that was never heard of since its request is written down from its
 * start, when the VM shows it; when it does not, there was none, unless the audit has its start: then the answer came, and was lost.
 */
async function auditEnd(
  services: Services,
  operation: InstallOperation,
  atUtc: string,
  summary: PatchInstallationSummary | null,
): Promise<void> {
  const { rolloutId, vmId, claimId, intentUtc, deadlineUtc } = operation;
  const unheard = operation.operationId === null;
  if (rolloutId === null) return;
  if (
    unheard &&
    summary === null &&
    !(await services.audit.has(rolloutId, auditKey(operation, 'installStarted')))
  )
    return;
  const operationId = operation.operationId ?? `${ADOPTED}${summary?.installationActivityId ?? ''}`;
  const whose = { who: 'lowtide', subject: vmId, vmId };
  if (unheard)
    await services.audit.append(rolloutId, auditKey(operation, 'installStarted'), {
      atUtc: intentUtc,
      ...whose,
      what: 'installStarted',
      why: `Its request under claim ${claimId} was not answered; it was found on the VM.`,
      evidence: { operationId, deadlineUtc, claimId },
    });
  await services.audit.append(rolloutId, auditKey(operation, 'installEnded'), {
    atUtc,
    ...whose,
    what: 'installEnded',
    why: summary ? `The platform reported ${summary.status}.` : 'The platform lost the installation.',
    evidence: { operationId, ...summary },
  });
}

/** An installation as its answer named it. */
export type NamedInstall = Readonly<Pick<InstallOperation, 'deadlineUtc'> & { operationId: string }>;

/** Whether the platform says that it is still running. False: it may be, and `settle` finds out. */
export async function surelyRuns(services: Services, install: NamedInstall): Promise<boolean> {
  if (install.operationId.startsWith(ADOPTED)) return false;
  const answer = await services.driver.readOperation(install.operationId);
  return saysRunning(services, install, answer);
}

/** An installation ends by its maximum duration: an operation that says otherwise is not believed, the VM is asked. */
const saysRunning = (services: Services, { deadlineUtc }: NamedInstall, answer: OperationAnswer): boolean =>
  answer.kind === 'running' && services.nowUtc() < deadlineUtc;

async function ask(services: Services, operation: InstallOperation): Promise<InstallProgress> {
  const { operationId, deadlineUtc } = operation;
  if (operationId === null || operationId.startsWith(ADOPTED)) return askVm(services, operation);
  const answer = await services.driver.readOperation(operationId);
  if (saysRunning(services, { operationId, deadlineUtc }, answer)) return { kind: 'running' };
  if (answer.kind === 'installed') {
    await keepInstalled(services, operation, answer);
    return { kind: 'ended', summary: answer.summary };
  }
  const seen = await askVm(services, operation);
  if (seen.kind === 'ended' || answer.kind !== 'failed') return seen;
  return { kind: 'ended', summary: failedSummary(operation, answer.error) };
}

/**
 * The VM's own last installation, when it is newer than the one before ours. An instance view lags behind: one that does not show our
 * installation yet proves nothing before its deadline has passed, and to take it for over would open the gate on a VM that is being
 * rebooted.
 */
async function askVm(services: Services, operation: InstallOperation): Promise<InstallProgress> {
  const reading = await services.driver.readVirtualMachine(operation.vmId);
  if (reading === null) return { kind: 'lost' }; // it was deleted, and the installation with it
  const last = reading.lastInstallation;
  if (last === null || last.installationActivityId === operation.previousActivityId)
    return { kind: isSurelyOver(services, operation) ? 'lost' : 'running' };
  return last.status === 'InProgress' ? { kind: 'running' } : { kind: 'ended', summary: last };
}

/** A request that was never answered may not have arrived: after the ambiguity it is not waited for. */
function isSurelyOver(
  services: Services,
  { operationId, deadlineUtc, intentUtc }: InstallOperation,
): boolean {
  const now = services.nowUtc();
  if (operationId !== null) return now >= deadlineUtc;
  return now >= addSeconds(intentUtc, services.policy.installAmbiguitySeconds);
}

function failedSummary(
  { intentUtc, operationId }: InstallOperation,
  error: { readonly code: string; readonly message: string },
): PatchInstallationSummary {
  return {
    status: 'Failed',
    installationActivityId: operationId ?? '',
    maintenanceWindowExceeded: false,
    rebootStatus: 'Unknown',
    notSelectedPatchCount: 0,
    excludedPatchCount: 0,
    pendingPatchCount: 0,
    installedPatchCount: 0,
    failedPatchCount: 0,
    startTime: intentUtc,
    lastModifiedTime: intentUtc,
    error,
  };
}
