import {
  afterAssessmentRead,
  afterAssessmentStart,
  afterExtensionRead,
  afterExtensionStart,
  afterLook,
  type Advanced,
  type Enablement,
  type ExtensionAnswer,
  type Moment,
  type Standing,
} from '../../domain/enablement';
import type { VmId } from '../../domain/ids';
import { addSeconds } from '../../domain/instants';
import { windowAtOrAfter } from '../../domain/offPeak';
import { effectivePatchMode } from '../../domain/patchMode';
import { unmetRequirements } from '../../domain/requirements';
import { timeZoneOf } from '../../domain/timeZone';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { OperationAnswer } from '../../drivers/driver';
import { assessmentOf } from './assessmentAnswer';
import { keepAssessed } from './keepPatches';
import type { Services } from '../services';

/** Does the step of a VM that is due, and answers the state that follows. */
export async function enablementStep(
  services: Services,
  vmId: VmId,
  before: Enablement,
  moment: Moment,
): Promise<Advanced> {
  const { driver } = services;
  const { next } = before;
  switch (next.kind) {
    case 'look':
      return afterLook(before, await standingOf(services, vmId), moment);
    case 'startExtension': {
      const answer = await driver.startExtensionInstallation(vmId, next.endsUtc);
      return afterExtensionStart(before, next, answer, moment);
    }
    case 'readExtension': {
      const answer = await driver.readOperation(next.operationId);
      return afterExtensionRead(before, next, await extensionOf(services, vmId, answer), moment);
    }
    case 'startAssessment':
      return afterAssessmentStart(before, next, await driver.startAssessment(vmId), moment);
    case 'readAssessment': {
      const answer = await driver.readOperation(next.operationId);
      if (answer.kind === 'assessed') await keepAssessed(services, [{ vmId, answer }]);
      return afterAssessmentRead(before, next, assessmentOf(answer), moment);
    }
  }
}

async function standingOf({ driver, policy, nowUtc }: Services, vmId: VmId): Promise<Standing> {
  const reading = await driver.readVirtualMachine(vmId);
  if (reading === null) return { kind: 'stop', why: 'The VM no longer exists.' };
  const { vm, extension } = reading;
  const mode = effectivePatchMode(vm);
  if (mode.kind !== 'mode' || mode.mode !== 'AutomaticByPlatform')
    return { kind: 'stop', why: 'Its patch mode is no longer AutomaticByPlatform.' };
  const window = windowAtOrAfter(timeZoneOf(vm, policy).zone, policy, nowUtc());
  if (vm.enabled && extension && extension.version === extension.latestVersion)
    return { kind: 'ready', detail: nativeUpdates(vm), opensUtc: window.opensUtc };
  const standing = { kind: 'window', enabled: vm.enabled, ...window } as const;
  // what the VM lacks, whether it runs or not; with all of it said at once.
  const unmet = unmetRequirements(reading);
  if (unmet.length === 0) return standing;
  return { ...standing, obstacle: unmet.map(({ message }) => message).join(' ') };
}

async function extensionOf(
  services: Services,
  vmId: VmId,
  answer: OperationAnswer,
): Promise<ExtensionAnswer> {
  if (answer.kind === 'running') return { kind: 'running' };
  if (answer.kind === 'failed') return { kind: 'failed', message: answer.error.message };
  if (answer.kind !== 'extensionInstalled')
    return { kind: 'failed', message: `The operation ended as '${answer.kind}'.` };
  const reading = await services.driver.readVirtualMachine(vmId);
  if (reading === null) return { kind: 'failed', message: 'The VM no longer exists.' };
  await keep(services, { ...reading.vm, enabled: true });
  return { kind: 'installed' };
}

/** The VM takes part from now on: the next plan finds it, and its periodic assessments begin. */
async function keep(services: Services, vm: VirtualMachine): Promise<void> {
  if ((await services.inventory.read(vm.id)) === null) {
    const dueUtc = addSeconds(services.nowUtc(), services.policy.assessmentEverySeconds);
    await services.assessments.schedule([
      { vmId: vm.id, timeZone: timeZoneOf(vm, services.policy).zone, dueUtc },
    ]);
  }
  await services.inventory.save(vm);
}

/** what has become of the guest's own automatic updates. */
function nativeUpdates({ osType, image }: VirtualMachine): string {
  if (osType === 'Windows') return 'Automatic Windows Update is turned off.';
  if (image?.publisher.toLowerCase() === 'redhat')
    return 'Automatic updates have to be disabled by hand: systemctl stop packagekit; systemctl mask packagekit.';
  return 'The default automatic updates of the image are disabled.';
}
