import { remembered } from '../../domain/remembered';

/** Members of VMs, sets, extensions, patch requests and templates as the REST API spells them. Source: arm-contract, section 4, and the SDK's models. */
const NAMES = `
additionalUnattendContent allowedValues apiVersion autoUpgradeMinorVersion capacityReservationGroup classificationsToInclude comments condition copy
defaultValue dependsOn deleteDataDisk diskIOPSReadWrite diskMBpsReadWrite enableAutomaticUpgrade encryptionSettings excludeKbsRequiringReboot forceUpdateTag
galleryApplications hibernationEnabled isOSImage kbNumbersToExclude kbNumbersToInclude lun maintenanceRunId maxPatchPublishDate maxPrice
managementGroups maximumDuration mode networkApiVersion networkInterfaceConfigurations notBeforeTimeout outputs packageNameMasksToExclude
packageNameMasksToInclude options parameters primary priority protectedSettings protectedSettingsFromKeyVault query resultFormat scope secrets secureBootEnabled
settings subscriptions suppressFailures sourceVault storageUri template terminateNotificationProfile userAssignedIdentities value vCPUsAvailable vCPUsPerCore
vTpmEnabled vaultCertificates variables vmSizeProperties windowsParameters linuxParameters writeAcceleratorEnabled
additionalCapabilities adminPassword adminUsername allowExtensionOperations applicationProfile assessmentMode automaticByPlatformSettings
availabilitySet billingProfile bypassPlatformSafetyChecksOnUserSchedule capacityReservation communityGalleryImageId computerName createOption
customData dataDisks deleteOption diagnosticsProfile diffDiskSettings diskControllerType diskSizeGB disablePasswordAuthentication
displayStatus enableAutomaticUpdates enableHotpatching enableVMAgentPlatformUpdates encryptionAtHost evictionPolicy exactVersion
extendedLocation extensionHandlers extensionsTimeBudget hardwareProfile hostGroup hyperVGeneration imageReference instanceView keyData
licenseType linuxConfiguration managedBy managedDisk networkInterfaces networkProfile nextLink osDisk osName osProfile osType osVersion
patchMode patchSettings platformFaultDomain platformFaultDomainCount platformUpdateDomain platformUpdateDomainCount powerState
provisionVMAgent provisioningState proximityPlacementGroup publicKeys rebootSetting requireGuestProvisionSignal resourceGroup
scheduledEventsProfile securityProfile securityType sharedGalleryImageId storageAccountType storageProfile timeCreated timeZone
typeHandlerVersion uefiSettings ultraSSDEnabled userData virtualMachineScaleSet vmAgent vmAgentVersion vmId vmSize
windowsConfiguration winRM
code etag extensions id identity level location message name offer plan properties publisher resources sku ssh statuses tags type version zones`;

/** By lower-cased name. The second part: names of Get-AzVM and of Azure Resource Graph for members that have another in the REST API. */
const SPELLING: ReadonlyMap<string, string> = new Map([
  ...NAMES.trim()
    .split(/\s+/)
    .map((name) => [name.toLowerCase(), name] as const),
  ['availabilitysetreference', 'availabilitySet'],
  ['resourcegroupname', 'resourceGroup'],
]);

/** Below these a member is named by its owner, and its name is kept as it is. */
const NAMED_BY_OWNER: ReadonlySet<string> = new Set([
  'tags',
  'userassignedidentities',
  'settings',
  'protectedsettings',
]);

export interface Spelling {
  readonly name: string;
  /** Below it, names are its owner's. */
  readonly isNamedByOwner: boolean;
}

/** How the REST API spells a member: ARM reads names without regard to case, and so does Lowtide. */
export const spellingOf = remembered((member: string): Spelling => {
  const lower = member.toLowerCase();
  const isCapitals = member === member.toUpperCase();
  const name = SPELLING.get(lower) ?? (isCapitals ? lower : member.charAt(0).toLowerCase() + member.slice(1));
  return { name, isNamedByOwner: NAMED_BY_OWNER.has(lower) };
});

/** What ConvertTo-Json prints as a number, unless it is asked for -EnumsAsStrings: the names of the enumeration of Get-AzVM, in its order. */
const NUMBERED: ReadonlyMap<string, readonly string[]> = new Map([['osType', ['Windows', 'Linux']]]);

/** The value of a member as the REST API has it. */
export function restValue(member: string, value: unknown): unknown {
  return typeof value === 'number' ? (NUMBERED.get(member)?.[value] ?? value) : value;
}
