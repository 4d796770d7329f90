import { AvailabilitySetId, isScaleSet, VmId } from '../../domain/ids';
import { regionNameOf } from '../../domain/regions';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { controlOf, withShared } from './patchControl';
import type { InstanceView } from './instanceView';
import { booleanAt, listAt, member, textAt } from './json';
import { configurationsOf, type Assignment } from './maintenance';

/** What a VM's model says, wherever it was read: a row of Resource Graph or a GET of the VM itself. Null is «not given». */
export interface VmModel {
  readonly armId: string;
  readonly uniqueId: string | null;
  readonly location: string;
  readonly zones: readonly unknown[];
  readonly tags: Readonly<Record<string, string>>;
  readonly vmSize: string | null;
  readonly osType: VirtualMachine['osType'];
  /** Id of its availability set, or of its scale set with flexible orchestration. */
  readonly availabilitySet: string | null;
  readonly image: Readonly<Record<'publisher' | 'offer' | 'sku' | 'version' | 'id', string | null>>;
  readonly timeZone: string | null;
  readonly provisionVMAgent: boolean | null;
  readonly enableAutomaticUpdates: boolean | null;
  readonly patchMode: string | null;
  readonly assessmentMode: string | null;
  readonly rebootSetting: string | null;
  readonly bypass: boolean;
}

/** What else is known of it. */
export interface Beside {
  /** Of its instance view; null where that was not read. */
  readonly domains: Pick<InstanceView, 'updateDomain' | 'faultDomain'> | null;
  /** Null when they may not be read. */
  readonly assignments: readonly Assignment[] | null;
  readonly sharedIs: 'skipped' | 'patched';
}

/** A row of the driver's own query, which projects these names. Null for a row without an id of a VM. */
export function modelOfRow(row: unknown): VmModel | null {
  const armId = textAt(row, 'id');
  if (armId === null || !VmId.safeParse(armId).success) return null;
  const text = (name: string): string | null => textAt(row, name);
  return {
    armId,
    uniqueId: text('vmId'),
    location: text('location') ?? '',
    zones: listAt(row, 'zones'),
    tags: tagsOf(member(row, 'tags')),
    vmSize: text('vmSize'),
    osType: osTypeOf(text('os')),
    availabilitySet: text('availabilitySet'),
    image: {
      publisher: text('publisher'),
      offer: text('offer'),
      sku: text('sku'),
      version: text('version'),
      id: text('imageId'),
    },
    timeZone: text('timeZone'),
    provisionVMAgent: booleanAt(row, 'provisionVMAgent'),
    enableAutomaticUpdates: booleanAt(row, 'enableAutomaticUpdates'),
    patchMode: text('patchMode'),
    assessmentMode: text('assessmentMode'),
    rebootSetting: text('rebootSetting'),
    bypass: booleanAt(row, 'bypass') ?? false,
  };
}

/** VirtualMachine, as GET answers it. Null for what is none. */
export function modelOfVm(vm: unknown): VmModel | null {
  const armId = textAt(vm, 'id');
  if (armId === null || !VmId.safeParse(armId).success) return null;
  const properties = member(vm, 'properties');
  const osType =
    osTypeOf(textAt(properties, 'storageProfile', 'osDisk', 'osType')) ?? osOfProfile(properties);
  const configuration = member(
    properties,
    'osProfile',
    osType === 'Windows' ? 'windowsConfiguration' : 'linuxConfiguration',
  );
  const settings = member(configuration, 'patchSettings');
  const platform = member(settings, 'automaticByPlatformSettings');
  const image = member(properties, 'storageProfile', 'imageReference');
  return {
    armId,
    uniqueId: textAt(properties, 'vmId'),
    location: textAt(vm, 'location') ?? '',
    zones: listAt(vm, 'zones'),
    tags: tagsOf(member(vm, 'tags')),
    vmSize: textAt(properties, 'hardwareProfile', 'vmSize'),
    osType,
    availabilitySet:
      textAt(properties, 'availabilitySet', 'id') ?? textAt(properties, 'virtualMachineScaleSet', 'id'),
    image: {
      publisher: textAt(image, 'publisher'),
      offer: textAt(image, 'offer'),
      sku: textAt(image, 'sku'),
      version: textAt(image, 'version'),
      id:
        textAt(image, 'id') ??
        textAt(image, 'sharedGalleryImageId') ??
        textAt(image, 'communityGalleryImageId'),
    },
    timeZone: textAt(configuration, 'timeZone'),
    provisionVMAgent: booleanAt(configuration, 'provisionVMAgent'),
    enableAutomaticUpdates: booleanAt(configuration, 'enableAutomaticUpdates'),
    patchMode: textAt(settings, 'patchMode'),
    assessmentMode: textAt(settings, 'assessmentMode'),
    rebootSetting: textAt(platform, 'rebootSetting'),
    bypass: booleanAt(platform, 'bypassPlatformSafetyChecksOnUserSchedule') ?? false,
  };
}

function osOfProfile(properties: unknown): VirtualMachine['osType'] {
  if (member(properties, 'osProfile', 'windowsConfiguration') !== undefined) return 'Windows';
  return member(properties, 'osProfile', 'linuxConfiguration') === undefined ? null : 'Linux';
}

function osTypeOf(written: string | null): VirtualMachine['osType'] {
  const lower = written?.toLowerCase();
  return lower === 'windows' ? 'Windows' : lower === 'linux' ? 'Linux' : null;
}

function tagsOf(tags: unknown): Record<string, string> {
  if (typeof tags !== 'object' || tags === null) return {};
  const texts = Object.entries(tags).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts);
}

const REBOOT_SETTINGS = ['IfRequired', 'Never', 'Always'] as const;

/** The VM in Lowtide's words. Ids match without regard to case: Azure writes groups and sets in capitals here and there (28, 60). */
export function virtualMachineOf(model: VmModel, { domains, assignments, sharedIs }: Beside): VirtualMachine {
  const { armId, osType, image, tags } = model;
  const id = VmId.parse(armId);
  const [, , subscriptionId = '', , resourceGroup = '', , , , name = ''] = armId.split('/');
  const region = regionNameOf(model.location);
  const setId = AvailabilitySetId.safeParse(model.availabilitySet).data ?? null;
  const { publisher, offer, sku } = image;
  const maintenance = assignments && configurationsOf({ id, region, osType, tags }, assignments);
  const control = controlOf({
    osType,
    patchMode: model.patchMode,
    enableAutomaticUpdates: model.enableAutomaticUpdates,
    bypassPlatformSafetyChecks: model.bypass,
    isGalleryImage: image.id !== null,
    maintenance,
  });
  const vm: VirtualMachine = {
    id,
    armId,
    name,
    subscriptionId,
    resourceGroup,
    region,
    zone: zoneOf(model.zones),
    availabilitySetId: setId,
    updateDomain: domainIn(setId, domains),
    osType,
    vmSize: model.vmSize,
    image:
      publisher === null || offer === null || sku === null
        ? null
        : { publisher, offer, sku, version: image.version },
    customImage: publisher === null || image.id !== null,
    patchMode: model.patchMode,
    enableAutomaticUpdates: model.enableAutomaticUpdates,
    control: withShared(control, sharedIs),
    provisionVMAgent: model.provisionVMAgent,
    timeZone: model.timeZone,
    tags,
    // The platform brings the patch extension with the first operation: there is nothing to enable but the settings, which `control` judges.
    enabled: true,
  };
  const setting = rebootSettingOf(model.rebootSetting);
  const bypass = model.bypass ? BYPASSED : NOTHING;
  const gallery = image.id === null ? NOTHING : { imageId: image.id };
  const unique = model.uniqueId === null ? NOTHING : { uniqueId: model.uniqueId.toLowerCase() };
  const known = { ...vm, ...unique, ...gallery, ...bypass };
  return setting === undefined ? known : { ...known, rebootSetting: setting };
}

/** An instance of a scale set has no update domain: its fault domain is what goes down together. */
function domainIn(setId: AvailabilitySetId | null, domains: Beside['domains']): number | null {
  if (setId === null || domains === null) return null;
  return isScaleSet(setId) ? domains.faultDomain : domains.updateDomain;
}

const NOTHING = {};
const BYPASSED = { customerManagedSchedule: true } as const;

function zoneOf(zones: readonly unknown[]): string | null {
  const [zone] = zones;
  return typeof zone === 'string' || typeof zone === 'number' ? String(zone) : null;
}

function rebootSettingOf(written: string | null): (typeof REBOOT_SETTINGS)[number] | undefined {
  return REBOOT_SETTINGS.find((setting) => setting.toLowerCase() === written?.toLowerCase());
}
