import { chance } from '../../../domain/seed';
import type { VirtualMachine } from '../../../domain/virtualMachine';
import type { VmReading } from '../../driver';
import { agentVersionOf, guestOf, isAgentReady, latestExtension } from './agent';
import { extensionError, extensionFails } from './extensionFailure';
import { signalsOf } from './healthSignals';
import type { Machine } from './machine';
import { RATES } from './normalMonthRates';
import { assessmentSummary, installationSummary } from './operationAnswer';
import { isOn, powerStateOf } from './power';

/** Everything the platform says of the VM at this instant. */
export function readingOf(machine: Machine, nowMs: number): VmReading {
  const { lastAssessment, lastInstallation } = machine;
  const on = isOn(machine, nowMs);
  return {
    vm: vmAt(machine, nowMs),
    powerState: powerStateOf(machine, nowMs),
    agent: {
      status: on ? (isAgentReady(machine, nowMs) ? 'ready' : 'notReady') : 'unknown',
      version: agentVersionOf(machine),
    },
    extension: extensionOf(machine, nowMs),
    lastAssessment: lastAssessment === null ? null : assessmentSummary(lastAssessment, nowMs),
    lastInstallation: lastInstallation === null ? null : installationSummary(lastInstallation, nowMs),
    signals: signalsOf(machine, nowMs),
    guest: guestOf(machine),
  };
}

/** The VM's model alone, as a listing has it: one and the same object until something of it changes. */
export function vmAt({ vm, enabledMs }: Machine, nowMs: number): VirtualMachine {
  const enabled = enabledMs <= nowMs;
  if (vm.enabled === enabled) return vm;
  const known = otherwiseEnabled.get(vm);
  if (known !== undefined) return known;
  const shown = { ...vm, enabled };
  otherwiseEnabled.set(vm, shown);
  return shown;
}

/** By the VM as its fleet has it. */
const otherwiseEnabled = new WeakMap<VirtualMachine, VirtualMachine>();

/** Most agents keep the extension current by themselves; some have to be helped. */
function extensionOf(machine: Machine, nowMs: number): VmReading['extension'] {
  if (machine.enabledMs > nowMs) return null;
  const latestVersion = latestExtension(nowMs);
  const installed = latestExtension(Math.min(machine.extensionMs, nowMs));
  const isHeldBack =
    installed !== latestVersion && chance(machine.vmSeed, 'extensionLags') < RATES.extensionLags;
  const version = isHeldBack ? installed : latestVersion;
  return extensionFails(machine, nowMs)
    ? { version, latestVersion, failure: extensionError(machine.vm.osType).message }
    : { version, latestVersion };
}
