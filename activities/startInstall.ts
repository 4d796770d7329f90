import type { VmId, RolloutId } from '../domain/ids';
import { isOpen, windowAtOrAfter } from '../domain/offPeak';
import type { OutcomeKind, OutcomeReason } from '../domain/outcome';
import { AUTOMATIC_CLASSIFICATIONS } from '../domain/patches';
import { timeZoneOf } from '../domain/timeZone';
import type { InstallRequest, StartAnswer, VmReading } from '../drivers/driver';
import type { InstallOperation } from '../store/operations';
import * as contracts from './contracts';
import { askControl, rolloutOf } from './control';
import { adoptable, auditKey, isSameIntent, isUnanswered, replaceIntent, settle } from './installOperation';
import { outcomeNow } from './lookAtVm';
import { activity, type AnswerTo, type World } from './world';

type Answer = AnswerTo<typeof contracts.startInstall>;

interface Input {
  readonly rolloutId: RolloutId;
  readonly phase: string;
  readonly region: string;
  readonly vmId: VmId;
  readonly claim: { readonly claimId: string; readonly startByUtc: string };
  readonly sinceUtc: string;
}

/**
 * Starts an installation at most once per VM and claim, although it may run twice, even at the same time, and although Azure takes no
 * client operation id: an intent is written by ETag first, everything is looked at again, then the request is sent, then its answer is
 * stored. A repeat that finds an intent without an answer looks at the VM; it never sends a second request while the first is unclear.
 */
export const startInstall = activity(contracts.startInstall, async (world, input): Promise<Answer> => {
  const found = await world.operations.read(input.region, input.vmId);
  const mine = found?.operation.claimId === input.claim.claimId ? found.operation : null;
  if (mine?.operationId) return { kind: 'started', deadlineUtc: mine.deadlineUtc };

  const reading = await world.driver.readVirtualMachine(input.vmId);
  if (reading === null) return end(world, input, 'skipped', 'vmDeleted', 'The VM does not exist any more.');
  const adopted = adoptable(reading, mine, input.sinceUtc, found !== null);
  if (adopted) return started(world, input, mine ?? lostIntent(world, input, adopted), adopted.operationId);
  if (found && isUnanswered(found.operation) && world.nowUtc() < ambiguousUntil(world, found.operation))
    return { kind: 'wait', untilUtc: ambiguousUntil(world, found.operation) };

  if (found && !mine && found.operation.endedUtc === null) {
    const settled = await settle(world, found.operation);
    if (settled.kind === 'running')
      return end(world, input, 'deferred', 'installInFlight', 'Another installation is running on the VM.');
    return soon(world, 5); // the row has changed: everything from the start
  }
  return begin(world, input, reading, found?.etag ?? null);
});

const ambiguousUntil = (world: World, { intentUtc }: InstallOperation): string =>
  new Date(Date.parse(intentUtc) + world.policy.installAmbiguitySeconds * 1000).toISOString();

/** Writes the intent, looks again at everything, sends the request, stores the answer: in this order, for the crash between any two lines. */
async function begin(world: World, input: Input, reading: VmReading, etag: string | null): Promise<Answer> {
  const minutes = minutesLeft(world, input, reading);
  if (minutes * 60 < world.policy.installMinimumSeconds)
    return end(
      world,
      input,
      'deferred',
      'windowMissed',
      'Too little of its off-peak hours is left for an installation.',
    );
  const maxPatchPublishDate = await publishedBy(world, input, reading);
  const intent = intentOf(world, input, reading, minutes);
  if (!(await world.operations.claim(intent, etag))) return soon(world); // somebody came between

  const control = await askControl(world, input);
  if (control.kind !== 'go') {
    await withdraw(world, intent);
    if (control.kind === 'stop') return end(world, input, 'skipped', control.reason, '');
    return end(world, input, 'deferred', control.reason, control.why);
  }
  const own = await world.operations.read(input.region, input.vmId);
  if (!own || !isSameIntent(own.operation, intent)) return soon(world);
  if (hasStoodStill(world, input, reading, intent)) {
    await withdraw(world, intent);
    return soon(world, 5);
  }
  const answer = await send(world, input, { maximumDurationMinutes: minutes, maxPatchPublishDate });
  if (answer === null) return soon(world);
  if (answer.kind === 'started') return started(world, input, intent, answer.operationId);
  await withdraw(world, intent); // a refusal is certain: nothing was started
  return refused(world, input, answer);
}

/** Since the intent, so much time has passed that the duration to be asked for is wrong, or that another process may take over. */
function hasStoodStill(world: World, input: Input, reading: VmReading, intent: InstallOperation): boolean {
  const now = world.nowUtc();
  const late = (Date.parse(now) - Date.parse(intent.intentUtc)) / 1000 > STANDSTILL_MAX_SECONDS;
  return late || now >= ambiguousUntil(world, intent) || minutesLeft(world, input, reading) === 0;
}

/** Far less than the ambiguity and the reserve for a reboot, far more than a slow table needs. */
const STANDSTILL_MAX_SECONDS = 120;

/** Minutes of the VM's own window that are left for an installation, less the reserve for a reboot; 0 outside of it. */
function minutesLeft(world: World, { claim }: Input, reading: VmReading): number {
  const { policy } = world;
  const now = world.nowUtc();
  const window = windowAtOrAfter(timeZoneOf(reading.vm, policy).zone, policy, now);
  if (!isOpen(window, now) || now > claim.startByUtc) return 0;
  const seconds = (Date.parse(window.closesUtc) - Date.parse(now)) / 1000 - policy.rebootReserveSeconds;
  return Math.floor(Math.min(seconds, policy.installMaximumSeconds) / 60);
}

function intentOf(world: World, input: Input, reading: VmReading, minutes: number): InstallOperation {
  const intentUtc = world.nowUtc();
  return {
    ...{
      vmId: input.vmId,
      region: input.region,
      rolloutId: input.rolloutId,
      claimId: input.claim.claimId,
      intentUtc,
    },
    previousActivityId: reading.lastInstallation?.installationActivityId ?? null,
    deadlineUtc: new Date(Date.parse(intentUtc) + minutes * 60_000).toISOString(),
    ...{ operationId: null, endedUtc: null, summary: null },
  };
}

/** The intent of an installation that was found on the VM although the table knows nothing of it (any more). */
function lostIntent(world: World, input: Input, { startTime }: { startTime: string }): InstallOperation {
  const { vmId, region, rolloutId, claim } = input;
  const endsMs = Date.parse(startTime) + world.policy.installMaximumSeconds * 1000;
  return {
    ...{ vmId, region, rolloutId, claimId: claim.claimId, intentUtc: world.nowUtc() },
    previousActivityId: null, // the VM's last installation is this one itself
    deadlineUtc: new Date(endsMs).toISOString(),
    ...{ operationId: null, endedUtc: null, summary: null },
  };
}

/** for an OS type with a fixed cadence, the release of the rollout; null for no limit. */
async function publishedBy(world: World, input: Input, { vm }: VmReading): Promise<string | null> {
  if (vm.osType === null || !world.policy.fixedReleaseOsTypes.includes(vm.osType)) return null;
  return (await rolloutOf(world, input.rolloutId)).releasedUtc;
}

/** Null when the request's fate is unknown: the intent stays, and the next call finds out. */
async function send(
  world: World,
  input: Input,
  request: Pick<InstallRequest, 'maximumDurationMinutes' | 'maxPatchPublishDate'>,
): Promise<StartAnswer | null> {
  try {
    return await world.driver.startInstallation(input.vmId, {
      ...request,
      classificationsToInclude: AUTOMATIC_CLASSIFICATIONS,
      rebootSetting: 'IfRequired',
      rolloutId: input.rolloutId,
    });
  } catch {
    return null;
  }
}

async function started(
  world: World,
  input: Input,
  intent: InstallOperation,
  operationId: string,
): Promise<Answer> {
  await replaceIntent(world, intent, { ...intent, operationId });
  await world.audit.append(input.rolloutId, auditKey(intent, 'installStarted'), {
    ...{
      atUtc: intent.intentUtc,
      who: 'lowtide',
      what: 'installStarted',
      subject: input.vmId,
      vmId: input.vmId,
    },
    why: `It is the VM's turn in ${input.phase}, under claim ${input.claim.claimId}.`,
    evidence: { operationId, deadlineUtc: intent.deadlineUtc, claimId: input.claim.claimId },
  });
  return { kind: 'started', deadlineUtc: intent.deadlineUtc };
}

async function withdraw(world: World, intent: InstallOperation): Promise<void> {
  await replaceIntent(world, intent, { ...intent, endedUtc: world.nowUtc() });
}

/** Patience that the platform asks for, or none needed: these pass. The rest are facts about the VM. */
function refused(world: World, input: Input, answer: Extract<StartAnswer, { kind: 'refused' }>): Answer {
  switch (answer.code) {
    case 'throttled':
    case 'conflict':
      return soon(world, answer.retryAfterSeconds ?? 60);
    case 'notFound':
      return end(world, input, 'skipped', 'vmDeleted', answer.message);
    case 'notRunning':
      return end(world, input, 'deferred', 'poweredOff', answer.message);
    case 'agentNotReady':
      return end(world, input, 'deferred', 'agentSilent', answer.message);
    case 'extensionMissing':
      return end(world, input, 'skipped', 'notEnabled', answer.message);
    case 'notAllowed':
      return end(world, input, 'failed', 'installRefused', answer.message);
  }
}

/** No production timer is shorter than 5 s. */
function soon(world: World, seconds = 30): Answer {
  return {
    kind: 'wait',
    untilUtc: new Date(Date.parse(world.nowUtc()) + Math.max(5, seconds) * 1000).toISOString(),
  };
}

function end(world: World, input: Input, kind: OutcomeKind, reason: OutcomeReason, detail: string): Answer {
  return { kind: 'end', outcome: outcomeNow(world, input.vmId, [kind, reason, detail]) };
}
