import type { InstallRequest } from '../../driver';
import { chance } from '../../../domain/seed';
import type { Interval } from '../calendar';
import {
  availablePatches,
  type AvailablePatch,
  type Fault,
  type FaultKind,
  type InstallationResult,
  type Machine,
  type Step,
} from './machine';
import { MINUTE_MS, RATES } from './rates';
import { canReachUpdates, strikes } from './vitals';
import type { EffectKind } from '../scenario';

/** What an installation will do, unless somebody pulls the plug. */
export interface InstallStory {
  readonly steps: readonly Step[];
  readonly endMs: number;
  readonly selectedCount: number;
  readonly result: InstallationResult;
  readonly outrightError: boolean;
  readonly faults: readonly Fault[];
  readonly agentGap: Interval | null;
}

/** Kept free at the end of the maximum duration when a reboot may come: no reboot takes longer. */
const REBOOT_MAX_MINUTES = 10;
const LAST_WORDS_MINUTES = 0.5;

/** Tells the installation asked for at `startMs`, from its first minute to its end, by the VM's dice and nothing else. */
export function tellInstallation(
  machine: Machine,
  startMs: number,
  request: InstallRequest,
  call: number,
): InstallStory {
  const deadlineMs = startMs + request.maximumDurationMinutes * MINUTE_MS;
  const dice = (what: string): number => chance(machine.dice, 'install', call, what);
  const struck = (what: EffectKind): boolean => strikes(machine, what, startMs, call) !== undefined;
  const choice = choosePatches(machine, startMs, request);
  const started: Step = {
    atMs: startMs,
    action: 'installStarted',
    detail: {
      maximumDurationMinutes: request.maximumDurationMinutes,
      classifications: request.classificationsToInclude,
    },
  };
  const telling = { machine, startMs, deadlineMs, request, choice, call, dice, struck, started };
  if (struck('installFails') || dice('fails') < RATES.installFails || !canReachUpdates(machine))
    return failAtOnce(telling);
  const work = installPatches(telling, struck('installHangs') || dice('hangs') < RATES.installHangs);
  const reboot = work.hangs ? hung(deadlineMs) : rebootAsRequired(telling, work);
  const endMs = Math.min(reboot.endMs, deadlineMs);
  const result = resultOf(telling, work, reboot);
  const after = aftermath(telling, endMs, work.installed.length > 0 && !work.hangs);
  return {
    steps: [started, ...work.steps, ...reboot.steps, completed(endMs, result), ...after.steps],
    endMs,
    selectedCount: choice.selected.length,
    result,
    outrightError: false,
    faults: [...reboot.faults, ...after.faults],
    agentGap: after.agentGap,
  };
}

/** The event that ends every installation, with the counts named as in Azure's patch summaries. */
export function completed(atMs: number, result: InstallationResult): Step {
  const { error, ...counts } = result;
  return { atMs, action: 'installCompleted', detail: { ...counts, error } };
}

interface Choice {
  readonly selected: readonly AvailablePatch[];
  readonly excludedCount: number;
  readonly notSelectedCount: number;
}

/** Which patches the request means: by classification, or by number or name; less what it excludes. */
function choosePatches(machine: Machine, startMs: number, request: InstallRequest): Choice {
  const until = request.maxPatchPublishDate === null ? Infinity : Date.parse(request.maxPatchPublishDate);
  const available = availablePatches(machine, startMs, until);
  const include = [...(request.kbNumbersToInclude ?? []), ...(request.packageNameMasksToInclude ?? [])];
  const exclude = [...(request.kbNumbersToExclude ?? []), ...(request.packageNameMasksToExclude ?? [])];
  const everything = request.classificationsToInclude.length === 0 && include.length === 0;
  const wanted = available.filter(
    (patch) =>
      everything ||
      request.classificationsToInclude.includes(patch.line.classification) ||
      isNamed(patch, include),
  );
  const selected = wanted.filter(
    (patch) =>
      !isNamed(patch, exclude) &&
      !(request.excludeKbsRequiringReboot === true && patch.line.reboot !== 'NeverReboots'),
  );
  return {
    selected,
    excludedCount: wanted.length - selected.length,
    notSelectedCount: available.length - wanted.length,
  };
}

function isNamed({ line, version }: AvailablePatch, masks: readonly string[]): boolean {
  if (masks.length === 0) return false;
  const { name, kbId } = line.describe(version);
  return masks.some((mask) => {
    if (kbId !== null) return mask.replace(/^kb/i, '') === kbId;
    const literal = (part: string): string => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${mask.split('*').map(literal).join('.*')}$`, 'i').test(name);
  });
}

interface Telling {
  readonly machine: Machine;
  readonly startMs: number;
  readonly deadlineMs: number;
  readonly request: InstallRequest;
  readonly choice: Choice;
  readonly call: number;
  readonly dice: (what: string) => number;
  readonly struck: (what: EffectKind) => boolean;
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
function installPatches(telling: Telling, hangs: boolean): Work {
  const { machine, startMs, deadlineMs, request, choice, call, dice, struck } = telling;
  const slow = struck('slowInstall')
    ? (strikes(machine, 'slowInstall', startMs, call)?.effect.factor ?? 1)
    : 1;
  const latestMs =
    deadlineMs -
    ((mayReboot(choice, request) ? REBOOT_MAX_MINUTES : 0) + LAST_WORDS_MINUTES) * machine.minuteMs;
  // A hang comes in the middle of the work: some is done, nothing more will be.
  const tried = hangs ? choice.selected.slice(0, Math.floor(choice.selected.length / 2)) : choice.selected;
  const steps: Step[] = [];
  const installed: AvailablePatch[] = [];
  let failedCount = 0;
  let atMs = startMs + (2 + 2 * dice('prepare')) * machine.minuteMs;
  for (const patch of tried) {
    const { key, minutes, classification } = patch.line;
    const endMs = Math.floor(atMs + minutes * (0.7 + 0.6 * dice(key)) * slow * machine.minuteMs);
    if (endMs > latestMs) break;
    atMs = endMs;
    const fails = strikes(machine, 'patchFails', startMs, `${call} ${key}`) !== undefined;
    const failed = fails || dice(`${key} fails`) < RATES.patchFails;
    const detail = { patchId: patch.line.describe(patch.version).patchId, classification };
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

function mayReboot({ selected }: Choice, { rebootSetting }: InstallRequest): boolean {
  if (rebootSetting === 'IfRequired') return selected.some(({ line }) => line.reboot !== 'NeverReboots');
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

/** the VM is rebooted when what was installed asks for it, and the request allows it. */
function rebootAsRequired(telling: Telling, work: Work): Reboot {
  const { machine, startMs, deadlineMs, request, call, dice } = telling;
  const required = work.installed.some(
    ({ line }) =>
      line.reboot === 'AlwaysRequiresReboot' ||
      (line.reboot === 'CanRequestReboot' && dice(`${line.key} reboot`) < RATES.rebootRequested),
  );
  const endMs = Math.floor(work.endMs + LAST_WORDS_MINUTES * machine.minuteMs);
  const wanted = request.rebootSetting === 'Always' || (required && request.rebootSetting === 'IfRequired');
  const completedMs = Math.floor(endMs + (3 + 5 * dice('rebootMinutes')) * machine.minuteMs);
  if (!wanted || completedMs > deadlineMs)
    return { steps: [], endMs, status: required || wanted ? 'Required' : 'NotNeeded', faults: [] };
  const rebootStarted: Step = { atMs: endMs, action: 'rebootStarted' };
  const hangs = strikes(machine, 'rebootHangs', startMs, call);
  if (hangs !== undefined) {
    const fault = faultFrom(endMs, 'rebootHangs', hangs.effect.forMinutes);
    return { steps: [rebootStarted], endMs: deadlineMs, status: 'Failed', faults: [fault] };
  }
  return {
    steps: [rebootStarted, { atMs: completedMs, action: 'rebootCompleted' }],
    endMs: Math.min(completedMs + LAST_WORDS_MINUTES * machine.minuteMs, deadlineMs),
    status: 'Completed',
    faults: [],
  };
}

function resultOf({ choice }: Telling, work: Work, reboot: Reboot): InstallationResult {
  const pending = choice.selected.length - work.installed.length - work.failedCount;
  const partly = work.failedCount + pending > 0;
  const failed = work.hangs || reboot.status === 'Failed';
  return {
    status: failed ? 'Failed' : partly ? 'CompletedWithWarnings' : 'Succeeded',
    maintenanceWindowExceeded: pending > 0,
    rebootStatus: reboot.status,
    notSelectedPatchCount: choice.notSelectedCount,
    excludedPatchCount: choice.excludedCount,
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

/** The extension breaks before it has done anything. */
function failAtOnce({ machine, startMs, deadlineMs, choice, dice, started }: Telling): InstallStory {
  const endMs = Math.min(Math.floor(startMs + (2 + 6 * dice('failsAfter')) * machine.minuteMs), deadlineMs);
  const result: InstallationResult = {
    status: 'Failed',
    maintenanceWindowExceeded: false,
    rebootStatus: 'NotNeeded',
    notSelectedPatchCount: choice.notSelectedCount,
    excludedPatchCount: choice.excludedCount,
    pendingPatchCount: choice.selected.length,
    installedPatchCount: 0,
    failedPatchCount: 0,
    error: {
      code: 'VMGuestPatchInternalError',
      message: 'An internal execution error occurred. Please retry later.',
    },
  };
  return {
    steps: [started, completed(endMs, result)],
    endMs,
    selectedCount: choice.selected.length,
    result,
    outrightError: true,
    faults: [],
    agentGap: null,
  };
}

const AFTERMATHS = [
  ['unhealthyAfterUpdate', 'unhealthy'],
  ['healthUnknown', 'unknown'],
  ['healthFlaps', 'flapping'],
] as const satisfies readonly (readonly [EffectKind, FaultKind])[];

/** What becomes of the VM when something was installed. Left alone, some are not heard of for some minutes; none breaks. */
function aftermath(
  { machine, startMs, call, dice }: Telling,
  endMs: number,
  updated: boolean,
): {
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  readonly agentGap: Interval | null;
} {
  if (!updated) return { steps: [], faults: [], agentGap: null };
  const faults = AFTERMATHS.flatMap(([what, kind]) => {
    const active = strikes(machine, what, startMs, call);
    return active === undefined ? [] : [faultFrom(endMs, kind, active.effect.forMinutes)];
  });
  if (faults.length === 0 && dice('unknown') < RATES.healthUnknownAfterUpdate)
    faults.push(
      faultFrom(endMs, 'unknown', ((5 + 15 * dice('unknownMinutes')) * machine.minuteMs) / MINUTE_MS),
    );
  const silent = strikes(machine, 'agentSilentAfterUpdate', startMs, call);
  if (silent === undefined) return { steps: [], faults, agentGap: null };
  const { fromMs, toMs } = faultFrom(endMs, 'unknown', silent.effect.forMinutes);
  const restored: readonly Step[] = toMs === Infinity ? [] : [{ atMs: toMs, action: 'agentRestored' }];
  return { steps: [{ atMs: fromMs, action: 'agentLost' }, ...restored], faults, agentGap: { fromMs, toMs } };
}

function faultFrom(fromMs: number, kind: FaultKind, minutes: number | undefined): Fault {
  return { kind, fromMs, toMs: minutes === undefined ? Infinity : Math.floor(fromMs + minutes * MINUTE_MS) };
}
