import { DateTime, Duration } from 'luxon';
import { z } from 'zod';
import type { InstallOrder } from '../../activities/contracts';
import type { PatchClassification } from '../../domain/patches';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { invalidParameter } from '../http/armError';

/** The document's longest example; Azure itself allows no more. */
const MINUTES_MAX = 240;

const REBOOT_SETTINGS = ['IfRequired', 'Never', 'Always'] as const;

const CLASSIFICATIONS: Readonly<Record<'windows' | 'linux', readonly PatchClassification[]>> = {
  windows: [
    ...(['Critical', 'Security', 'UpdateRollUp', 'FeaturePack'] as const),
    ...(['ServicePack', 'Definition', 'Tools', 'Updates'] as const),
  ],
  linux: ['Critical', 'Security', 'Other'],
};

const texts = z.array(z.string()).nullish();

/** VirtualMachineInstallPatchesParameters. */
const Body = z.looseObject({
  maximumDuration: z.string().nullish(),
  rebootSetting: z.string().nullish(),
  windowsParameters: z
    .looseObject({
      classificationsToInclude: texts,
      kbNumbersToInclude: texts,
      kbNumbersToExclude: texts,
      excludeKbsRequiringReboot: z.boolean().nullish(),
      maxPatchPublishDate: z.string().nullish(),
    })
    .nullish(),
  linuxParameters: z
    .looseObject({
      classificationsToInclude: texts,
      packageNameMasksToInclude: texts,
      packageNameMasksToExclude: texts,
      maintenanceRunId: z.string().nullish(),
    })
    .nullish(),
});

/** Reads the body of installPatches; what is wrong with it is a 400 that names the parameter. */
export function readInstallOrder(body: unknown, osType: VirtualMachine['osType']): InstallOrder {
  const { maximumDuration, rebootSetting, windowsParameters, linuxParameters } = Body.parse(body ?? {});
  const common = {
    rebootSetting: oneOf(required(rebootSetting, 'rebootSetting'), REBOOT_SETTINGS, 'rebootSetting'),
    maximumDurationMinutes: minutesOf(required(maximumDuration, 'maximumDuration')),
  };
  if (osType === 'Windows') {
    refuseOther(linuxParameters, 'linuxParameters', osType);
    const { classificationsToInclude, maxPatchPublishDate, ...given } = windowsParameters ?? {};
    return {
      ...common,
      classificationsToInclude: classificationsOf(classificationsToInclude, 'windows'),
      maxPatchPublishDate: instantOf(maxPatchPublishDate),
      ...(given.kbNumbersToInclude && { kbNumbersToInclude: given.kbNumbersToInclude }),
      ...(given.kbNumbersToExclude && { kbNumbersToExclude: given.kbNumbersToExclude }),
      ...(given.excludeKbsRequiringReboot && { excludeKbsRequiringReboot: true }),
    };
  }
  refuseOther(windowsParameters, 'windowsParameters', 'Linux');
  const given = linuxParameters ?? {};
  return {
    ...common,
    classificationsToInclude: classificationsOf(given.classificationsToInclude, 'linux'),
    maxPatchPublishDate: null,
    ...(given.packageNameMasksToInclude && { packageNameMasksToInclude: given.packageNameMasksToInclude }),
    ...(given.packageNameMasksToExclude && { packageNameMasksToExclude: given.packageNameMasksToExclude }),
  };
}

function required(value: string | null | undefined, name: string): string {
  if (value !== null && value !== undefined) return value;
  throw invalidParameter(`Required parameter '${name}' is missing (null).`, name);
}

/** The CLI sends the parameters of both systems, those of the other one empty. */
function refuseOther(
  parameters: Readonly<Record<string, unknown>> | null | undefined,
  name: string,
  osType: 'Windows' | 'Linux',
): void {
  const saysNothing = (value: unknown): boolean =>
    value === null || value === undefined || (Array.isArray(value) && value.length === 0);
  if (Object.values(parameters ?? {}).every(saysNothing)) return;
  throw invalidParameter(`Parameter '${name}' is not allowed: the VM runs ${osType}.`, name);
}

function minutesOf(written: string): number {
  const minutes = Math.floor(Duration.fromISO(written).as('minutes'));
  if (minutes >= 1 && minutes <= MINUTES_MAX) return minutes;
  throw invalidParameter(
    `The value '${written.slice(0, 60)}' of parameter 'maximumDuration' is not allowed: an ISO 8601 duration of up to PT4H, such as PT2H.`,
    'maximumDuration',
  );
}

function instantOf(written: string | null | undefined): string | null {
  if (written === null || written === undefined) return null;
  const instant = DateTime.fromISO(written, { zone: 'utc' }).toISO();
  if (instant !== null) return instant;
  const target = 'windowsParameters.maxPatchPublishDate';
  throw invalidParameter(`The value of parameter '${target}' is not an ISO 8601 date and time.`, target);
}

function classificationsOf(
  written: readonly string[] | null | undefined,
  os: 'windows' | 'linux',
): PatchClassification[] {
  const target = `${os}Parameters.classificationsToInclude`;
  return (written ?? []).map((classification) => oneOf(classification, CLASSIFICATIONS[os], target));
}

/** ARM reads its enums without regard to case. */
function oneOf<T extends string>(written: string, allowed: readonly T[], target: string): T {
  const found = allowed.find((value) => value.toLowerCase() === written.toLowerCase());
  if (found !== undefined) return found;
  throw invalidParameter(
    `The value '${written.slice(0, 60)}' of parameter '${target}' is not allowed. Allowed values are ${allowed.join(', ')}.`,
    target,
  );
}
