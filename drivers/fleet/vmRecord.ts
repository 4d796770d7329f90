import { z } from 'zod';
import { AvailabilitySetId, VmId } from '../../domain/ids';
import { regionNameOf } from '../../domain/regions';
import type { VirtualMachine } from '../../domain/virtualMachine';

const text = z.string().nullish();
const member = <T extends z.ZodRawShape>(shape: T) => z.looseObject(shape).nullish();

const PatchSettings = member({ patchMode: text });

const InstanceView = member({
  platformUpdateDomain: z.number().int().nonnegative().nullish(),
  vmAgent: member({ vmAgentVersion: text }),
  statuses: z.array(z.looseObject({ code: text })).nullish(),
  extensions: z.array(z.looseObject({ type: text, typeHandlerVersion: text })).nullish(),
});

const isVmId = (value: unknown): boolean => VmId.safeParse(value).success;
const isSetId = (value: unknown): boolean => AvailabilitySetId.safeParse(value).success;

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
    instanceView: InstanceView,
  }),
});
type VmRecord = z.infer<typeof VmRecord>;

/** What a file may say of a VM's present state. Null: the file does not say. */
export interface ImportedInstance {
  readonly running: boolean | null;
  readonly agentVersion: string | null;
  readonly extensionVersion: string | null;
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
  const { hardwareProfile, storageProfile, osProfile, availabilitySet, instanceView } = record.properties;
  const windows = osProfile?.windowsConfiguration;
  const linux = osProfile?.linuxConfiguration;
  const osType = osTypeOf(record);
  const patchMode = (osType === 'Linux' ? linux : (windows ?? linux))?.patchSettings?.patchMode ?? null;
  const setId = availabilitySet?.id;
  const [, , subscriptionId = '', , resourceGroup = '', , , , name = ''] = record.id.split('/');
  const vm: VirtualMachine = {
    id: VmId.parse(record.id),
    armId: record.id,
    name,
    subscriptionId,
    resourceGroup,
    region: regionNameOf(record.location),
    zone: record.zones?.[0]?.toString() ?? null,
    availabilitySetId: setId === undefined ? null : AvailabilitySetId.parse(setId),
    updateDomain: setId === undefined ? null : (instanceView?.platformUpdateDomain ?? null),
    osType,
    vmSize: hardwareProfile?.vmSize ?? null,
    ...imageOf(storageProfile?.imageReference),
    patchMode,
    enableAutomaticUpdates: windows?.enableAutomaticUpdates ?? null,
    provisionVMAgent: windows?.provisionVMAgent ?? linux?.provisionVMAgent ?? null,
    timeZone: windows?.timeZone ?? null,
    tags: record.tags ?? {},
    // A VM that is already patched by its platform has been through enablement.
    enabled: patchMode?.toLowerCase() === 'automaticbyplatform',
  };
  return { vm, instance: instanceOf(record) };
}

function osTypeOf({ properties: { storageProfile, osProfile } }: VmRecord): VirtualMachine['osType'] {
  const written = storageProfile?.osDisk?.osType?.toLowerCase();
  if (written === 'windows' || (written === undefined && osProfile?.windowsConfiguration)) return 'Windows';
  if (written === 'linux' || (written === undefined && osProfile?.linuxConfiguration)) return 'Linux';
  return null;
}

type ImageReference = NonNullable<VmRecord['properties']['storageProfile']>['imageReference'];

function imageOf(reference: ImageReference): Pick<VirtualMachine, 'image' | 'customImage'> {
  const { publisher, offer, sku, version } = reference ?? {};
  const image = publisher && offer && sku ? { publisher, offer, sku, version: version ?? null } : null;
  return { image, customImage: publisher === undefined || publisher === null || isGallery(reference) };
}

/** An image by id, from a gallery of one's own, of others or of the community: none is a platform image. */
function isGallery(reference: ImageReference): boolean {
  const { id, sharedGalleryImageId, communityGalleryImageId } = reference ?? {};
  return [id, sharedGalleryImageId, communityGalleryImageId].some(Boolean);
}

function instanceOf({ powerState, properties: { instanceView } }: VmRecord): ImportedInstance {
  const code = instanceView?.statuses
    ?.map((status) => status.code ?? '')
    .find((c) => /^PowerState\//i.test(c));
  const power = (code?.split('/')[1] ?? powerState?.replace(/^VM /i, ''))?.toLowerCase();
  const extension = instanceView?.extensions?.find((e) =>
    /(Linux|Windows)PatchExtension$/i.test(e.type ?? ''),
  );
  return {
    running: power === undefined ? null : power === 'running' || power === 'starting',
    agentVersion: instanceView?.vmAgent?.vmAgentVersion ?? null,
    extensionVersion: extension?.typeHandlerVersion ?? null,
  };
}
