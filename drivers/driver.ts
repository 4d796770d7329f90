import { z } from 'zod';
import { HealthSignals } from '../domain/health';
import type { HealthAnswer } from '../domain/health';
import {
  ApiError,
  AvailablePatchSummary,
  ListedPatch,
  PatchInstallationSummary,
  PatchClassification,
} from '../domain/patches';
import type { VmId } from '../domain/ids';
import { RefusalCode } from '../domain/refusals';
import { VirtualMachine } from '../domain/virtualMachine';

/** A page of the inventory. `next` is opaque; null after the last page. */
export interface InventoryPage {
  readonly items: readonly VirtualMachine[];
  /** Subscriptions of which the platform knows that it did not list all: nothing may be concluded from what is missing. */
  readonly incomplete?: readonly { readonly subscriptionId: string; readonly why: string }[];
  /** VMs of the page whose update domain could not be read: their null says nothing. */
  readonly domainsNotRead?: readonly VmId[];
  readonly next: string | null;
}

/** Everything the platform says of one VM now. */
export const VmReading = z.object({
  vm: VirtualMachine,
  powerState: HealthSignals.shape.powerState,
  agent: z.object({ status: HealthSignals.shape.vmAgent, version: z.string().nullable() }),
  /** The patch extension; null when it is not installed. */
  extension: z
    .object({
      version: z.string(),
      latestVersion: z.string(),
      /** What the VM said when the extension failed. Absent: it did not. */
      failure: z.string().exactOptional(),
    })
    .nullable(),
  lastAssessment: AvailablePatchSummary.nullable(),
  /** The last installation, running ones included (status InProgress); the identity of an adopted install. */
  lastInstallation: PatchInstallationSummary.nullable(),
  signals: HealthSignals,
  /** What the guest needs for its updates. Absent when the platform does not say. */
  guest: z
    .object({
      windowsUpdateService: z.enum(['running', 'stopped', 'unknown']),
      updateEndpoint: z.enum(['reachable', 'unreachable', 'unknown']),
    })
    .exactOptional(),
});
export type VmReading = Readonly<z.infer<typeof VmReading>>;

/** What to install. Source: ARM installPatches (`maximumDuration`, `rebootSetting`, classifications, `maxPatchPublishDate`). */
export const InstallRequest = z.object({
  maximumDurationMinutes: z.number().int().positive(),
  classificationsToInclude: z.array(PatchClassification).readonly(),
  rebootSetting: z.enum(['IfRequired', 'Never', 'Always']),
  /** Only patches published at or before this instant; null for no limit. */
  maxPatchPublishDate: z.string().nullable(),
  kbNumbersToInclude: z.array(z.string()).readonly().exactOptional(),
  kbNumbersToExclude: z.array(z.string()).readonly().exactOptional(),
  excludeKbsRequiringReboot: z.boolean().exactOptional(),
  packageNameMasksToInclude: z.array(z.string()).readonly().exactOptional(),
  packageNameMasksToExclude: z.array(z.string()).readonly().exactOptional(),
  /** The rollout this install belongs to, also in catch-up; null for what a person asked for by hand. */
  rolloutId: z.string().nullable(),
  /** See `startAssessment`. */
  activityId: z.string().exactOptional(),
});
export type InstallRequest = Readonly<z.infer<typeof InstallRequest>>;

export const StartAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), operationId: z.string(), retryAfterSeconds: z.number().nullable() }),
  z.object({
    kind: z.literal('refused'),
    code: RefusalCode,
    message: z.string(),
    retryAfterSeconds: z.number().nullable(),
  }),
]);
export type StartAnswer = Readonly<z.infer<typeof StartAnswer>>;

/** `lost`: the platform does not know the operation (any more); read the VM to learn what became of it. */
export const OperationAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('running'), retryAfterSeconds: z.number().nullable() }),
  /** `patches` by name where the platform names them: what is missing, and what became of each that an installation found. */
  z.object({
    kind: z.literal('assessed'),
    summary: AvailablePatchSummary,
    patches: z.array(ListedPatch).readonly().exactOptional(),
  }),
  z.object({
    kind: z.literal('installed'),
    summary: PatchInstallationSummary,
    patches: z.array(ListedPatch).readonly().exactOptional(),
  }),
  z.object({ kind: z.literal('extensionInstalled'), version: z.string() }),
  z.object({ kind: z.literal('failed'), error: ApiError }),
  z.object({ kind: z.literal('lost') }),
]);
export type OperationAnswer = Readonly<z.infer<typeof OperationAnswer>>;

export interface HealthProbe {
  readonly answer: HealthAnswer;
  readonly because: string;
  readonly signals: HealthSignals;
}

/**
 * The platform with the VMs, behind an interface. Long operations are start and read: no call waits. A method that throws has an
 * *unknown* outcome (network, 5xx): its caller must find out, never assume.
 */
export interface FleetDriver {
  readonly kind: 'simulated' | 'served' | 'azure';
  /** Pages in a stable order; at most 500 VMs a page. */
  listVirtualMachines(cursor: string | null): Promise<InventoryPage>;
  /** Null when the VM does not exist (any more). */
  readVirtualMachine(id: VmId): Promise<VmReading | null>;
  /**
   * `activityId`: the id that the activity is to have, for the driver that is the platform itself: on Azure it is that of the request which
   * began it. Others take no notice of it.
   */
  startAssessment(id: VmId, activityId?: string): Promise<StartAnswer>;
  startInstallation(id: VmId, request: InstallRequest): Promise<StartAnswer>;
  /**
   * Installs or updates the patch extension and turns the guest's own automatic updates off where that can be done. What is not done at
   * `notAfterUtc` stops there, and goes on from there when it is started again.
   */
  startExtensionInstallation(id: VmId, notAfterUtc?: string): Promise<StartAnswer>;
  readOperation(operationId: string): Promise<OperationAnswer>;
  probeHealth(id: VmId): Promise<HealthProbe | null>;
}

/** The driver's own log, one line per thing that happened to a VM. The auditor reads this and nothing else. */
export type DriverAction =
  | 'assessmentStarted'
  | 'assessmentCompleted'
  | 'installStarted'
  | 'patchInstalled'
  | 'patchFailed'
  | 'rebootStarted'
  | 'rebootCompleted'
  | 'installCompleted'
  | 'healthProbed'
  | 'poweredOn'
  | 'poweredOff'
  | 'agentLost'
  | 'agentRestored'
  | 'extensionInstalled'
  | 'deleted'
  | 'moved';

/** Members beyond the first ten depend on the action; see docs/events.md. Ids are full ARM ids, null where there is none. */
export interface DriverEvent {
  readonly at: string;
  readonly action: DriverAction;
  readonly vm: string;
  readonly region: string;
  readonly zone: string | null;
  readonly availabilitySet: string | null;
  readonly updateDomain: number | null;
  readonly subscription: string;
  readonly operationId: string | null;
  readonly rolloutId: string | null;
  readonly [detail: string]: unknown;
}
