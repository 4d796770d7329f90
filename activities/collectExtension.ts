import { addSeconds } from '../domain/instants';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import * as contracts from './contracts';
import { activity, type AnswerTo, type Services } from './services';

export const collectExtension = activity(
  contracts.collectExtension,
  async (services, { vmId, operationId }): Promise<AnswerTo<typeof contracts.collectExtension>> => {
    const answer = await services.driver.readOperation(operationId);
    if (answer.kind === 'running') return { kind: 'running' };
    if (answer.kind === 'failed') return { kind: 'failed', message: answer.error.message };
    if (answer.kind !== 'extensionInstalled')
      return { kind: 'failed', message: `The operation ended as '${answer.kind}'.` };
    const reading = await services.driver.readVirtualMachine(vmId);
    if (reading === null) return { kind: 'failed', message: 'The VM no longer exists.' };
    await keep(services, { ...reading.vm, enabled: true });
    return { kind: 'installed', detail: nativeUpdates(reading.vm) };
  },
);

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
export function nativeUpdates({ osType, image }: VirtualMachine): string {
  if (osType === 'Windows') return 'Automatic Windows Update is turned off.';
  if (image?.publisher.toLowerCase() === 'redhat')
    return 'Automatic updates have to be disabled by hand: systemctl stop packagekit; systemctl mask packagekit.';
  return 'The default automatic updates of the image are disabled.';
}
