import { effectivePatchMode } from '../domain/patchMode';
import { windowAtOrAfter } from '../domain/offPeak';
import { unmetRequirements } from '../domain/requirements';
import { timeZoneOf } from '../domain/timeZone';
import type { VmReading } from '../drivers/driver';
import * as contracts from './contracts';
import { nativeUpdates } from './collectExtension';
import { activity, type AnswerTo } from './services';

export const readEnablement = activity(
  contracts.readEnablement,
  async (services, { vmId }): Promise<AnswerTo<typeof contracts.readEnablement>> => {
    const reading = await services.driver.readVirtualMachine(vmId);
    if (reading === null) return { kind: 'stop', why: 'The VM no longer exists.' };
    const { vm, extension } = reading;
    const mode = effectivePatchMode(vm);
    if (mode.kind !== 'mode' || mode.mode !== 'AutomaticByPlatform')
      return { kind: 'stop', why: 'Its patch mode is no longer AutomaticByPlatform.' };
    const window = windowAtOrAfter(timeZoneOf(vm, services.policy).zone, services.policy, services.nowUtc());
    if (vm.enabled && extension && extension.version === extension.latestVersion)
      return { kind: 'ready', detail: nativeUpdates(vm), ...window };
    return { kind: 'window', enabled: vm.enabled, ...obstacleOf(reading), ...window };
  },
);

/** what the VM lacks, whether it runs or not; with all of it said at once. */
function obstacleOf(reading: VmReading): { obstacle?: string } {
  const unmet = unmetRequirements(reading);
  if (unmet.length > 0) return { obstacle: unmet.map(({ message }) => message).join(' ') };
  return {};
}
