import type { VmId, RolloutId } from '../domain/ids';
import { isOpen, windowAtOrAfter } from '../domain/offPeak';
import type { OutcomeKind, OutcomeReason } from '../domain/outcome';
import { AUTOMATIC_CLASSIFICATIONS } from '../domain/patches';
import { timeZoneOf } from '../domain/timeZone';
import type { InstallRequest, StartAnswer, VmReading } from '../drivers/driver';
import type { InstallOperation } from '../store/operations';
import * as contracts from './contracts';
import { askControl, rolloutOf } from './control';
import { adoptable, settle } from './installOperation';
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
  if (adopted)
    return adopt(
      world,
      input,
      mine ?? intentOf(world, input, reading, minutesLeft(world, input, reading)),
      adopted,
    );
  if (mine && mine.endedUtc === null && world.nowUtc() < ambiguousUntil(world, mine))
    return { kind: 'wait', untilUtc: ambiguousUntil(world, mine) };

  if (found && !mine && found.operation.endedUtc === null) {
    const settled = await settle(world, found.operation);
    if (settled.kind === 'running')
      return end(world, input, 'deferred', 'installInFlight', 'Another installation is running on the VM.');
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
  const intent = intentOf(world, input, reading, minutes);
  const current = await world.operations.read(input.region, input.vmId);
  if (!(await world.operations.claim(intent, current?.etag ?? etag))) return soon(world);

  const control = await askControl(world, input);
  if (control.kind !== 'go') {
    await withdraw(world, intent);
    if (control.kind === 'stop') return end(world, input, 'skipped', control.reason, '');
    return end(world, input, 'deferred', control.reason, control.why);
  }
  const answer = await send(world, input, reading, minutes);
  if (answer === null) return soon(world);
  if (answer.kind === 'started') return started(world, input, intent, answer.operationId);
  await withdraw(world, intent); // a refusal is certain: nothing was started
  return refused(world, input, answer);
}

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

/** Null when the request's fate is unknown: the intent stays, and the next call finds out. */
async function send(
  world: World,
  input: Input,
  reading: VmReading,
  minutes: number,
): Promise<StartAnswer | null> {
  const { osType } = reading.vm;
  const fixed = osType !== null && world.policy.fixedReleaseOsTypes.includes(osType);
  const request: InstallRequest = {
    maximumDurationMinutes: minutes,
    classificationsToInclude: AUTOMATIC_CLASSIFICATIONS,
    rebootSetting: 'IfRequired',
    maxPatchPublishDate: fixed ? (await rolloutOf(world, input.rolloutId)).releasedUtc : null,
    rolloutId: input.rolloutId,
  };
  try {
    return await world.driver.startInstallation(input.vmId, request);
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
  await world.operations.save({ ...intent, operationId });
  await world.audit.append(input.rolloutId, `${operationId}~installStarted`, {
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

async function adopt(
  world: World,
  input: Input,
  intent: InstallOperation,
  operationId: string,
): Promise<Answer> {
  return started(world, input, intent, operationId);
}

async function withdraw(world: World, intent: InstallOperation): Promise<void> {
  await world.operations.save({ ...intent, endedUtc: world.nowUtc() });
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
