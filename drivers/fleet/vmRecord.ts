import { z } from 'zod';
import { AvailabilitySetId, isScaleSet, VmId } from '../../domain/ids';
import { regionNameOf } from '../../domain/regions';
import { remembered } from '../../domain/remembered';
import type { VirtualMachine } from '../../domain/virtualMachine';

const text = z.string().nullish();
const member = <T extends z.ZodRawShape>(shape: T) => z.looseObject(shape).nullish();

const PatchSettings = member({
  patchMode: text,
  assessmentMode: text,
  enableHotpatching: z.boolean().nullish(),
  automaticByPlatformSettings: member({
    rebootSetting: z
      .string()
      .refine(
        (written) => rebootSettingOf(written) !== undefined,
        'is not IfRequired, Never, Always or Unknown',
      )
      .nullish(),
    bypassPlatformSafetyChecksOnUserSchedule: z.boolean().nullish(),
  }),
});

const Statuses = z.array(z.looseObject({ code: text, displayStatus: text })).nullish();

const InstanceView = member({
  platformUpdateDomain: z.number().int().nonnegative().nullish(),
  platformFaultDomain: z.number().int().nonnegative().nullish(),
  vmAgent: member({ vmAgentVersion: text, statuses: Statuses }),
  statuses: Statuses,
  /** Azure Resource Graph has the power state alone. */
  powerState: member({ code: text }),
  extensions: z.array(z.looseObject({ type: text, typeHandlerVersion: text })).nullish(),
});

const isVmId = (value: unknown): boolean => VmId.safeParse(value).success;
const isSetId = (value: unknown): boolean => isSet(value, false);
const isScaleSetId = (value: unknown): boolean => isSet(value, true);

function isSet(value: unknown, ofScaleSets: boolean): boolean {
  const { data } = AvailabilitySetId.safeParse(value);
  return data !== undefined && isScaleSet(data) === ofScaleSets;
}

/** What Lowtide reads of a VM. Anything else in the record is carried along unread. */
const VmRecord = z.looseObject({
  id: z.string().refine(isVmId, 'is not the id of a virtual machine'),
  location: z.string().refine((written) => written.trim() !== '', 'is empty'),
  tags: z.record(z.string(), z.string()).nullish(),
  zones: z.array(z.union([z.string(), z.number().int()])).nullish(),
  /** Only `az vm list --show-details` prints it: "VM running". */
  powerState: text,
  properties: z.looseObject({
    hardwareProfile: member({ vmSize: text }),
    storageProfile: member({
      imageReference: member({
        publisher: text,
        offer: text,
        sku: text,
        version: text,
        id: text,
        sharedGalleryImageId: text,
        communityGalleryImageId: text,
      }),
      osDisk: member({ osType: text }),
    }),
    osProfile: member({
      windowsConfiguration: member({
        provisionVMAgent: z.boolean().nullish(),
        enableAutomaticUpdates: z.boolean().nullish(),
        timeZone: text,
        patchSettings: PatchSettings,
      }),
      linuxConfiguration: member({ provisionVMAgent: z.boolean().nullish(), patchSettings: PatchSettings }),
    }),
    availabilitySet: member({ id: z.string().refine(isSetId, 'is not the id of an availability set') }),
    virtualMachineScaleSet: member({ id: z.string().refine(isScaleSetId, 'is not the id of a scale set') }),
    /** -1: as Azure likes. */
    platformFaultDomain: z.number().int().min(-1).nullish(),
    vmId: text,
    provisioningState: text,
    instanceView: InstanceView,
    /** Of Azure Resource Graph. */
    extended: member({ instanceView: InstanceView }),
  }),
});
type VmRecord = z.infer<typeof VmRecord>;

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

export interface ImportedVm {
  readonly vm: VirtualMachine;
  readonly instance: ImportedInstance;
}

/** A record in REST shape, read; or what is wrong with it, by zod. */
export function readVmRecord(
  model: Readonly<Record<string, unknown>>,
): { readonly imported: ImportedVm } | { readonly error: z.ZodError } {
  const parsed = VmRecord.safeParse(model);
  return parsed.success ? { imported: importVm(parsed.data) } : { error: parsed.error };
}

function importVm(record: VmRecord): ImportedVm {
  const { hardwareProfile, storageProfile, osProfile } = record.properties;
  const windows = osProfile?.windowsConfiguration;
  const linux = osProfile?.linuxConfiguration;
  const osType = osTypeOf(record);
  const patchSettings = (osType === 'Linux' ? linux : (windows ?? linux))?.patchSettings;
  const patchMode = sharedOrNull(patchSettings?.patchMode);
  const platform = patchSettings?.automaticByPlatformSettings;
  const rebootSetting = rebootSettingOf(platform?.rebootSetting ?? 'Unknown');
  const [, , subscriptionId = '', , resourceGroup = '', , , , name = ''] = record.id.split('/');
  const vm: VirtualMachine = {
    id: VmId.parse(record.id),
    armId: record.id,
    name,
    subscriptionId: shared(subscriptionId),
    resourceGroup: shared(resourceGroup),
    region: regionOf(record.location),
    zone: sharedOrNull(record.zones?.[0]?.toString()),
    ...setOf(record.properties),
    osType,
    vmSize: sharedOrNull(hardwareProfile?.vmSize),
    ...imageOf(storageProfile?.imageReference),
    patchMode,
    enableAutomaticUpdates: windows?.enableAutomaticUpdates ?? null,
    provisionVMAgent: windows?.provisionVMAgent ?? linux?.provisionVMAgent ?? null,
    timeZone: sharedOrNull(windows?.timeZone),
    tags: record.tags ?? NO_TAGS,
    // A VM that is already patched by its platform has been through enablement.
    enabled: patchMode?.toLowerCase() === 'automaticbyplatform',
  };
  const uniqueId = uniqueIdOf(record.properties.vmId);
  const settings = {
    ...(uniqueId === null ? NO_SETTING : { uniqueId }),
    ...(rebootSetting === undefined || rebootSetting === 'Unknown' ? NO_SETTING : { rebootSetting }),
    ...(platform?.bypassPlatformSafetyChecksOnUserSchedule === true ? CUSTOMER_MANAGED : NO_SETTING),
    ...(patchSettings?.assessmentMode?.toLowerCase() === 'automaticbyplatform' ? ASSESSED : NO_SETTING),
  };
  return { vm: { ...vm, ...settings }, instance: instanceOf(record) };
}

/** What repeats through a fleet is in memory once: a fleet of a million VMs has ten million texts, and some thousand different ones. */
const shared = remembered((text: string) => text);
const sharedOrNull = (text: string | null | undefined): string | null =>
  text === null || text === undefined ? null : shared(text);
const regionOf = remembered(regionNameOf);
const setIdOf = remembered((id: string) => AvailabilitySetId.parse(id));
const NO_TAGS = {};

/** An instance of a flexible scale set is a VM of its own, and the set is what must not be down as a whole. */
function setOf({
  availabilitySet,
  virtualMachineScaleSet,
  platformFaultDomain,
  instanceView,
}: VmRecord['properties']): Pick<VirtualMachine, 'availabilitySetId' | 'updateDomain'> {
  if (availabilitySet?.id !== undefined)
    return {
      availabilitySetId: setIdOf(availabilitySet.id),
      updateDomain: instanceView?.platformUpdateDomain ?? null,
    };
  if (virtualMachineScaleSet?.id === undefined) return { availabilitySetId: null, updateDomain: null };
  return {
    availabilitySetId: setIdOf(virtualMachineScaleSet.id),
    updateDomain: instanceView?.platformFaultDomain ?? chosenDomain(platformFaultDomain),
  };
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
const REBOOT_SETTINGS = ['IfRequired', 'Never', 'Always', 'Unknown'] as const;

function rebootSettingOf(written: string): (typeof REBOOT_SETTINGS)[number] | undefined {
  return REBOOT_SETTINGS.find((setting) => setting.toLowerCase() === written.toLowerCase());
}

function osTypeOf({ properties: { storageProfile, osProfile } }: VmRecord): VirtualMachine['osType'] {
  const written = storageProfile?.osDisk?.osType?.toLowerCase();
  if (written === 'windows' || (written === undefined && osProfile?.windowsConfiguration)) return 'Windows';
  if (written === 'linux' || (written === undefined && osProfile?.linuxConfiguration)) return 'Linux';
  return null;
}

type ImageReference = NonNullable<VmRecord['properties']['storageProfile']>['imageReference'];

function imageOf(reference: ImageReference): Pick<VirtualMachine, 'image' | 'customImage' | 'imageId'> {
  const { publisher, offer, sku, version } = reference ?? {};
  const image =
    publisher && offer && sku
      ? {
          publisher: shared(publisher),
          offer: shared(offer),
          sku: shared(sku),
          version: sharedOrNull(version),
        }
      : null;
  const imageId = galleryImageOf(reference);
  const customImage = publisher === undefined || publisher === null || imageId !== undefined;
  return imageId === undefined ? { image, customImage } : { image, customImage, imageId: shared(imageId) };
}

/** An image by id, from a gallery of one's own, of others or of the community: none is a platform image. */
function galleryImageOf(reference: ImageReference): string | undefined {
  const { id, sharedGalleryImageId, communityGalleryImageId } = reference ?? {};
  return [id, sharedGalleryImageId, communityGalleryImageId].find(Boolean) ?? undefined;
}

function instanceOf({ powerState, properties }: VmRecord): ImportedInstance {
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
