/**
 * The queries of Resource Graph that the driver sends, in its language. Each projects `id` and is in its order: without the one there is no
 * token for the next page, without the other pages repeat rows and miss some (azure-driver-facts, section 5). The simulated Azure serves these
 * and no others.
 */
export const QUERIES = {
  virtualMachines: `resources
| where type =~ 'microsoft.compute/virtualmachines'
| extend os = tostring(properties.storageProfile.osDisk.osType)
| extend cfg = iff(os =~ 'Windows', properties.osProfile.windowsConfiguration, properties.osProfile.linuxConfiguration)
| extend img = properties.storageProfile.imageReference
| extend key = tolower(id)
| project id, key, subscriptionId, location, zones, tags, os, vmId = tostring(properties.vmId),
    vmSize = tostring(properties.hardwareProfile.vmSize),
    availabilitySet = tostring(coalesce(properties.availabilitySet.id, properties.virtualMachineScaleSet.id)),
    publisher = tostring(img.publisher), offer = tostring(img.offer), sku = tostring(img.sku),
    version = tostring(img.version),
    imageId = tostring(coalesce(img.id, img.sharedGalleryImageId, img.communityGalleryImageId)),
    timeZone = tostring(cfg.timeZone), provisionVMAgent = tobool(cfg.provisionVMAgent),
    enableAutomaticUpdates = tobool(cfg.enableAutomaticUpdates),
    patchMode = tostring(cfg.patchSettings.patchMode), assessmentMode = tostring(cfg.patchSettings.assessmentMode),
    rebootSetting = tostring(cfg.patchSettings.automaticByPlatformSettings.rebootSetting),
    bypass = tobool(cfg.patchSettings.automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule)
| order by key asc`,
  subscriptions: `resourcecontainers
| where type =~ 'microsoft.resources/subscriptions'
| project id, subscriptionId, name, state = tostring(properties.state)
| order by subscriptionId asc`,
  assignments: `maintenanceresources
| where type =~ 'microsoft.maintenance/configurationassignments'
| project id, resourceId = tostring(properties.resourceId),
    configuration = tostring(properties.maintenanceConfigurationId), filter = properties.filter
| order by id asc`,
  assessments: `patchassessmentresources
| where type =~ 'microsoft.compute/virtualmachines/patchassessmentresults'
| project id, status = tostring(properties.status), assessmentActivityId = tostring(properties.assessmentActivityId),
    rebootPending = tobool(properties.rebootPending),
    availablePatchCountByClassification = properties.availablePatchCountByClassification,
    startDateTime = tostring(properties.startDateTime), lastModifiedDateTime = tostring(properties.lastModifiedDateTime)
| order by id asc`,
} as const;
export type QueryName = keyof typeof QUERIES;

/** White space makes no difference. */
export const plainQuery = (query: string): string => query.replaceAll(/\s+/g, ' ').trim();
