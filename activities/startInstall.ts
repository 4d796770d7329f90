import type { z } from 'zod';
import { secondsBetween } from '../domain/instants';
import { isOpen, windowAtOrAfter } from '../domain/offPeak';
import { AUTOMATIC_CLASSIFICATIONS } from '../domain/patches';
import { timeZoneOf } from '../domain/timeZone';
import type { VmReading } from '../drivers/driver';
import * as contracts from './contracts';
import { askControl, rolloutOf } from './control';
import { installOnce, type InstallJob } from './installOnce';
import { outcomeNow, type Ending } from './lookAtVm';
import { activity, type AnswerTo, type Services } from './services';

type Input = z.infer<typeof contracts.startInstall.input>;

/** Starts the installation of a VM whose turn it is in a rollout: in its off-peak hours, Critical and Security patches only. */
export const startInstall = activity(
  contracts.startInstall,
  async (services, input): Promise<AnswerTo<typeof contracts.startInstall>> => {
    const answer = await installOnce(services, jobOf(services, input));
    if (answer.kind !== 'end') return answer;
    return { kind: 'end', outcome: outcomeNow(services, input.vmId, answer.ending) };
  },
);

function jobOf(services: Services, input: Input): InstallJob {
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
    minutesNow: (reading) => minutesLeft(services, input, reading),
    tooLate: ['deferred', 'windowMissed', 'Too little of its off-peak hours is left for an installation.'],
    request: async (reading) => ({
      classificationsToInclude: AUTOMATIC_CLASSIFICATIONS,
      rebootSetting: reading.vm.rebootSetting ?? 'IfRequired',
      maxPatchPublishDate: await publishedBy(services, input, reading),
    }),
    forbidden: () => stoppedBy(services, input),
    audit: {
      partition: rolloutId,
      who: 'lowtide',
      why: `It is the VM's turn in ${phase}, under claim ${claim.claimId}.`,
    },
  };
}

/** A pause, a halt or the end of the rollout. */
async function stoppedBy(services: Services, input: Input): Promise<Ending | null> {
  const control = await askControl(services, input);
  if (control.kind === 'go') return null;
  if (control.kind === 'stop') return ['skipped', control.reason, ''];
  return ['deferred', control.reason, control.why];
}

/** Minutes of the VM's own window that are left for an installation, less the reserve for a reboot; 0 outside of it. */
function minutesLeft(services: Services, { claim }: Input, reading: VmReading): number {
  const { policy } = services;
  const now = services.nowUtc();
  const window = windowAtOrAfter(timeZoneOf(reading.vm, policy).zone, policy, now);
  if (!isOpen(window, now) || now > claim.startByUtc) return 0;
  const seconds = secondsBetween(now, window.closesUtc) - policy.rebootReserveSeconds;
  return Math.floor(Math.min(seconds, policy.installMaximumSeconds) / 60);
}

/** for an OS type with a fixed cadence, the release of the rollout; null for no limit. */
async function publishedBy(services: Services, input: Input, { vm }: VmReading): Promise<string | null> {
  if (vm.osType === null || !services.policy.fixedReleaseOsTypes.includes(vm.osType)) return null;
  return (await rolloutOf(services, input.rolloutId)).releasedUtc;
}
