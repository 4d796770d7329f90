import { assertNever } from '../../domain/assertNever';
import { checkPatchModeChange, checkPatchSettings, type PatchModeRefusal } from '../../domain/patchMode';
import type { VirtualMachine } from '../../domain/virtualMachine';
import {
  invalidParameter,
  propertyChangeNotAllowed,
  unknownMember,
  valueNotAllowed,
  type ArmError,
} from '../http/armError';
import type { ArmContext } from '../http/armRoute';
import type { VmChange } from '../resources/vmModel';
import { CONFIGURATION } from './patchMembers';

/** What the request itself says comes first, then what it would change, then what would come of it. */
export function checkPatchMode({ given, settings, vm, before }: VmChange, { services }: ArmContext): void {
  const { policy } = services;
  const isTouched = before === null || PATCHING.some((member) => settings[member] !== before.vm[member]);
  const refusals = [
    ...(given.patchMode === null ? [] : checkPatchSettings(given, policy)),
    ...(before === null ? [] : checkPatchModeChange(before.vm, given)),
    ...(isTouched ? checkPatchSettings(settings, policy) : []),
  ];
  const [first] = refusals;
  if (first !== undefined) throw armErrorOf(first, vm.osType);
}

const PATCHING = ['osType', 'patchMode', 'enableAutomaticUpdates', 'provisionVMAgent'] as const;

/** What the refusals of `domain/patchMode` are on the wire. Codes, texts and targets: arm-contract, section 5. */
function armErrorOf(refusal: PatchModeRefusal, osType: VirtualMachine['osType']): ArmError {
  const configuration = CONFIGURATION[osType ?? 'Linux'];
  const target = `${configuration}.patchSettings.patchMode`;
  const needs = (mode: string, property: string, value: boolean): ArmError =>
    invalidParameter(
      `The patchMode '${mode}' is invalid. For patchMode '${mode}', the property '${property}' must be set to ${String(value)}.`,
      target,
    );
  switch (refusal.kind) {
    case 'modeNotAllowed':
      return valueNotAllowed(refusal.written, target, refusal.allowed);
    case 'needsAutomaticUpdates':
      return needs(refusal.mode, 'enableAutomaticUpdates', refusal.value);
    case 'needsAgent':
      return needs(refusal.mode, 'provisionVMAgent', true);
    case 'imageNotSupported':
      return invalidParameter(
        'The selected VM image is not supported for VM Guest patch operations. Learn more at: https://aka.ms/VMGuestPatchingCompatibility',
        target,
      );
    case 'noSuchPropertyOnLinux':
      return unknownMember(refusal.property, 'LinuxConfiguration', `properties.osProfile.${configuration}`);
    case 'onlyAtCreation':
      return propertyChangeNotAllowed(`windowsConfiguration.${refusal.property}`);
    case 'switchNotAllowed':
      return propertyChangeNotAllowed(target, ` from '${refusal.from}' to '${refusal.to}'`);
    default:
      return assertNever(refusal);
  }
}
