import { effectivePatchMode } from '../domain/patchMode';
import { windowAtOrAfter } from '../domain/offPeak';
import { timeZoneOf } from '../domain/timeZone';
import * as contracts from './contracts';
import { activity, type AnswerTo } from './world';

export const readEnablement = activity(
  contracts.readEnablement,
  async (world, { vmId }): Promise<AnswerTo<typeof contracts.readEnablement>> => {
    const reading = await world.driver.readVirtualMachine(vmId);
    if (reading === null) return { kind: 'stop', why: 'The VM does not exist any more.' };
    const { vm, extension } = reading;
    const mode = effectivePatchMode(vm);
    if (mode.kind !== 'mode' || mode.mode !== 'AutomaticByPlatform')
      return { kind: 'stop', why: 'Its patch mode is no longer AutomaticByPlatform.' };
    if (vm.enabled && extension && extension.version === extension.latestVersion) return { kind: 'ready' };
    return {
      kind: 'window',
      ...windowAtOrAfter(timeZoneOf(vm, world.policy).zone, world.policy, world.nowUtc()),
    };
  },
);
