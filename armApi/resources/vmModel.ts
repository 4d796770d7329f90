import { z } from 'zod';
import { osTypeOfImage } from '../../domain/images';
import { effectivePatchMode, type PatchMode, type PatchSettings } from '../../domain/patchMode';
import { regionNameOf } from '../../domain/regions';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { readVmRecord, vmOf } from '../../drivers/fleet/vmRecord';
import { ArmError } from '../http/armError';
import type { ArmRequest } from '../http/armRoute';
import { checkResourceName, locationOf, Tags } from '../http/envelope';
import { isObject } from '../../domain/isObject';
import { at, objectAt, type JsonObject } from '../http/json';
import { objectBody } from '../http/requestBody';
import { withPatchDefaults } from '../patching/patchDefaults';
import type { VmPlace } from './lookup';
import { mergedModel } from './mergedModel';
import { withoutSecrets } from './withoutSecrets';

/** A request for a VM that is to be created or changed, as far as it is understood. */
export interface VmChange extends VmPlace {
  /** As the client sent it. */
  readonly sent: JsonObject;
  /** The patch settings that the request itself gives; null where it says nothing. */
  readonly given: PatchSettings;
  /** Those that would come of it. */
  readonly settings: PatchSettings;
  /** The mode the VM would be in; null when there is no such mode, or its operating system is not known. */
  readonly mode: PatchMode | null;
  /** The mode it is in; null for a new VM, too. */
  readonly modeBefore: PatchMode | null;
  /** What would come of it: what was written, and the settings that Azure writes down when nothing was said. */
  readonly model: JsonObject;
  readonly vm: VirtualMachine;
}

const VmBody = z.looseObject({
  location: z.string().nullish(),
  tags: Tags,
  zones: z.array(z.string()).nullish(),
  properties: z
    .looseObject({
      hardwareProfile: z.looseObject({ vmSize: z.string().nullish() }).nullish(),
      storageProfile: z.looseObject({}).nullish(),
      osProfile: z.looseObject({}).nullish(),
      availabilitySet: z.looseObject({ id: z.string() }).nullish(),
    })
    .nullish(),
});

/** Understands the body of a PUT or PATCH. Throws 400 for what has the wrong type. */
export function readVmChange(request: ArmRequest, place: VmPlace): VmChange {
  const sent = VmBody.parse(objectBody(request));
  const { armId, before } = place;
  if (before === null) checkResourceName(request.name('vm'), 'vmName');
  if (before === null || typeof sent.location === 'string') locationOf(sent.location);
  const method = request.method === 'PATCH' ? 'PATCH' : 'PUT';
  const merged = mergedModel(armId, before?.model ?? null, sent, method);
  const written = sent.location ?? before?.model['location'];
  const model = withOsType({
    ...merged,
    location: typeof written === 'string' ? regionNameOf(written) : undefined,
  });
  const vm = readModel(model);
  const settings = { ...vm, enableAutomaticUpdates: automaticUpdatesOf(model, vm) };
  const mode = modeOf(settings);
  return {
    armId,
    before,
    sent,
    given: givenSettings(sent, vm),
    settings,
    mode,
    modeBefore: before === null ? null : modeOf(before.vm),
    model: withPatchDefaults(model, { vm, mode, sent, apiVersion: request.apiVersion, before }),
    vm,
  };
}

/** The mode a VM is in; null when there is no such mode, or its operating system is not known. */
export function modeOf(vm: PatchSettings): PatchMode | null {
  const effective = effectivePatchMode(vm);
  return effective.kind === 'mode' ? effective.mode : null;
}

/** Azure knows the operating system of a platform image and writes it down. */
function withOsType(model: JsonObject): JsonObject {
  const properties = objectAt(model, 'properties');
  const storage = at(properties, 'storageProfile');
  if (!isObject(storage) || at(storage, 'osDisk', 'osType') !== undefined) return model;
  const publisher = at(storage, 'imageReference', 'publisher');
  const known = typeof publisher === 'string' ? osTypeOfImage(publisher) : osTypeOfProfile(properties);
  if (known === null) return model;
  const osDisk = { createOption: 'FromImage', ...objectAt(storage, 'osDisk'), osType: known };
  return { ...model, properties: { ...properties, storageProfile: { ...storage, osDisk } } };
}

function osTypeOfProfile(properties: JsonObject): 'Windows' | 'Linux' | null {
  if (isObject(at(properties, 'osProfile', 'windowsConfiguration'))) return 'Windows';
  if (isObject(at(properties, 'osProfile', 'linuxConfiguration'))) return 'Linux';
  return null;
}

/** The VM as Lowtide reads it from a model. */
function readModel(model: JsonObject): VirtualMachine {
  const read = readVmRecord(model);
  if ('record' in read) return vmOf(read.record);
  const [issue] = read.error.issues;
  const target = issue?.path.filter((part) => part !== 'properties').join('.') ?? '';
  throw new ArmError(
    400,
    'BadRequest',
    `Error converting the value of '${target}': ${issue?.message ?? 'it is of the wrong type'}. Path '${issue?.path.join('.') ?? ''}'.`,
    target,
  );
}

/** What the request itself says, on a VM of this operating system. */
function givenSettings(sent: JsonObject, vm: VirtualMachine): PatchSettings {
  const { id, osType, image, customImage, imageId } = vm;
  const osProfile = withoutSecrets(at(sent, 'properties', 'osProfile'));
  const storageProfile = { osDisk: { osType } };
  const read = readModel({ id, location: 'any', properties: { osProfile, storageProfile } });
  const enableAutomaticUpdates = automaticUpdatesOf(sent, { ...read, osType });
  const known = { ...read, enableAutomaticUpdates, osType, image, customImage };
  return imageId === undefined ? known : { ...known, imageId };
}

/** Linux has no such property; one that is sent for it is looked at all the same, to be refused. */
function automaticUpdatesOf(
  model: JsonObject,
  { osType, enableAutomaticUpdates }: VirtualMachine,
): boolean | null {
  if (osType !== 'Linux') return enableAutomaticUpdates;
  const written = at(model, 'properties', 'osProfile', 'linuxConfiguration', 'enableAutomaticUpdates');
  return typeof written === 'boolean' ? written : null;
}
