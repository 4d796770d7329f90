import { isObject } from '../domain/isObject';
import type { ArmResource } from '../drivers/fleet/armModel';
import type { ParsedFleet } from '../drivers/fleet/parseFleet';

const BYPASS = { bypassPlatformSafetyChecksOnUserSchedule: true };
const CONFIGURATIONS = ['windowsConfiguration', 'linuxConfiguration'] as const;

/**
 * A fleet as its owners leave it to Lowtide on Azure: what Azure patched itself has the bypass. On Azure the patch extension comes with the
 * first operation, so that no VM waits for it.
 */
export function withBypass(fleet: ParsedFleet): ParsedFleet {
  const models = new Map([...fleet.models].map(([id, model]) => [id, bypassing(model)] as const));
  const vms = fleet.vms.map((vm) => {
    const enabled = { ...vm, enabled: true };
    return isPlatform(vm.patchMode) ? { ...enabled, customerManagedSchedule: true as const } : enabled;
  });
  return { ...fleet, vms, models };
}

const isPlatform = (mode: unknown): boolean =>
  typeof mode === 'string' && mode.toLowerCase() === 'automaticbyplatform';

type Part = Readonly<Record<string, unknown>>;

const partOf = (value: unknown): Part => (isObject(value) ? value : {});

function bypassing(model: ArmResource): ArmResource {
  const properties = partOf(model['properties']);
  const osProfile = { ...partOf(properties['osProfile']) };
  for (const name of CONFIGURATIONS) {
    const configuration = partOf(osProfile[name]);
    const settings = partOf(configuration['patchSettings']);
    if (!isPlatform(settings['patchMode'])) continue;
    const automaticByPlatformSettings = { ...partOf(settings['automaticByPlatformSettings']), ...BYPASS };
    osProfile[name] = {
      ...configuration,
      patchSettings: { ...settings, automaticByPlatformSettings },
    };
  }
  if (Object.keys(osProfile).length === 0) return model;
  return { ...model, properties: { ...properties, osProfile } };
}
