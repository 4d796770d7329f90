import { isScaleSet } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { z } from 'zod';
import { patchingIn, type PatchingInVersion } from '../../domain/apiVersion';
import { effectivePatchMode } from '../../domain/patchMode';
import type { AvailablePatchSummary, PatchInstallationSummary } from '../../domain/patches';
import { unmetRequirements } from '../../domain/requirements';
import type { VmState } from '../../domain/vmState';
import type { VmReading } from '../../drivers/driver';
import { patchExtensionName, PATCH_EXTENSION_PUBLISHER } from '../patching/patchExtension';
import { armTime } from '../http/armTime';
import type { JsonObject } from '../http/json';

/** What an instance view is made of: the model as its owner wrote it, what the platform says now, what Lowtide remembers. */
export interface InstanceViewSource {
  readonly model: JsonObject;
  readonly provisioningState: string;
  readonly provisionedUtc: string;
  readonly createdUtc: string;
  /** The VM is new, and its agent has not reported yet. */
  readonly isAgentNew: boolean;
  readonly reading: VmReading;
  readonly state: VmState;
  /** Of the request: the shapes follow it. */
  readonly apiVersion: string;
  readonly nowUtc: string;
}

/** An instance of a scale set has no update domain; what Lowtide calls so is its fault domain. */
function domainsOf({ availabilitySetId, updateDomain }: VirtualMachine, faultDomain?: number): JsonObject {
  return availabilitySetId !== null && isScaleSet(availabilitySetId)
    ? { platformFaultDomain: updateDomain ?? faultDomain }
    : { platformUpdateDomain: updateDomain ?? undefined, platformFaultDomain: faultDomain };
}

/** VirtualMachineInstanceView, bare. */
export function instanceViewBody(source: InstanceViewSource): JsonObject {
  const { reading, provisioningState, provisionedUtc, createdUtc } = source;
  const { vm } = reading;
  const { osProfile, storageProfile, instanceView } = ModelFacts.parse(source.model).properties ?? {};
  const patchStatus = patchStatusOf(source);
  const disk = storageProfile?.osDisk?.name;
  const isCreating = provisioningState === 'Creating';
  const powerState = isCreating ? 'running' : reading.powerState;
  const guest = isCreating || powerState === 'deallocated' ? null : guestOf(source);
  const provisioned = isCreating ? undefined : armTime(provisionedUtc);
  return {
    ...domainsOf(vm, instanceView?.platformFaultDomain),
    computerName: guest?.isReporting === true ? (osProfile?.computerName ?? vm.name) : undefined,
    osName: guest?.os?.name,
    osVersion: guest?.os?.version,
    vmAgent: guest?.vmAgent,
    disks:
      typeof disk === 'string'
        ? [
            {
              name: disk,
              statuses: [
                {
                  ...status('ProvisioningState/succeeded', 'Provisioning succeeded'),
                  time: provisioned ?? armTime(createdUtc),
                },
              ],
            },
          ]
        : undefined,
    extensions: guest?.extensions,
    hyperVGeneration: 'V1',
    statuses: [
      { ...provisioningStatus(provisioningState), time: provisioned },
      status(`PowerState/${powerState}`, `VM ${powerState}`),
    ],
    patchStatus,
  };
}

interface GuestView {
  readonly isReporting: boolean;
  readonly os: { readonly name: string; readonly version: string } | null;
  readonly vmAgent: JsonObject | undefined;
  readonly extensions: JsonObject[] | undefined;
}

/** What the guest reports, or reported last: a VM that is stopped and not deallocated goes on saying Ready (20). */
function guestOf({ reading, nowUtc, isAgentNew }: InstanceViewSource): GuestView {
  const { agent, powerState } = reading;
  const isReporting = agent.status === 'ready' || (powerState === 'stopped' && agent.version !== null);
  const extensions = extensionViews(reading);
  return {
    isReporting,
    os: isReporting ? operatingSystemOf(reading) : null,
    vmAgent: vmAgentOf(reading, { isReporting, isAgentNew, time: armTime(nowUtc) }),
    extensions: extensions.length > 0 ? extensions : undefined,
  };
}

const text = z.string().nullish().catch(null);
const part = <T extends z.ZodRawShape>(shape: T) => z.looseObject(shape).nullish().catch(null);

/** The little of a model that is shown again in the instance view. */
const ModelFacts = z.looseObject({
  properties: part({
    osProfile: part({ computerName: text }),
    storageProfile: part({ osDisk: part({ name: text }) }),
    instanceView: part({ platformFaultDomain: z.number().int().optional().catch(undefined) }),
  }),
});

/**
 * the latest assessment and the last installation, whether Lowtide or the platform knows of the newer one. While
 * enablement is under way there is nothing but its configuration status.
 */
function patchStatusOf({ reading, state, apiVersion, nowUtc }: InstanceViewSource): JsonObject | undefined {
  const assessment = newest(reading.lastAssessment, state.lastAssessment);
  const installation = newest(reading.lastInstallation, state.lastInstallation);
  const shapes = patchingIn(apiVersion);
  const statuses = shapes.configurationStatuses ? configurationStatuses(reading, state, nowUtc) : [];
  if (assessment === null && installation === null && statuses.length === 0) return undefined;
  return {
    availablePatchSummary: assessment === null ? undefined : availablePatchSummary(assessment),
    lastPatchInstallationSummary:
      installation === null ? undefined : lastPatchInstallationSummary(installation, shapes),
    configurationStatuses: statuses.length > 0 ? statuses : undefined,
  };
}

interface Dated {
  readonly startTime: string;
  readonly lastModifiedTime: string;
}

function newest<T extends Dated>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  if (a.startTime !== b.startTime) return a.startTime > b.startTime ? a : b;
  return a.lastModifiedTime >= b.lastModifiedTime ? a : b;
}

function availablePatchSummary({ error, ...summary }: AvailablePatchSummary): JsonObject {
  return {
    ...summary,
    startTime: armTime(summary.startTime),
    lastModifiedTime: armTime(summary.lastModifiedTime),
    error: error ?? undefined,
  };
}

/** Where there is no installPatches, the reboot is reported here. */
function lastPatchInstallationSummary(
  { error, rebootStatus, ...summary }: PatchInstallationSummary,
  { installPatches }: PatchingInVersion,
): JsonObject {
  return {
    ...summary,
    startTime: armTime(summary.startTime),
    lastModifiedTime: armTime(summary.lastModifiedTime),
    rebootStatus: installPatches ? undefined : rebootStatus,
    startedBy: installPatches ? undefined : 'Lowtide',
    error: error ?? undefined,
  };
}

/** Pending until enablement is complete, with everything that stands in its way; then Ready. */
function configurationStatuses(reading: VmReading, state: VmState, nowUtc: string): JsonObject[] {
  const mode = effectivePatchMode(reading.vm);
  if (mode.kind !== 'mode' || mode.mode !== 'AutomaticByPlatform') return [];
  const { enablement } = state;
  // An imported VM was enabled before Lowtide knew it: that was never written down.
  const ready = reading.vm.enabled && (enablement === null || enablement.kind === 'ready');
  const time = enablement?.sinceUtc ?? nowUtc;
  const message = enablement === null || enablement.detail === '' ? undefined : enablement.detail;
  if (ready) return [{ ...configurationStatus('Ready', 'Info', time), message }];
  const unmet = unmetRequirements(reading);
  if (unmet.length > 0)
    return unmet.map((lack) => ({
      ...configurationStatus('Pending', 'Error', time),
      message: `${lack.code}: ${lack.message}`,
    }));
  return [{ ...configurationStatus('Pending', 'Info', time), message }];
}

function configurationStatus(state: 'Pending' | 'Ready', level: Level, time: string): JsonObject {
  const displayStatus = `Status_PatchModeConfigurationState_${state}`;
  return { code: `PatchModeConfigurationState/${state}`, level, displayStatus, time: armTime(time) };
}

function vmAgentOf(
  reading: VmReading,
  {
    isReporting,
    isAgentNew,
    time,
  }: { readonly isReporting: boolean; readonly isAgentNew: boolean; readonly time: string },
): JsonObject {
  if (isReporting) {
    const message =
      reading.vm.osType === 'Windows'
        ? 'GuestAgent is running and processing the extensions.'
        : 'Guest Agent is running';
    return {
      vmAgentVersion: reading.agent.version ?? 'Unknown',
      statuses: [{ ...status('ProvisioningState/succeeded', 'Ready'), message, time }],
      extensionHandlers: extensionHandlers(reading),
    };
  }
  const message = isAgentNew
    ? 'VM status blob is found but not yet populated.'
    : 'The VM agent does not report.';
  return {
    vmAgentVersion: isAgentNew ? 'Unknown' : (reading.agent.version ?? 'Unknown'),
    statuses: [{ ...status('ProvisioningState/Unavailable', 'Not Ready', 'Warning'), message, time }],
    extensionHandlers: isAgentNew ? undefined : extensionHandlers(reading),
  };
}

function extensionHandlers({ vm, extension }: VmReading): JsonObject[] {
  if (extension === null) return [];
  const type = `${PATCH_EXTENSION_PUBLISHER}.${patchExtensionName(vm.osType)}`;
  const ready = status('ProvisioningState/succeeded', 'Ready');
  return [{ type, typeHandlerVersion: extension.version, status: ready }];
}

/** the patch extension, once it is installed. */
function extensionViews({ vm, extension }: VmReading): JsonObject[] {
  if (extension === null) return [];
  const name = patchExtensionName(vm.osType);
  return [
    {
      name,
      type: `${PATCH_EXTENSION_PUBLISHER}.${name}`,
      typeHandlerVersion: extension.version,
      statuses: [
        extension.failure === undefined
          ? status('ProvisioningState/succeeded', 'Provisioning succeeded')
          : {
              ...status('ProvisioningState/failed/1', 'Provisioning failed', 'Error'),
              message: extension.failure,
            },
      ],
    },
  ];
}

type Level = 'Info' | 'Warning' | 'Error';

function status(code: string, displayStatus: string, level: Level = 'Info'): JsonObject {
  return { code, level, displayStatus };
}

function provisioningStatus(provisioningState: string): JsonObject {
  const state = provisioningState.toLowerCase();
  const isUnderWay = ['creating', 'updating', 'deleting'].includes(state);
  const displayStatus = isUnderWay ? provisioningState : `Provisioning ${state}`;
  return status(`ProvisioningState/${state}`, displayStatus, state === 'failed' ? 'Error' : 'Info');
}

function operatingSystemOf({ vm }: VmReading): { readonly name: string; readonly version: string } {
  const sku = vm.image?.sku ?? '';
  if (vm.osType === 'Windows')
    return {
      name: `Windows Server ${sku.split('-').slice(0, 2).join(' ')}`.trim(),
      version: sku.includes('2012') ? '6.3' : '10.0',
    };
  const isRedHat = /redhat/i.test(vm.image?.publisher ?? '');
  return { name: isRedHat ? 'rhel' : 'ubuntu', version: sku.split('-')[0] ?? '' };
}
