import { chance } from '../../../domain/seed';
import { tagOf } from '../../../domain/tags';
import type { VmReading } from '../../driver';
import {
  isWithinAny,
  monthIndexOf,
  monthStartMs,
  NO_INTERVALS,
  union,
  within,
  type Interval,
  type MonthIndex,
} from '../calendar';
import { DAY_MS, HOUR_MS } from '../../../domain/timeUnits';
import { NEVER_SILENT, type Machine } from './machine';
import { RATES } from './normalMonthRates';
import { effectIntervals } from './scenarioEffects';

/** When the agent is silent: the intervals that start in this month, by themselves or by a scenario. */
export function agentLostInMonth(machine: Machine, month: MonthIndex): readonly Interval[] {
  const gaps = agentGaps(machine.vmSeed, month);
  return machine.effects.length === 0
    ? gaps
    : union([...gaps, ...effectIntervals(machine, 'agentLost', month)]);
}

export function hasAgent(machine: Machine): boolean {
  return machine.vm.provisionVMAgent !== false;
}

/** By which a fleet says what stands in the way of a VM's updates. */
const AGENT_VERSION_TAG = 'lowtide-agent-version';
const UPDATE_SERVICE_TAG = 'lowtide-windows-update-service';
const UPDATE_ENDPOINT_TAG = 'lowtide-update-endpoint';

export function agentVersionOf(machine: Machine): string | null {
  if (!hasAgent(machine)) return null;
  return tagOf(machine.vm.tags, AGENT_VERSION_TAG)?.trim() ?? machine.agentVersion;
}

export function isAgentReady(machine: Machine, ms: number): boolean {
  if (!hasAgent(machine) || machine.agentSilent || ms < machine.agentSinceMs) return false;
  const month = monthIndexOf(ms);
  return !(
    isWithinAny(silentAround(machine, month), ms) ||
    isSilencedByEffect(machine, month, ms) ||
    isSilencedByInstall(machine, ms)
  );
}

function isSilencedByInstall({ installationsWithFaults }: Machine, ms: number): boolean {
  for (const { agentGap } of installationsWithFaults)
    if (agentGap !== null && within(agentGap, ms)) return true;
  return false;
}

/** When it is silent by itself in this month or since the one before. */
function silentAround(machine: Machine, month: MonthIndex): readonly Interval[] {
  if (machine.silent.month === month) return machine.silent.gaps;
  const gaps = [...agentGaps(machine.vmSeed, month - 1), ...agentGaps(machine.vmSeed, month)];
  if (quiet.month !== month) quiet = { month, gaps: NO_INTERVALS };
  machine.silent = gaps.length === 0 ? quiet : { month, gaps };
  return machine.silent.gaps;
}

/** Most VMs are never silent, and share that. */
let quiet: Machine['silent'] = NEVER_SILENT;

function isSilencedByEffect(machine: Machine, month: MonthIndex, ms: number): boolean {
  if (machine.effects.length === 0) return false;
  const silenced = (of: MonthIndex): boolean => isWithinAny(effectIntervals(machine, 'agentLost', of), ms);
  return silenced(month) || silenced(month - 1);
}

/** as its tags say, and in order without them. */
export function guestOf({ vm }: Machine): NonNullable<VmReading['guest']> {
  const says = (tag: string, trouble: string): boolean =>
    tagOf(vm.tags, tag)?.trim().toLowerCase() === trouble;
  const service = says(UPDATE_SERVICE_TAG, 'stopped') ? 'stopped' : 'running';
  return {
    windowsUpdateService: vm.osType === 'Windows' ? service : 'unknown',
    updateEndpoint: says(UPDATE_ENDPOINT_TAG, 'unreachable') ? 'unreachable' : 'reachable',
  };
}

/** Without these the guest finds no updates and installs none. */
export function canReachUpdates(machine: Machine): boolean {
  const { windowsUpdateService, updateEndpoint } = guestOf(machine);
  return windowsUpdateService !== 'stopped' && updateEndpoint === 'reachable';
}

const LATEST_EVERY_MS = 28 * DAY_MS;
/** Counted from here, so that the number of the latest version is plain. */
const EXTENSION_EPOCH_MS = Date.UTC(2024, 0, 1) + 9 * HOUR_MS;

/** The patch extension has a new version every four weeks. */
export function latestExtension(ms: number): string {
  return `1.6.${Math.max(0, Math.floor((ms - EXTENSION_EPOCH_MS) / LATEST_EVERY_MS))}`;
}

/** When the VM agent is silent by itself: at most once a month. */
function agentGaps(vmSeed: number, month: MonthIndex): readonly Interval[] {
  if (chance(vmSeed, 'agentLost', month) >= RATES.agentLostInMonth) return NO_INTERVALS;
  const start = monthStartMs(month);
  const fromMs = start + chance(vmSeed, 'agentLostAt', month) * (monthStartMs(month + 1) - start);
  return [
    {
      fromMs: Math.floor(fromMs),
      toMs: Math.floor(fromMs + (2 + 34 * chance(vmSeed, 'agentLostFor', month)) * HOUR_MS),
    },
  ];
}
