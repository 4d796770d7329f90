import { z } from 'zod';
import { AvailabilitySetId, VmId } from './ids';

/** Publisher, offer and SKU of a platform image, as first written. */
export const PlatformImage = z.object({
  publisher: z.string(),
  offer: z.string(),
  sku: z.string(),
  version: z.string().nullable(),
});

/**
 * In whose hands the patches of a VM are. `shared`: Azure leaves them alone, and the guest's own updater may not. `because` says what was seen,
 * for people.
 */
export const PatchControl = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('inCharge') }),
  z.object({ kind: z.literal('shared'), because: z.string() }),
  z.object({ kind: z.literal('notInCharge'), because: z.string() }),
]);
export type PatchControl = Readonly<z.infer<typeof PatchControl>>;

/** What Lowtide needs to know of a VM's model, whatever driver it came from. Null stands for «not given». */
export const VirtualMachine = z.object({
  id: VmId,
  /** The ARM id in the case it was first written in; for people and for the wire. */
  armId: z.string(),
  /** Azure's `vmId`: the GUID of the machine, which it keeps when it is moved to another resource group or subscription. */
  uniqueId: z.string().exactOptional(),
  name: z.string(),
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  /** Lower-cased, without spaces: `eastus`. May be a region Lowtide has never heard of. */
  region: z.string(),
  /** `1`, `2`, … or null for a VM without a zone, which may sit in any. */
  zone: z.string().nullable(),
  availabilitySetId: AvailabilitySetId.nullable(),
  updateDomain: z.number().int().nonnegative().nullable(),
  osType: z.enum(['Windows', 'Linux']).nullable(),
  vmSize: z.string().nullable(),
  image: PlatformImage.nullable(),
  /** True when the image is a custom or gallery image (`imageReference.id`) or there is no image at all (an attached disk). */
  customImage: z.boolean(),
  /** Id of that image, as written: of a gallery, with or without version, or a managed image. Absent where there is none. */
  imageId: z.string().exactOptional(),
  /** As written in `patchSettings.patchMode`; null lets the default of the OS apply. */
  patchMode: z.string().nullable(),
  enableAutomaticUpdates: z.boolean().nullable(),
  /** `automaticByPlatformSettings.rebootSetting`: how installations in AutomaticByPlatform reboot. Absent: not given, which is IfRequired. */
  rebootSetting: z.enum(['IfRequired', 'Never', 'Always']).exactOptional(),
  /** `automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule` is true: a schedule of its owner installs its patches. */
  customerManagedSchedule: z.literal(true).exactOptional(),
  /** `patchSettings.assessmentMode` asks the platform to assess it every day, whatever installs its patches. */
  assessmentMode: z.literal('AutomaticByPlatform').exactOptional(),
  /** What the driver found out about that. Absent where the driver is the platform itself: then the patch mode says it. */
  control: PatchControl.exactOptional(),
  provisionVMAgent: z.boolean().nullable(),
  /** `osProfile.windowsConfiguration.timeZone`, a Windows time-zone name. */
  timeZone: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  /** Enablement is complete: the patch extension is installed and native updates are off (or reported). */
  enabled: z.boolean(),
});
export type VirtualMachine = Readonly<z.infer<typeof VirtualMachine>>;
