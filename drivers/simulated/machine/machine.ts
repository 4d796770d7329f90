import type {
  ApiError,
  AvailablePatchSummary,
  PatchStatus,
  PatchInstallationSummary,
} from '../../../domain/patches';
import { defaultPolicy } from '../../../domain/policy';
import { chance, hash53 } from '../../../domain/seed';
import { tagOf } from '../../../domain/tags';
import { timeZoneOf } from '../../../domain/timeZone';
import type { VirtualMachine } from '../../../domain/virtualMachine';
import type { z } from 'zod';
import type { ImportedInstance } from '../../fleet/vmRecord';
import type { DriverAction } from '../../driver';
import { NO_INTERVALS, type Interval, type MonthIndex } from '../calendar';
import type { PatchView } from '../patches/patchCatalogue';
import type { PatchSeries } from '../patches/patchSeries';
import type { PatchSource } from '../patches/patchSource';
import { guidOf } from '../guid';
import { MINUTE_MS } from '../../../domain/timeUnits';
import { POWER_HABIT_TAG, powerHabitOf, type PowerHabit } from './powerHabits';
import type { Effect } from '../scenario';

/** Something that happens to a VM at an instant; members that all events of the VM share are added when it is logged. */
export interface Step {
  readonly atMs: number;
  readonly action: DriverAction;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Of patchInstalled: what the VM has from then on. */
  readonly installed?: { readonly series: PatchSeries; readonly version: number };
}

export type FaultKind = 'unhealthy' | 'unknown' | 'flapping' | 'rebootHangs';
/** What an update left behind. */
export interface Fault extends Interval {
  readonly kind: FaultKind;
}

export interface AssessmentResult {
  readonly status: PatchStatus;
  readonly criticalAndSecurityPatchCount: number;
  readonly otherPatchCount: number;
  readonly error: z.infer<typeof ApiError> | null;
}

/** What an installation found when it began. */
export interface FoundPatches {
  readonly selected: readonly AvailablePatch[];
  readonly excluded: readonly AvailablePatch[];
  readonly notSelected: readonly AvailablePatch[];
}

export type InstallationResult = Omit<
  PatchInstallationSummary,
  'installationActivityId' | 'startTime' | 'lastModifiedTime'
>;

interface OperationBase {
  readonly machine: Machine;
  /** What was started on the VM is counted from 1. */
  readonly ordinal: number;
  readonly startMs: number;
  /** When it ends. May come earlier than first foreseen: the VM is powered off or deleted. */
  endMs: number;
  /** Forgotten by the platform: it answers that it does not know the operation. */
  lost: boolean;
}
/** Kept small: there are ten a month for every VM. */
export interface Assessment extends OperationBase {
  readonly kind: 'assessment';
  /** Its end was logged by the request that cut it short. */
  endLoggedElsewhere: boolean;
  readonly rebootPending: boolean;
  result: AssessmentResult;
}
export interface Installation extends OperationBase {
  readonly kind: 'installation';
  readonly rolloutId: string | null;
  steps: readonly Step[];
  /** All that were selected, tried or not. */
  readonly selectedCount: number;
  readonly found: FoundPatches;
  result: InstallationResult;
  /** The platform reports an error instead of a result. */
  readonly outrightError: boolean;
  faults: readonly Fault[];
  agentGap: Interval | null;
}
export interface ExtensionInstallation extends OperationBase {
  readonly kind: 'extension';
  steps: readonly Step[];
  readonly version: string;
  /** When all of it would be done; it may be stopped before. */
  readonly doneMs: number;
  /** What the VM had before it. */
  readonly before: Pick<Machine, 'extensionMs' | 'enabledMs'>;
  failed: z.infer<typeof ApiError> | null;
}
export type Operation = Assessment | Installation | ExtensionInstallation;

/** What was made to show an operation. */
export interface Shown {
  readonly operation: Operation;
  operationId: string | null;
  activityId: string | null;
  assessed: Ended<AssessmentResult, AvailablePatchSummary> | null;
  installed: Ended<InstallationResult, PatchInstallationSummary> | null;
}

/** The summary of an operation that has ended. It is of this result and end: one that is cut short afterwards has others. */
interface Ended<Result, Summary> {
  readonly result: Result;
  readonly endMs: number;
  readonly summary: Summary;
}

/** An effect of a scenario that concerns the VM, and while which it was loaded. */
export interface ActiveEffect extends Interval {
  readonly effect: Effect;
  /** In [0, 1): drawn once for this VM and effect. */
  readonly random: number;
}

/** Switched by a request, rather than by the habit of its owner. */
export interface PowerSwitch {
  readonly atMs: number;
  readonly on: boolean;
  readonly deallocated: boolean;
}

/** One simulated VM: what it is, and what was done to it. All else follows from these and the time. */
export interface Machine {
  readonly index: number;
  /** Its owner may change it. */
  vm: VirtualMachine;
  /** The set's id in the case it was written in; one and the same for all its members. */
  readonly setArmId: string | null;
  /** Seed of everything random about this VM. */
  readonly vmSeed: number;
  /** How long a minute of its work takes: less than a minute where people watch in real time. */
  readonly minuteMs: number;
  readonly bornMs: number;
  /** Deleted, or replaced with its fleet. */
  goneMs: number;
  readonly agentVersion: string;
  /** The file that named the VM says that its agent does not report. */
  readonly agentSilent: boolean;
  /** When the agent of a VM that was created here reports for the first time. */
  agentSinceMs: number;
  /** The GUID of this very VM: it keeps it when it is moved, and another VM of the same name has another. */
  readonly vmId: string;
  readonly habit: PowerHabit;
  readonly zone: () => string;
  readonly source: PatchSource;
  readonly view: PatchView;
  readonly baselineMs: number;
  /** By series key; what was installed by operations that are over. */
  readonly installed: Map<string, number>;
  effects: readonly ActiveEffect[];
  readonly switches: PowerSwitch[];
  /** What was started on it, in order: the one with ordinal 1 first. */
  readonly operations: Operation[];
  current: Operation | null;
  lastAssessment: Assessment | null;
  lastInstallation: Installation | null;
  /** Installations whose faults or silent agent may outlast them. */
  readonly installationsWithFaults: Installation[];
  /** When the patch extension was installed last; Infinity when it is not there. */
  extensionMs: number;
  /** When enablement was completed; Infinity when it was not. */
  enabledMs: number;
  /** What is left of an extension's work that was stopped; null when there is nothing to go on with. */
  extensionLeftMs: number | null;
  readonly offByMonth: Map<MonthIndex, readonly Interval[]>;
  /** When its agent is silent by itself, in the month that was asked for last and the one before. */
  silent: { readonly month: MonthIndex; readonly gaps: readonly Interval[] };
  readonly shown: Record<Operation['kind'], Shown | null>;
}

export const NEVER_SILENT: Machine['silent'] = { month: NaN, gaps: NO_INTERVALS };

export interface MachineModel {
  readonly index: number;
  readonly vm: VirtualMachine;
  readonly setArmId: string | null;
  readonly instance: ImportedInstance | undefined;
  readonly source: PatchSource;
  readonly view: PatchView;
}

/** Azure's agents of the year, new enough for guest patching. */
const AGENT_VERSIONS = { Linux: '2.9.1.1', Windows: '2.7.41491.1095' } as const;

export function machineOf(model: MachineModel, seed: number, bornMs: number, pace = 1): Machine {
  const { vm, instance, view } = model;
  const vmSeed = hash53(vm.id, seed);
  const offAs = instance?.power === 'stopped' || instance?.power === 'deallocated' ? instance.power : null;
  return {
    index: model.index,
    vm,
    setArmId: model.setArmId,
    vmSeed,
    minuteMs: MINUTE_MS / pace,
    bornMs,
    goneMs: Infinity,
    agentVersion: instance?.agentVersion ?? AGENT_VERSIONS[vm.osType ?? 'Linux'],
    agentSilent: instance?.agentStatus === 'notReady',
    agentSinceMs: -Infinity,
    vmId: instance?.vmId ?? guidOf(vmSeed, bornMs, 'vmId'),
    habit: powerHabitOf(tagOf(vm.tags, POWER_HABIT_TAG), chance(vmSeed, 'habit')),
    zone: () => timeZoneOf(vm, defaultPolicy).zone,
    source: model.source,
    view,
    baselineMs: view.baselineMs(bornMs, chance(vmSeed, 'baseline')),
    installed: new Map(),
    effects: [],
    switches: offAs === null ? [] : [{ atMs: -Infinity, on: false, deallocated: offAs === 'deallocated' }],
    operations: [],
    current: null,
    lastAssessment: null,
    lastInstallation: null,
    installationsWithFaults: [],
    extensionMs: vm.enabled ? bornMs : Infinity,
    enabledMs: vm.enabled ? -Infinity : Infinity,
    extensionLeftMs: null,
    offByMonth: new Map(),
    silent: NEVER_SILENT,
    shown: nothingShown(),
  };
}

const nothingShown = (): Machine['shown'] => ({ assessment: null, installation: null, extension: null });

/** The machine under the id it was moved to. Its operations stay with the id that they were started under. */
export function movedMachine(
  before: Machine,
  { index, vm, setArmId, bornMs, zone, switches }: Machine,
): Machine {
  return {
    ...before,
    index,
    vm,
    setArmId,
    bornMs,
    zone,
    goneMs: Infinity,
    effects: [],
    switches: switches.length > 0 ? switches : [...before.switches],
    operations: [],
    current: null,
    offByMonth: new Map(),
    shown: nothingShown(),
  };
}

/** The version of a series that the VM has now. */
export function installedVersion(machine: Machine, series: PatchSeries, nowMs: number): number {
  let version = machine.installed.get(series.key) ?? series.latestAt(machine.baselineMs);
  if (machine.current?.kind === 'installation')
    for (const { atMs, installed } of machine.current.steps)
      if (atMs <= nowMs && installed?.series === series) version = installed.version;
  return version;
}

/** Once an operation is over, what it installed belongs to the VM. */
export function finishDueOperation(machine: Machine, nowMs: number): void {
  const { current } = machine;
  if (current === null || current.endMs > nowMs) return;
  if (current.kind === 'installation')
    for (const { installed } of current.steps)
      if (installed !== undefined) machine.installed.set(installed.series.key, installed.version);
  machine.current = null;
}

export interface AvailablePatch {
  readonly series: PatchSeries;
  readonly version: number;
}

/** What the VM could install now, of what was published until then. */
export function availablePatches(
  machine: Machine,
  nowMs: number,
  publishedUntilMs = Infinity,
): readonly AvailablePatch[] {
  const found: AvailablePatch[] = [];
  for (const series of machine.view.allSeries) {
    const version = machine.view.visible(series, nowMs, publishedUntilMs);
    if (version > installedVersion(machine, series, nowMs)) found.push({ series, version });
  }
  return found;
}
