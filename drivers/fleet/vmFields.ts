import { AvailabilitySetId, isScaleSet } from '../../domain/ids';
import { remembered } from '../../domain/remembered';
import {
  anyText,
  eitherOf,
  flag,
  listOf,
  member,
  object,
  optional,
  text,
  texts,
  textWhere,
  whole,
  type ReadOf,
} from './recordField';
import { beginningOf } from './vmBeginning';

const REBOOT_SETTINGS = ['IfRequired', 'Never', 'Always', 'Unknown'] as const;

export function rebootSettingOf(written: string): (typeof REBOOT_SETTINGS)[number] | undefined {
  return REBOOT_SETTINGS.find((setting) => setting.toLowerCase() === written.toLowerCase());
}

const patchSettings = member({
  patchMode: text,
  assessmentMode: text,
  enableHotpatching: flag,
  automaticByPlatformSettings: member({
    rebootSetting: optional(
      textWhere(
        (written) => rebootSettingOf(written) !== undefined,
        'is not IfRequired, Never, Always or Unknown',
      ),
    ),
    bypassPlatformSafetyChecksOnUserSchedule: flag,
  }),
});

const statuses = optional(listOf(object({ code: text, displayStatus: text })));

const instanceView = member({
  platformUpdateDomain: optional(whole(0)),
  platformFaultDomain: optional(whole(0)),
  vmAgent: member({ vmAgentVersion: text, statuses }),
  statuses,
  /** Azure Resource Graph has the power state alone. */
  powerState: member({ code: text }),
  extensions: optional(listOf(object({ type: text, typeHandlerVersion: text }))),
});

/** Null for what is no id of a set. The VMs of a set share it. */
export const setIdOf = remembered((written: string) => AvailabilitySetId.safeParse(written).data ?? null);

function isSetId(written: string, ofScaleSets: boolean): boolean {
  const id = setIdOf(written);
  return id !== null && isScaleSet(id) === ofScaleSets;
}

/** What is read of a VM below `properties`. */
export const PROPERTIES = {
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
      provisionVMAgent: flag,
      enableAutomaticUpdates: flag,
      timeZone: text,
      patchSettings,
    }),
    linuxConfiguration: member({ provisionVMAgent: flag, patchSettings }),
  }),
  availabilitySet: member({
    id: textWhere((id) => isSetId(id, false), 'is not the id of an availability set'),
  }),
  virtualMachineScaleSet: member({
    id: textWhere((id) => isSetId(id, true), 'is not the id of a scale set'),
  }),
  /** -1: as Azure likes. */
  platformFaultDomain: optional(whole(-1)),
  vmId: text,
  provisioningState: text,
  instanceView,
  /** Of Azure Resource Graph. */
  extended: member({ instanceView }),
};

/** What is read of it beside `properties`. */
export const ENVELOPE = {
  id: textWhere((id) => beginningOf(id) !== null, 'is not the id of a virtual machine'),
  location: textWhere((written) => written.trim() !== '', 'is empty'),
  tags: optional(texts),
  zones: optional(listOf(eitherOf(anyText, whole()))),
  /** Only `az vm list --show-details` prints it: "VM running". */
  powerState: text,
};

/** What Lowtide reads of a VM. Anything else in the record is carried along unread. */
export const VM_RECORD = object({ ...ENVELOPE, properties: object(PROPERTIES) });
export type VmRecord = ReadOf<typeof ENVELOPE> & { readonly properties: ReadOf<typeof PROPERTIES> };
