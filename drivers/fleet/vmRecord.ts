import type { z } from 'zod';
import { resourceName, vmIdOf, type AvailabilitySetId } from '../../domain/ids';
import { rememberedByImage } from '../../domain/images';
import { regionNameOf } from '../../domain/regions';
import { remembered } from '../../domain/remembered';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { beginningOf } from './vmBeginning';
import { rebootSettingOf, setIdOf, VM_RECORD, type VmRecord } from './vmFields';

/** What a file may say of a VM's present state. Null: the file does not say. */
export interface ImportedInstance {
  readonly power: 'running' | 'stopped' | 'deallocated' | null;
  readonly agentStatus: 'ready' | 'notReady' | null;
  readonly agentVersion: string | null;
  readonly extensionVersion: string | null;
  /** The GUID that a VM keeps when it is moved to another resource group. */
  readonly vmId: string | null;
  readonly provisioningState: string | null;
}

/** The full check of a record in REST shape: what is read of it, or what is wrong with it, by zod. */
export function readVmRecord(
  model: Readonly<Record<string, unknown>>,
): { readonly record: VmRecord } | { readonly error: z.ZodError } {
  const parsed = VM_RECORD.full.safeParse(model);
  return parsed.success ? { record: parsed.data } : { error: parsed.error };
}

export function vmOf(record: VmRecord): VirtualMachine {
  const { hardwareProfile, storageProfile, osProfile } = record.properties;
  const windows = osProfile?.windowsConfiguration;
  const linux = osProfile?.linuxConfiguration;
  const osType = osTypeOf(record);
  const patchSettings = (osType === 'Linux' ? linux : (windows ?? linux))?.patchSettings;
  const imageReference = storageProfile?.imageReference;
  const imageId = galleryImageOf(imageReference);
  const patchMode = sharedOrNull(patchSettings?.patchMode);
  const { subscriptionId = '', resourceGroup = '' } = beginningOf(record.id) ?? {};
  const vm: VirtualMachine = {
    id: vmIdOf(record.id),
    armId: record.id,
    name: resourceName(record.id),
    subscriptionId,
    resourceGroup,
    region: regionOf(record.location),
    zone: sharedOrNull(record.zones?.[0]?.toString()),
    availabilitySetId: setOf(record.properties),
    updateDomain: updateDomainOf(record.properties),
    osType,
    vmSize: sharedOrNull(hardwareProfile?.vmSize),
    image: imageOf(imageReference),
    customImage: isAbsent(imageReference?.publisher) || imageId !== undefined,
    patchMode,
    enableAutomaticUpdates: windows?.enableAutomaticUpdates ?? null,
    provisionVMAgent: windows?.provisionVMAgent ?? linux?.provisionVMAgent ?? null,
    timeZone: sharedOrNull(windows?.timeZone),
    tags: tagsOf(record.tags),
    // A VM that is already patched by its platform has been through enablement.
    enabled: patchMode?.toLowerCase() === 'automaticbyplatform',
  };
  const optional = optionalOf(imageId, record.properties.vmId, patchSettings);
  return optional === null ? vm : { ...vm, ...optional };
}

type Properties = VmRecord['properties'];
type PatchSettings = NonNullable<
  NonNullable<VmRecord['properties']['osProfile']>['linuxConfiguration']
>['patchSettings'];

/** What few VMs have. */
function optionalOf(
  imageId: string | undefined,
  vmId: string | null | undefined,
  patchSettings: PatchSettings,
): Partial<VirtualMachine> | null {
  const platform = patchSettings?.automaticByPlatformSettings;
  const isAssessed = patchSettings?.assessmentMode?.toLowerCase() === 'automaticbyplatform';
  if (imageId === undefined && isAbsent(vmId) && isAbsent(platform) && !isAssessed) return null;
  const uniqueId = uniqueIdOf(vmId);
  const rebootSetting = rebootSettingOf(platform?.rebootSetting ?? 'Unknown');
  return {
    ...(imageId === undefined ? NO_SETTING : { imageId: shared(imageId) }),
    ...(uniqueId === null ? NO_SETTING : { uniqueId }),
    ...(rebootSetting === undefined || rebootSetting === 'Unknown' ? NO_SETTING : { rebootSetting }),
    ...(platform?.bypassPlatformSafetyChecksOnUserSchedule === true ? CUSTOMER_MANAGED : NO_SETTING),
    ...(isAssessed ? ASSESSED : NO_SETTING),
  };
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** What repeats through a fleet is in memory once: a fleet of a million VMs has ten million texts, and some thousand different ones. */
const shared = remembered((text: string) => text);
const sharedOrNull = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : shared(text);
const regionOf = remembered(regionNameOf);
const NO_TAGS = {};

function tagsOf(tags: VmRecord['tags']): VirtualMachine['tags'] {
  for (const _ in tags) return sharedTags(JSON.stringify(tags));
  return NO_TAGS;
}

const sharedTags = remembered((written) => JSON.parse(written) as VirtualMachine['tags']);

function setOf({ availabilitySet, virtualMachineScaleSet }: Properties): AvailabilitySetId | null {
  const id = availabilitySet?.id ?? virtualMachineScaleSet?.id;
  return id === undefined ? null : setIdOf(id);
}

/** An instance of a flexible scale set is a VM of its own, and the set is what must not be down as a whole. */
function updateDomainOf(properties: Properties): number | null {
  const { availabilitySet, virtualMachineScaleSet, instanceView, platformFaultDomain } = properties;
  if (!isAbsent(availabilitySet)) return instanceView?.platformUpdateDomain ?? null;
  if (isAbsent(virtualMachineScaleSet)) return null;
  return instanceView?.platformFaultDomain ?? chosenDomain(platformFaultDomain);
}

function chosenDomain(domain: number | null | undefined): number | null {
  return domain === undefined || domain === -1 ? null : domain;
}

/** Null for what is no GUID, or the one of all zeros that is written over a real one. */
function uniqueIdOf(written: string | null | undefined): string | null {
  const lower = written?.trim().toLowerCase() ?? '';
  return GUID.test(lower) && /[^0-]/.test(lower) ? lower : null;
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const NO_SETTING = {};
const ASSESSED = { assessmentMode: 'AutomaticByPlatform' } as const;
const CUSTOMER_MANAGED = { customerManagedSchedule: true } as const;
function osTypeOf({ properties: { storageProfile, osProfile } }: VmRecord): VirtualMachine['osType'] {
  const written = storageProfile?.osDisk?.osType?.toLowerCase();
  if (written === 'windows' || (written === undefined && osProfile?.windowsConfiguration)) return 'Windows';
  if (written === 'linux' || (written === undefined && osProfile?.linuxConfiguration)) return 'Linux';
  return null;
}

type ImageReference = NonNullable<VmRecord['properties']['storageProfile']>['imageReference'];

function imageOf(reference: ImageReference): Image | null {
  const { publisher, offer, sku, version } = reference ?? {};
  return publisher && offer && sku ? sharedImage({ publisher, offer, sku, version: version ?? null }) : null;
}

type Image = NonNullable<VirtualMachine['image']>;

const firstWithNames = rememberedByImage((image) => image);

/** In memory once for all VMs that have it. */
function sharedImage(image: Image): Image {
  const first = firstWithNames(image);
  if (first.version === image.version) return first;
  return sharedVersion(JSON.stringify({ ...first, version: image.version }));
}

const sharedVersion = remembered((written) => JSON.parse(written) as Image);

/** An image by id, from a gallery of one's own, of others or of the community: none is a platform image. */
function galleryImageOf(reference: ImageReference): string | undefined {
  const { id, sharedGalleryImageId, communityGalleryImageId } = reference ?? {};
  return [id, sharedGalleryImageId, communityGalleryImageId].find(Boolean) ?? undefined;
}

export function instanceOf({ powerState, properties }: VmRecord): ImportedInstance {
  const view = properties.instanceView ?? properties.extended?.instanceView;
  const extension = view?.extensions?.find((e) => /(Linux|Windows)PatchExtension$/i.test(e.type ?? ''));
  return {
    power: powerOf(view, powerState),
    agentStatus: agentStatusOf(view),
    agentVersion: agentVersionOf(view),
    extensionVersion: extension?.typeHandlerVersion ?? null,
    vmId: properties.vmId ?? null,
    provisioningState: properties.provisioningState ?? null,
  };
}

type InstanceView = VmRecord['properties']['instanceView'];

const POWER_WORDS: Readonly<Record<string, ImportedInstance['power']>> = {
  running: 'running',
  starting: 'running',
  stopped: 'stopped',
  stopping: 'stopped',
  deallocated: 'deallocated',
  deallocating: 'deallocated',
};

/** Azure prints "" and words of other kinds ("Provisioning succeeded", "VM unknown") for a power state that it does not know. */
function powerOf(view: InstanceView, powerState: string | null | undefined): ImportedInstance['power'] {
  const codes = [...(view?.statuses ?? []), view?.powerState].map((status) => status?.code ?? '');
  const code = codes.find((written) => /^PowerState\//i.test(written));
  const [, word = ''] = POWER.exec(code ?? powerState ?? '') ?? [];
  return POWER_WORDS[word.toLowerCase()] ?? null;
}

/** A code, what `az` and Get-AzVM print, or the portal's "Stopped (deallocated)". */
const POWER = /^\s*(?:PowerState\/|VM )?(?:stopped \((?=deallocated\)))?([a-z]+)\)?\s*$/i;

/** "Ready" alone is an agent that reports: Azure has several words and codes for one that does not, and an empty list says nothing. */
function agentStatusOf(view: InstanceView): ImportedInstance['agentStatus'] {
  const words = (view?.vmAgent?.statuses ?? [])
    .map(({ code, displayStatus }) => [displayStatus?.trim(), code?.split('/')[1]])
    .flatMap((said) => said.find((word) => word !== undefined && word !== '')?.toLowerCase() ?? []);
  if (words.some((word) => word === 'ready' || word === 'succeeded')) return 'ready';
  return words.length > 0 ? 'notReady' : null;
}

/** Azure prints "Unknown" for the version of an agent that does not report; some tools the package before it. */
function agentVersionOf(view: InstanceView): string | null {
  const version = view?.vmAgent?.vmAgentVersion?.trim() ?? '';
  return /\d/.test(version) ? version : null;
}
