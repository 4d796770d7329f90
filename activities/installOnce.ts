import type { VmId } from '../domain/ids';
import type { InstallRequest, StartAnswer, VmReading } from '../drivers/driver';
import type { InstallOperation } from '../store/operations';
import { adoptable, auditKey, isSameIntent, isUnanswered, replaceIntent, settle } from './installOperation';
import type { Ending } from './lookAtVm';
import type { World } from './world';

/** One installation, as whoever wants it describes it: a rollout whose turn it is, or a person. */
export interface InstallJob {
  readonly vmId: VmId;
  readonly region: string;
  readonly claimId: string;
  /** Null for what a person asked for. */
  readonly rolloutId: string | null;
  /** An installation that the platform began since, and nobody else wrote down, is ours. */
  readonly sinceUtc: string;
  readonly maximumSeconds: number;
  /** Fewer minutes than this and it does not start. */
  readonly minutesMin: number;
  /** How long it may take if it started now; 0 when it must not start. */
  minutesNow(reading: VmReading): number;
  /** Why it does not start with too few of them. */
  readonly tooLate: Ending;
  request(reading: VmReading): Promise<Omit<InstallRequest, 'maximumDurationMinutes' | 'rolloutId'>>;
  /** Asked last, right before the request is sent: why it must not be; null to go on. */
  forbidden(): Promise<Ending | null>;
  readonly audit: { readonly partition: string; readonly who: string; readonly why: string };
}

export type InstallAnswer =
  | { readonly kind: 'started'; readonly deadlineUtc: string }
  /** The answer to a request is not known, or the platform asks for patience: ask again at this instant. */
  | { readonly kind: 'wait'; readonly untilUtc: string }
  | { readonly kind: 'end'; readonly ending: Ending };

/**
 * Starts an installation at most once per VM and claim, although it may run twice, even at the same time, and although Azure takes no
 * client operation id: an intent is written by ETag first, everything is looked at again, then the request is sent, then its answer is
 * stored. A repeat that finds an intent without an answer looks at the VM; it never sends a second request while the first is unclear.
 */
export async function installOnce(world: World, job: InstallJob): Promise<InstallAnswer> {
  const found = await world.operations.read(job.region, job.vmId);
  const mine = found?.operation.claimId === job.claimId ? found.operation : null;
  if (mine?.operationId) return { kind: 'started', deadlineUtc: mine.deadlineUtc };

  const reading = await world.driver.readVirtualMachine(job.vmId);
  if (reading === null) {
    if (mine !== null) await settle(world, mine);
    return end(['skipped', 'vmDeleted', 'The VM does not exist any more.']);
  }
  const adopted = adoptable(reading, mine, job.sinceUtc, found !== null);
  if (adopted) return started(world, job, mine ?? lostIntent(world, job, adopted), adopted.operationId);
  if (found && isUnanswered(found.operation) && world.nowUtc() < ambiguousUntil(world, found.operation))
    return { kind: 'wait', untilUtc: ambiguousUntil(world, found.operation) };

  if (found && !mine && found.operation.endedUtc === null) {
    const settled = await settle(world, found.operation);
    if (settled.kind === 'running')
      return end(['deferred', 'installInFlight', 'Another installation is running on the VM.']);
    return soon(world, 5); // the row has changed: everything from the start
  }
  return begin(world, job, reading, found?.etag ?? null);
}

const ambiguousUntil = (world: World, { intentUtc }: InstallOperation): string =>
  new Date(Date.parse(intentUtc) + world.policy.installAmbiguitySeconds * 1000).toISOString();

/** Writes the intent, looks again at everything, sends the request, stores the answer: in this order, for the crash between any two lines. */
async function begin(
  world: World,
  job: InstallJob,
  reading: VmReading,
  etag: string | null,
): Promise<InstallAnswer> {
  const minutes = job.minutesNow(reading);
  if (minutes < job.minutesMin) return end(job.tooLate);
  const request = await job.request(reading);
  const intent = intentOf(world, job, reading, minutes);
  if (!(await world.operations.claim(intent, etag))) return soon(world); // somebody came between

  const forbidden = await job.forbidden();
  if (forbidden !== null) {
    await withdraw(world, intent);
    return end(forbidden);
  }
  const own = await world.operations.read(job.region, job.vmId);
  if (!own || !isSameIntent(own.operation, intent)) return soon(world);
  if (hasStoodStill(world, job, reading, intent)) {
    await withdraw(world, intent);
    return soon(world, 5);
  }
  const { rolloutId } = job;
  const answer = await send(world, job.vmId, { ...request, maximumDurationMinutes: minutes, rolloutId });
  if (answer === null) return soon(world);
  if (answer.kind === 'started') return started(world, job, intent, answer.operationId);
  await withdraw(world, intent); // a refusal is certain: nothing was started
  return refused(world, answer);
}

/** Since the intent, so much time has passed that the duration to be asked for is wrong, or that another process may take over. */
function hasStoodStill(world: World, job: InstallJob, reading: VmReading, intent: InstallOperation): boolean {
  const now = world.nowUtc();
  const late = (Date.parse(now) - Date.parse(intent.intentUtc)) / 1000 > STANDSTILL_MAX_SECONDS;
  return late || now >= ambiguousUntil(world, intent) || job.minutesNow(reading) === 0;
}

/** Far less than the ambiguity and the reserve for a reboot, far more than a slow table needs. */
const STANDSTILL_MAX_SECONDS = 120;

function intentOf(world: World, job: InstallJob, reading: VmReading, minutes: number): InstallOperation {
  const { vmId, region, rolloutId, claimId } = job;
  const intentUtc = world.nowUtc();
  return {
    ...{ vmId, region, rolloutId, claimId, intentUtc },
    previousActivityId: reading.lastInstallation?.installationActivityId ?? null,
    deadlineUtc: new Date(Date.parse(intentUtc) + minutes * 60_000).toISOString(),
    ...{ operationId: null, endedUtc: null, summary: null },
  };
}

/** The intent of an installation that was found on the VM although the table knows nothing of it (any more). */
function lostIntent(
  world: World,
  { vmId, region, rolloutId, claimId, maximumSeconds }: InstallJob,
  { startTime }: { readonly startTime: string },
): InstallOperation {
  return {
    ...{ vmId, region, rolloutId, claimId, intentUtc: world.nowUtc() },
    previousActivityId: null, // the VM's last installation is this one itself
    deadlineUtc: new Date(Date.parse(startTime) + maximumSeconds * 1000).toISOString(),
    ...{ operationId: null, endedUtc: null, summary: null },
  };
}

/** Null when the request's fate is unknown: the intent stays, and the next call finds out. */
async function send(world: World, vmId: VmId, request: InstallRequest): Promise<StartAnswer | null> {
  try {
    return await world.driver.startInstallation(vmId, request);
  } catch {
    return null;
  }
}

async function started(
  world: World,
  { vmId, claimId, audit }: InstallJob,
  intent: InstallOperation,
  operationId: string,
): Promise<InstallAnswer> {
  const { intentUtc, deadlineUtc } = intent;
  // the audit first: once the row has its operation, nobody comes here again
  await world.audit.append(audit.partition, auditKey(intent, 'installStarted'), {
    ...{ atUtc: intentUtc, who: audit.who, what: 'installStarted', subject: vmId, vmId },
    why: audit.why,
    evidence: { operationId, deadlineUtc, claimId },
  });
  await replaceIntent(world, intent, { ...intent, operationId });
  return { kind: 'started', deadlineUtc };
}

async function withdraw(world: World, intent: InstallOperation): Promise<void> {
  await replaceIntent(world, intent, { ...intent, endedUtc: world.nowUtc() });
}

/** Patience that the platform asks for, or none needed: these pass. The rest are facts about the VM. */
function refused(world: World, answer: Extract<StartAnswer, { kind: 'refused' }>): InstallAnswer {
  const { code, message, retryAfterSeconds } = answer;
  switch (code) {
    case 'throttled':
    case 'conflict':
      return soon(world, retryAfterSeconds ?? 60);
    case 'notFound':
      return end(['skipped', 'vmDeleted', message]);
    case 'notRunning':
      return end(['deferred', 'poweredOff', message]);
    case 'agentNotReady':
      return end(['deferred', 'agentSilent', message]);
    case 'extensionMissing':
      return end(['skipped', 'notEnabled', message]);
    case 'notAllowed':
      return end(['failed', 'installRefused', message]);
  }
}

/** No production timer is shorter than 5 s. */
function soon(world: World, seconds = 30): InstallAnswer {
  const untilMs = Date.parse(world.nowUtc()) + Math.max(5, seconds) * 1000;
  return { kind: 'wait', untilUtc: new Date(untilMs).toISOString() };
}

const end = (ending: Ending): InstallAnswer => ({ kind: 'end', ending });
