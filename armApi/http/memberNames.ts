import { isObject } from './json';

/** Every member that Lowtide reads of a body, as ARM spells it. Source: arm-contract, section 4. */
const SPELLED = [
  ...[
    'id',
    'name',
    'type',
    'location',
    'tags',
    'zones',
    'plan',
    'identity',
    'sku',
    'properties',
    'extendedLocation',
  ],
  ...[
    'hardwareProfile',
    'vmSize',
    'storageProfile',
    'imageReference',
    'publisher',
    'offer',
    'version',
    'osDisk',
  ],
  ...[
    'osType',
    'createOption',
    'dataDisks',
    'managedDisk',
    'diskSizeGB',
    'sharedGalleryImageId',
    'communityGalleryImageId',
  ],
  ...['osProfile', 'computerName', 'adminUsername', 'adminPassword', 'customData', 'userData', 'secrets'],
  ...['windowsConfiguration', 'linuxConfiguration', 'provisionVMAgent', 'enableAutomaticUpdates', 'timeZone'],
  ...[
    'additionalUnattendContent',
    'disablePasswordAuthentication',
    'ssh',
    'publicKeys',
    'enableVMAgentPlatformUpdates',
  ],
  ...['patchSettings', 'patchMode', 'assessmentMode', 'enableHotpatching', 'automaticByPlatformSettings'],
  ...['rebootSetting', 'bypassPlatformSafetyChecksOnUserSchedule', 'networkProfile', 'networkInterfaces'],
  ...[
    'availabilitySet',
    'virtualMachineScaleSet',
    'proximityPlacementGroup',
    'licenseType',
    'securityProfile',
  ],
  ...[
    'instanceView',
    'provisioningState',
    'vmId',
    'timeCreated',
    'platformFaultDomain',
    'priority',
    'evictionPolicy',
  ],
  ...['platformUpdateDomainCount', 'platformFaultDomainCount', 'protectedSettings', 'diagnosticsProfile'],
  ...[
    'maximumDuration',
    'windowsParameters',
    'linuxParameters',
    'classificationsToInclude',
    'kbNumbersToInclude',
  ],
  ...['kbNumbersToExclude', 'excludeKbsRequiringReboot', 'maxPatchPublishDate', 'packageNameMasksToInclude'],
  ...[
    'packageNameMasksToExclude',
    'maintenanceRunId',
    'mode',
    'template',
    'resources',
    'apiVersion',
    'dependsOn',
  ],
  ...['parameters', 'variables', 'outputs', 'condition', 'comments', 'copy', 'scope', 'resourceGroup'],
] as const;

const spelling: ReadonlyMap<string, string> = new Map(SPELLED.map((name) => [name.toLowerCase(), name]));

/** What is under these is named by its owner, letter by letter. */
const OF_THE_OWNER: ReadonlySet<string> = new Set(['tags', 'parameters', 'variables', 'outputs']);

/**
 * A body with its members spelled as ARM spells them: ARM reads member names without regard to case, and of two that are one it takes the
 * last. Names that are not known stay as they are.
 */
export function spelledByArm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelledByArm);
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [written, inner] of Object.entries(value)) {
    const member = spelling.get(written.toLowerCase()) ?? written;
    result[member] = OF_THE_OWNER.has(member) ? inner : spelledByArm(inner);
  }
  return result;
}
