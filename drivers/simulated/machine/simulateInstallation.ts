import type { z } from 'zod';
import type { ApiError } from '../../../domain/patches';
import { extensionError, extensionFails } from './extensionFailure';
import type { InstallRequest } from '../../driver';
import { fitsMask } from '../../../domain/mask';
import { chance } from '../../../domain/seed';
import type { Interval } from '../calendar';
import {
  availablePatches,
  type AvailablePatch,
  type Fault,
  type FaultKind,
  type FoundPatches,
  type InstallationResult,
  type Machine,
  type Step,
} from './machine';
import { MINUTE_MS } from '../../../domain/timeUnits';
import { canReachUpdates } from './agent';
import { RATES } from './normalMonthRates';
import { installCompleted } from './operationSteps';
import { activeEffect, needsUbuntuPro } from './scenarioEffects';
import type { EffectKind } from '../scenario';

/** What an installation will do, unless the VM is powered off or deleted meanwhile. */
export interface SimulatedInstallation {
  readonly steps: readonly Step[];
  readonly endMs: number;
  readonly selectedCount: number;
  /** What it found when it began, selected or not. */
  readonly found: FoundPatches;
  readonly result: InstallationResult;
  readonly outrightError: boolean;
  readonly faults: readonly Fault[];
  readonly agentGap: Interval | null;
}

/** Kept free at the end of the maximum duration when a reboot may come: no reboot takes longer. */
const REBOOT_MAX_MINUTES = 10;
const REPORT_MINUTES = 0.5;

/** Works out the whole installation requested at `startMs`, from its first minute to its end, from the seed of the VM alone. */
export function simulateInstallation(
  machine: Machine,
  startMs: number,
  request: InstallRequest,
  call: number,
): SimulatedInstallation {
  const deadlineMs = startMs + request.maximumDurationMinutes * MINUTE_MS;
  const random = (what: string): number => chance(machine.vmSeed, 'install', call, what);
  const affected = (what: EffectKind): boolean => activeEffect(machine, what, startMs, call) !== undefined;
  const choice = choosePatches(machine, startMs, request);
  const started: Step = {
    atMs: startMs,
    action: 'installStarted',
    detail: {
      maximumDurationMinutes: request.maximumDurationMinutes,
      classifications: request.classificationsToInclude,
    },
  };
  const context = { machine, startMs, deadlineMs, request, choice, call, random, affected, started };
  if (extensionFails(machine, startMs)) return failAtOnce(context, extensionError(machine.vm.osType));
  if (affected('installFails') || random('fails') < RATES.installFails || !canReachUpdates(machine))
    return failAtOnce(context);
  const work = installPatches(context, affected('installHangs') || random('hangs') < RATES.installHangs);
  const reboot = work.hangs ? hung(deadlineMs) : rebootAsRequired(context, work);
  const endMs = Math.min(reboot.endMs, deadlineMs);
  const result = resultOf(context, work, reboot);
  const after = faultsAfterUpdate(context, endMs, work.installed.length > 0 && !work.hangs);
  return {
    steps: [started, ...work.steps, ...reboot.steps, installCompleted(endMs, result), ...after.steps],
    endMs,
    selectedCount: choice.selected.length,
    found: choice,
    result,
    outrightError: false,
    faults: [...reboot.faults, ...after.faults],
    agentGap: after.agentGap,
  };
}

/**
 * Which patches the request means: by classification, or by number or name; less what it excludes. What was published after its limit is
 * excluded, whatever it is; what needs Ubuntu Pro is never selected.
 */
function choosePatches(machine: Machine, startMs: number, request: InstallRequest): FoundPatches {
  const until = request.maxPatchPublishDate === null ? Infinity : Date.parse(request.maxPatchPublishDate);
  const available = availablePatches(machine, startMs, until);
  const include = [...(request.kbNumbersToInclude ?? []), ...(request.packageNameMasksToInclude ?? [])];
  const exclude = [...(request.kbNumbersToExclude ?? []), ...(request.packageNameMasksToExclude ?? [])];
  const everything = request.classificationsToInclude.length === 0 && include.length === 0;
  const wanted = available.filter(
    (patch) =>
      !needsUbuntuPro(machine, patch.series, startMs) &&
      (everything ||
        request.classificationsToInclude.includes(patch.series.classification) ||
        isNamed(patch, include)),
  );
  const selected = wanted.filter(
    (patch) =>
      !isNamed(patch, exclude) &&
      !(request.excludeKbsRequiringReboot === true && patch.series.reboot !== 'NeverReboots'),
  );
  const tooNew =
    until === Infinity
      ? []
      : availablePatches(machine, startMs).filter(
          ({ series }) => !available.some((patch) => patch.series === series),
        );
  return {
    selected,
    excluded: [...wanted.filter((patch) => !selected.includes(patch)), ...tooNew],
    notSelected: available.filter((patch) => !wanted.includes(patch)),
  };
}

function isNamed({ series, version }: AvailablePatch, masks: readonly string[]): boolean {
  if (masks.length === 0) return false;
  const { name, kbId } = series.describe(version);
  return masks.some((mask) => (kbId === null ? fitsMask(mask, name) : mask.replace(/^kb/i, '') === kbId));
}

interface InstallationContext {
  readonly machine: Machine;
  readonly startMs: number;
  readonly deadlineMs: number;
  readonly request: InstallRequest;
  readonly choice: FoundPatches;
  readonly call: number;
  readonly random: (what: string) => number;
  readonly affected: (what: EffectKind) => boolean;
  readonly started: Step;
}

interface Work {
  readonly steps: readonly Step[];
  readonly endMs: number;
  readonly installed: readonly AvailablePatch[];
  readonly failedCount: number;
  readonly hangs: boolean;
}

/** One patch after another, as long as the next one and a reboot would still fit. */
function installPatches(context: InstallationContext, hangs: boolean): Work {
  const { machine, startMs, deadlineMs, request, choice, call, random, affected } = context;
  const slow = affected('slowInstall')
    ? (activeEffect(machine, 'slowInstall', startMs, call)?.effect.factor ?? 1)
    : 1;
  const latestMs =
    deadlineMs - ((mayReboot(choice, request) ? REBOOT_MAX_MINUTES : 0) + REPORT_MINUTES) * machine.minuteMs;
  // A hang comes in the middle of the work: some is done, nothing more will be.
  const tried = hangs ? choice.selected.slice(0, Math.floor(choice.selected.length / 2)) : choice.selected;
  const steps: Step[] = [];
  const installed: AvailablePatch[] = [];
  let failedCount = 0;
  let atMs = startMs + (2 + 2 * random('prepare')) * machine.minuteMs;
  for (const patch of tried) {
    const { key, minutes, classification } = patch.series;
    const endMs = Math.floor(atMs + minutes * (0.7 + 0.6 * random(key)) * slow * machine.minuteMs);
    if (endMs > latestMs) break;
    atMs = endMs;
    const fails = activeEffect(machine, 'patchFails', startMs, `${call} ${key}`) !== undefined;
    const failed = fails || random(`${key} fails`) < RATES.patchFails;
    const detail = { patchId: patch.series.describe(patch.version).patchId, classification };
    if (failed) failedCount += 1;
    else installed.push(patch);
    steps.push(
      failed
        ? { atMs, action: 'patchFailed', detail }
        : { atMs, action: 'patchInstalled', detail, installed: patch },
    );
  }
  return { steps, endMs: atMs, installed, failedCount, hangs };
}

function mayReboot({ selected }: FoundPatches, { rebootSetting }: InstallRequest): boolean {
  if (rebootSetting === 'IfRequired') return selected.some(({ series }) => series.reboot !== 'NeverReboots');
  return rebootSetting === 'Always';
}

interface Reboot {
  readonly steps: readonly Step[];
  readonly endMs: number;
  readonly status: InstallationResult['rebootStatus'];
  readonly faults: readonly Fault[];
}

function hung(deadlineMs: number): Reboot {
  return { steps: [], endMs: deadlineMs, status: 'Unknown', faults: [] };
}

/** the VM is rebooted when what was installed requests for it, and the request allows it. */
function rebootAsRequired(context: InstallationContext, work: Work): Reboot {
  const { machine, startMs, deadlineMs, request, call, random } = context;
  const required = work.installed.some(
    ({ series }) =>
      series.reboot === 'AlwaysRequiresReboot' ||
      (series.reboot === 'CanRequestReboot' && random(`${series.key} reboot`) < RATES.rebootRequested),
  );
  const endMs = Math.floor(work.endMs + REPORT_MINUTES * machine.minuteMs);
  const wanted = request.rebootSetting === 'Always' || (required && request.rebootSetting === 'IfRequired');
  const completedMs = Math.floor(endMs + (3 + 5 * random('rebootMinutes')) * machine.minuteMs);
  if (!wanted || completedMs > deadlineMs)
    return { steps: [], endMs, status: required || wanted ? 'Required' : 'NotNeeded', faults: [] };
  const rebootStarted: Step = { atMs: endMs, action: 'rebootStarted' };
  const hangs = activeEffect(machine, 'rebootHangs', startMs, call);
  if (hangs !== undefined) {
    const fault = faultFrom(endMs, 'rebootHangs', hangs.effect.forMinutes);
    return { steps: [rebootStarted], endMs: deadlineMs, status: 'Failed', faults: [fault] };
  }
  return {
    steps: [rebootStarted, { atMs: completedMs, action: 'rebootCompleted' }],
    endMs: Math.min(completedMs + REPORT_MINUTES * machine.minuteMs, deadlineMs),
    status: 'Completed',
    faults: [],
  };
}

function resultOf({ choice }: InstallationContext, work: Work, reboot: Reboot): InstallationResult {
  const pending = choice.selected.length - work.installed.length - work.failedCount;
  const partly = work.failedCount + pending > 0;
  const failed = work.hangs || reboot.status === 'Failed';
  return {
    status: failed ? 'Failed' : partly ? 'CompletedWithWarnings' : 'Succeeded',
    maintenanceWindowExceeded: pending > 0,
    rebootStatus: reboot.status,
    notSelectedPatchCount: choice.notSelected.length,
    excludedPatchCount: choice.excluded.length,
    pendingPatchCount: pending,
    installedPatchCount: work.installed.length,
    failedPatchCount: work.failedCount,
    error: failed
      ? {
          code: 'VMGuestPatchTimedOut',
          message: work.hangs
            ? 'The installation did not end in its maximum duration.'
            : 'The reboot did not complete.',
        }
      : null,
  };
}

const INTERNAL_ERROR = {
  code: 'VMGuestPatchInternalError',
  message: 'An internal execution error occurred. Please retry later.',
};

/** The extension fails before it has installed anything. */
function failAtOnce(
  { machine, startMs, deadlineMs, choice, random, started }: InstallationContext,
  error: z.infer<typeof ApiError> = INTERNAL_ERROR,
): SimulatedInstallation {
  const endMs = Math.min(Math.floor(startMs + (2 + 6 * random('failsAfter')) * machine.minuteMs), deadlineMs);
  const result: InstallationResult = {
    status: 'Failed',
    maintenanceWindowExceeded: false,
    rebootStatus: 'NotNeeded',
    notSelectedPatchCount: choice.notSelected.length,
    excludedPatchCount: choice.excluded.length,
    pendingPatchCount: choice.selected.length,
    installedPatchCount: 0,
    failedPatchCount: 0,
    error,
  };
  return {
    steps: [started, installCompleted(endMs, result)],
    endMs,
    selectedCount: choice.selected.length,
    found: choice,
    result,
    outrightError: true,
    faults: [],
    agentGap: null,
  };
}

const HEALTH_FAULTS = [
  ['unhealthyAfterUpdate', 'unhealthy'],
  ['healthUnknown', 'unknown'],
  ['healthFlaps', 'flapping'],
] as const satisfies readonly (readonly [EffectKind, FaultKind])[];

/** What becomes of the VM when something was installed. Without a scenario the health of a few is unknown for some minutes; none is unhealthy. */
function faultsAfterUpdate(
  { machine, startMs, call, random }: InstallationContext,
  endMs: number,
  updated: boolean,
): {
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  readonly agentGap: Interval | null;
} {
  if (!updated) return { steps: [], faults: [], agentGap: null };
  const faults = HEALTH_FAULTS.flatMap(([what, kind]) => {
    const active = activeEffect(machine, what, startMs, call);
    if (active === undefined) return [];
    const { forMinutes, afterMinutes = 0 } = active.effect;
    return [faultFrom(endMs + afterMinutes * MINUTE_MS, kind, forMinutes)];
  });
  if (faults.length === 0 && random('unknown') < RATES.healthUnknownAfterUpdate)
    faults.push(
      faultFrom(endMs, 'unknown', ((5 + 15 * random('unknownMinutes')) * machine.minuteMs) / MINUTE_MS),
    );
  const silent = activeEffect(machine, 'agentSilentAfterUpdate', startMs, call);
  if (silent === undefined) return { steps: [], faults, agentGap: null };
  const { fromMs, toMs } = faultFrom(endMs, 'unknown', silent.effect.forMinutes);
  const restored: readonly Step[] = toMs === Infinity ? [] : [{ atMs: toMs, action: 'agentRestored' }];
  return { steps: [{ atMs: fromMs, action: 'agentLost' }, ...restored], faults, agentGap: { fromMs, toMs } };
}

function faultFrom(fromMs: number, kind: FaultKind, minutes: number | undefined): Fault {
  return { kind, fromMs, toMs: minutes === undefined ? Infinity : Math.floor(fromMs + minutes * MINUTE_MS) };
}
