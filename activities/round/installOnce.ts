import type { VmId } from '../../domain/ids';
import { addSeconds, secondsBetween } from '../../domain/instants';
import type { Because } from '../../domain/reasons';
import { passesByItself, pauseAfter, type PassingRefusal, type RefusalCode } from '../../domain/refusals';
import type { InstallStart } from '../../domain/vmUpdate';
import type { InstallRequest, StartAnswer, VmReading } from '../../drivers/driver';
import type { InstallOperation, LastingStop } from '../../store/operations';
import { adoptable, auditKey, isSameIntent, isUnanswered, replaceIntent, settle } from './installOperation';
import type { Services } from '../services';

/** One installation, as whoever wants it describes it: a rollout whose turn it is, or a person. */
export interface InstallJob {
  readonly vmId: VmId;
  readonly region: string;
  readonly claimId: string;
  /** Null for what a person asked for. */
  readonly rolloutId: string | null;
  /** An installation that the platform began since, and that is in no row, is ours. */
  readonly sinceUtc: string;
  readonly maximumSeconds: number;
  /** Fewer minutes than this and it does not start. */
  readonly minutesMin: number;
  /** How long it may take if it started now; 0 when it must not start. */
  minutesNow(reading: VmReading): Promise<number>;
  request(reading: VmReading): Promise<Omit<InstallRequest, 'maximumDurationMinutes' | 'rolloutId'>>;
  /** Asked last, right before the request is sent: what forbids it; empty to go on. */
  forbidden(reading: VmReading): Promise<readonly Because[]>;
  /** Whether it is not asked for again under this claim. */
  isFinal(stop: LastingStop): boolean;
  readonly audit: { readonly partition: string; readonly who: string; readonly why: string };
}

/** `wait`: the answer to a request is not known, or the platform asks for patience; ask again at that instant. */
export type InstallAnswer =
  Exclude<InstallStart, { kind: 'end' }> | { readonly kind: 'end'; readonly stop: InstallStop };

/** Why an installation does not start, whoever asked for it: a rollout and a person each say it in words of their own. */
export type InstallStop =
  | { readonly kind: 'vmDeleted' }
  | { readonly kind: 'installInFlight' }
  | { readonly kind: 'tooLate'; readonly minutesLeft: number; readonly minutesMin: number }
  | LastingStop;

/** A refusal that does not pass by itself. */
export type LastingRefusal = Exclude<RefusalCode, PassingRefusal>;

/**
 * Starts an installation at most once per VM and claim, although it may run twice, even at the same time, and although Azure takes no
 * client operation id: an intent is written by ETag first, everything is looked at again, then the request is sent, then its answer is
 * stored. A repeat that finds an intent without an answer looks at the VM; it never sends a second request while the first is unclear.
 */
export async function installOnce(services: Services, job: InstallJob): Promise<InstallAnswer> {
  const found = await services.operations.read(job.region, job.vmId);
  const mine = found?.operation.claimId === job.claimId ? found.operation : null;
  if (mine?.operationId) {
    const { deadlineUtc, operationId } = mine;
    return { kind: 'started', deadlineUtc, operationId };
  }
  // Another run of this call may have ended the round with that, and given its claim back.
  if (mine?.stop !== undefined) return end(mine.stop);

  const reading = await services.driver.readVirtualMachine(job.vmId);
  if (reading === null) {
    if (mine !== null) await settle(services, mine);
    return end({ kind: 'vmDeleted' });
  }
  const adopted = adoptable(reading, mine, job.sinceUtc, found !== null);
  if (adopted) return started(services, job, mine ?? lostIntent(services, job, adopted), adopted.operationId);
  if (found && isUnanswered(found.operation) && services.nowUtc() < ambiguousUntil(services, found.operation))
    return { kind: 'wait', untilUtc: ambiguousUntil(services, found.operation) };

  if (found && !mine && found.operation.endedUtc === null) {
    const settled = await settle(services, found.operation);
    if (settled.kind === 'running') return end({ kind: 'installInFlight' });
    return soon(services, 5); // the row has changed: everything from the start
  }
  return begin(services, job, reading, found?.etag ?? null);
}

const ambiguousUntil = (services: Services, { intentUtc }: InstallOperation): string =>
  addSeconds(intentUtc, services.policy.installAmbiguitySeconds);

/** Writes the intent, looks again at everything, sends the request, stores the answer: in this order, for the crash between any two lines. */
async function begin(
  services: Services,
  job: InstallJob,
  reading: VmReading,
  etag: string | null,
): Promise<InstallAnswer> {
  const minutes = await job.minutesNow(reading);
  if (minutes < job.minutesMin)
    return end({ kind: 'tooLate', minutesLeft: minutes, minutesMin: job.minutesMin });
  const request = await job.request(reading);
  const intent = intentOf(services, job, reading, minutes);
  if (!(await services.operations.put(intent, etag))) return soon(services); // the row has changed since

  const forbidden = await job.forbidden(reading);
  if (forbidden.length > 0)
    return stopped(services, job, intent, { kind: 'forbidden', holds: [...forbidden] });
  const own = await services.operations.read(job.region, job.vmId);
  if (!own || !isSameIntent(own.operation, intent)) return soon(services);
  if (await hasStoodStill(services, job, reading, intent)) {
    await withdraw(services, intent);
    return soon(services, 5);
  }
  const { rolloutId } = job;
  const answer = await send(services, job.vmId, { ...request, maximumDurationMinutes: minutes, rolloutId });
  if (answer === null) return soon(services);
  if (answer.kind === 'started') return started(services, job, intent, answer.operationId, own.etag);
  // A refusal is certain: nothing was started.
  const { code, message } = answer;
  if (!passesByItself(code)) return stopped(services, job, intent, { kind: 'refused', code, message });
  await withdraw(services, intent);
  return soon(services, pauseAfter(answer));
}

/** Since the intent, so much time has passed that the duration to be asked for is wrong, or that another process may take over. */
async function hasStoodStill(
  services: Services,
  job: InstallJob,
  reading: VmReading,
  intent: InstallOperation,
): Promise<boolean> {
  const now = services.nowUtc();
  const late = secondsBetween(intent.intentUtc, now) > STANDSTILL_MAX_SECONDS;
  return late || now >= ambiguousUntil(services, intent) || (await job.minutesNow(reading)) === 0;
}

/** Far less than the ambiguity and the reserve for a reboot, far more than a slow table needs. */
const STANDSTILL_MAX_SECONDS = 120;

function intentOf(
  services: Services,
  job: InstallJob,
  reading: VmReading,
  minutes: number,
): InstallOperation {
  const { vmId, region, rolloutId, claimId } = job;
  const intentUtc = services.nowUtc();
  return {
    vmId,
    region,
    rolloutId,
    claimId,
    intentUtc,
    previousActivityId: reading.lastInstallation?.installationActivityId ?? null,
    deadlineUtc: addSeconds(intentUtc, minutes * 60),
    operationId: null,
    endedUtc: null,
    summary: null,
  };
}

/** The intent of an installation that was found on the VM although the table knows nothing of it (any more). */
function lostIntent(
  services: Services,
  { vmId, region, rolloutId, claimId, maximumSeconds }: InstallJob,
  { startTime }: { readonly startTime: string },
): InstallOperation {
  return {
    vmId,
    region,
    rolloutId,
    claimId,
    intentUtc: services.nowUtc(),
    previousActivityId: null, // the VM's last installation is this one itself
    deadlineUtc: addSeconds(startTime, maximumSeconds),
    operationId: null,
    endedUtc: null,
    summary: null,
  };
}

/** Null when the request's fate is unknown: the intent stays, and the next call finds out. */
async function send(services: Services, vmId: VmId, request: InstallRequest): Promise<StartAnswer | null> {
  try {
    return await services.driver.startInstallation(vmId, request);
  } catch {
    return null;
  }
}

async function started(
  services: Services,
  { vmId, claimId, audit }: InstallJob,
  intent: InstallOperation,
  operationId: string,
  etag?: string,
): Promise<InstallAnswer> {
  const { intentUtc, deadlineUtc } = intent;
  // the audit first: once the row has its operation, a repeat does not come here again
  await services.audit.append(audit.partition, auditKey(intent, 'installStarted'), {
    atUtc: intentUtc,
    who: audit.who,
    what: 'installStarted',
    subject: vmId,
    vmId,
    why: audit.why,
    evidence: { operationId, deadlineUtc, claimId },
  });
  await replaceIntent(services, intent, { ...intent, operationId }, etag);
  return { kind: 'started', deadlineUtc, operationId };
}

async function withdraw(services: Services, intent: InstallOperation): Promise<void> {
  await replaceIntent(services, intent, { ...intent, endedUtc: services.nowUtc() });
}

async function stopped(
  services: Services,
  job: InstallJob,
  intent: InstallOperation,
  stop: LastingStop,
): Promise<InstallAnswer> {
  await withdraw(services, job.isFinal(stop) ? { ...intent, stop } : intent);
  return end(stop);
}

/** No production timer is shorter than 5 s. */
function soon(services: Services, seconds = 30): InstallAnswer {
  return { kind: 'wait', untilUtc: addSeconds(services.nowUtc(), Math.max(5, seconds)) };
}

const end = (stop: InstallStop): InstallAnswer => ({ kind: 'end', stop });
