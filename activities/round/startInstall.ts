import type { z } from 'zod';
import { assertNever } from '../../domain/assertNever';
import { controlFor } from '../../domain/control';
import { emergencyRequest, type EmergencyRequest } from '../../domain/emergency';
import { freeUntil, freezesOf, freezesOfStart, type Freeze } from '../../domain/freezes';
import { holdsOf, type HoldFacts } from '../../domain/holds';
import type { VmId } from '../../domain/ids';
import { secondsBetween } from '../../domain/instants';
import { isOpen, windowAtOrAfter } from '../../domain/offPeak';
import { calendarOf } from '../../domain/ownWindows';
import { outcomeOf, type Outcome } from '../../domain/outcome';
import { AUTOMATIC_CLASSIFICATIONS } from '../../domain/patches';
import { because, type Because } from '../../domain/reasons';
import { timeZoneOf } from '../../domain/timeZone';
import type { InstallStart } from '../../domain/vmUpdate';
import type { VmReading } from '../../drivers/driver';
import { refusedByHooks } from '../rollout/askHooks';
import * as contracts from '../contracts';
import { approvalFacts, isForeign, ownRollout } from '../rollout/control';
import { installOnce, type InstallJob, type InstallStop, type LastingRefusal } from './installOnce';
import type { LastingStop } from '../../store/operations';
import { activity, type AnswerTo, type Services } from '../services';

type Input = z.infer<typeof contracts.startInstall.input>;

export const startInstall = activity(
  contracts.startInstall,
  (services, input): Promise<AnswerTo<typeof contracts.startInstall>> => installInTurn(services, input),
);

/** Starts the installation of a VM whose turn it is in a rollout: in its off-peak hours, Critical and Security patches only. */
export async function installInTurn(services: Services, input: Input): Promise<InstallStart> {
  const job = jobOf(services, input);
  const answer = await installOnce(services, job);
  if (answer.kind !== 'end') return answer;
  return { kind: 'end', outcome: outcomeFor(services, input.vmId, answer.stop) };
}

function jobOf(services: Services, input: Input): InstallJob {
  let freezes: Promise<readonly Freeze[]> | undefined;
  const { vmId, region, rolloutId, phase, claim, sinceUtc } = input;
  const { policy } = services;
  return {
    vmId,
    region,
    rolloutId,
    sinceUtc,
    claimId: claim.claimId,
    maximumSeconds: policy.installMaximumSeconds,
    minutesMin: policy.installMinimumSeconds / 60,
    minutesNow: async (reading) =>
      minutesLeft(services, input, reading, await (freezes ??= services.freezes.list())),
    request: async (reading) => ({
      ...((await patchesOfEmergency(services, reading)) ?? {
        classificationsToInclude: AUTOMATIC_CLASSIFICATIONS,
      }),
      rebootSetting: reading.vm.rebootSetting ?? 'IfRequired',
      maxPatchPublishDate: await publishedBy(services, input, reading),
    }),
    forbidden: (reading) => stoppedBy(services, input, reading),
    isFinal: isOutcome,
    audit: {
      partition: rolloutId,
      who: 'lowtide',
      why: `It is the VM's turn in ${phase}, under claim ${claim.claimId}.`,
    },
  };
}

/** The VM has its outcome then, unless the rollout is another host's. */
const isOutcome = (stop: LastingStop): boolean =>
  stop.kind === 'refused' || stop.holds.every(({ reason }) => reason !== 'takenOver');

/** A pause, a halt or the end of the rollout; a freeze or an exclusion that came since the VM was looked at. */
async function stoppedBy(services: Services, input: Input, reading: VmReading): Promise<readonly Because[]> {
  const { policy } = services;
  const { vm } = reading;
  const [row, freezes, approvals] = await Promise.all([
    services.rollouts.read(input.rolloutId),
    services.freezes.list(),
    approvalFacts(services, input.rolloutId),
  ]);
  if (row !== null && (isForeign(row, services.hub) || row.epoch !== input.claim.epoch))
    return [because('takenOver')];
  const nowUtc = services.nowUtc();
  const place = Object.assign({}, input, { availabilitySetId: vm.availabilitySetId });
  const rollout = ownRollout(services, input.rolloutId, row);
  const control = controlFor(rollout, await services.rollouts.haltsOf(rollout), place, nowUtc, approvals);
  const own = freezesOf(freezes, vm, timeZoneOf(vm, policy).zone);
  const holds = holdsOf({ nowUtc, policy, control, freezes: freezesOfStart(own, nowUtc, policy) });
  if (services.emergency !== undefined && (await patchesOfEmergency(services, reading)) === null)
    return [...holds, because('nothingToInstall')];
  if (holds.length > 0 || policy.hooks.length === 0) return holds;
  return refusedByHooks(services, { rolloutId: input.rolloutId, phase: input.phase, vm });
}

function outcomeFor(services: Services, vmId: VmId, stop: InstallStop): Outcome {
  const nowUtc = services.nowUtc();
  const [first, ...others] = holdsFor(stop, { nowUtc, policy: services.policy });
  if (first === undefined) throw new Error(`An installation did not start on ${vmId}, and nothing holds it.`);
  return outcomeOf(vmId, nowUtc, first, others);
}

/** What it means for the rollout that an installation did not start. */
function holdsFor(stop: InstallStop, now: HoldFacts): readonly Because[] {
  switch (stop.kind) {
    case 'vmDeleted':
      return holdsOf({ ...now, vm: null });
    case 'installInFlight':
      return holdsOf({ ...now, installInFlight: true });
    case 'tooLate':
      return holdsOf({ ...now, minutes: { left: stop.minutesLeft, min: stop.minutesMin } });
    case 'forbidden':
      return stop.holds;
    case 'refused':
      return [refusedBecause(stop.code, stop.message)];
    default:
      return assertNever(stop);
  }
}

/** The platform's own word, in the words of the rollout. */
function refusedBecause(code: LastingRefusal, message: string): Because {
  switch (code) {
    case 'notFound':
      return because('vmDeleted', { message });
    case 'notRunning':
      return because('poweredOff', { message });
    case 'agentNotReady':
      return because('agentSilent', { message });
    case 'extensionMissing':
      return because('notEnabled', { message });
    case 'notAllowed':
      return because('installRefused', { message });
    default:
      return assertNever(code);
  }
}

/** Minutes of the VM's own window that are left for an installation before the next freeze, less the reserve for a reboot; 0 outside of it. */
function minutesLeft(
  services: Services,
  { claim }: Input,
  { vm }: VmReading,
  freezes: readonly Freeze[],
): number {
  const { policy } = services;
  const now = services.nowUtc();
  const { zone } = timeZoneOf(vm, policy);
  const window = windowAtOrAfter(calendarOf(zone, vm, policy), policy, now);
  if (!isOpen(window, now) || now > claim.startByUtc) return 0;
  const own = freezesOf(freezes, vm, zone);
  // A freeze that leaves no time for an installation forbids it (`stoppedBy`); one that begins later shortens it.
  const isForbidden = freezesOfStart(own, now, policy).length > 0;
  const untilUtc = isForbidden ? window.closesUtc : freeUntil(own, now, window.closesUtc);
  const seconds = secondsBetween(now, untilUtc) - policy.rebootReserveSeconds;
  return Math.floor(Math.min(seconds, policy.installMaximumSeconds) / 60);
}

/** What an emergency installs on the VM, by number and name, of what its assessment found. Null: nothing, or it is no emergency. */
async function patchesOfEmergency(
  { emergency, patches }: Services,
  { vm }: VmReading,
): Promise<EmergencyRequest | null> {
  if (emergency === undefined) return null;
  const last = (await patches.read(vm.id))?.assessed.at(-1);
  const lacked = last === undefined ? null : await patches.list(last.list);
  return emergencyRequest(emergency.patches, lacked, vm.osType);
}

/** for an OS type with a fixed cadence, the release of the rollout; null for no limit. What an emergency installs it names. */
async function publishedBy(services: Services, input: Input, { vm }: VmReading): Promise<string | null> {
  if (services.emergency !== undefined) return null;
  if (vm.osType === null || !services.policy.fixedReleaseOsTypes.includes(vm.osType)) return null;
  // Whose the rollout is, is asked last, before the request is sent.
  return (await services.rollouts.read(input.rolloutId))?.releasedUtc ?? null;
}
