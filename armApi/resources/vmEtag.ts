import { isAtLeast } from '../../domain/apiVersion';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import { ArmError } from '../http/armError';
import type { ArmAnswer, ArmRequest } from '../http/armRoute';
import type { VmPlace } from './lookup';

/** Since August 2024, in the version of that time and later ones (12). */
export function hasEtag(apiVersion: string): boolean {
  return isAtLeast(apiVersion, '2024-07-01');
}

export function etagOf({ version }: VmResource): string {
  return `"${version}"`;
}

/** The answer with the VM's ETag, where the version has one. */
export function withEtag(answer: ArmAnswer, vm: VmResource, { apiVersion }: ArmRequest): ArmAnswer {
  return hasEtag(apiVersion) ? { ...answer, headers: { etag: etagOf(vm), ...answer.headers } } : answer;
}

/** 412 for a client that has read another version than there is. */
export function checkPrecondition({ before }: VmPlace, { header }: ArmRequest): void {
  const ifMatch = header('if-match');
  const ifNoneMatch = header('if-none-match');
  const current = before === null ? null : etagOf(before);
  const fits = (tags: string): boolean =>
    current !== null && tags.split(',').some((tag) => ['*', current].includes(tag.trim()));
  if ((ifMatch === null || fits(ifMatch)) && (ifNoneMatch === null || !fits(ifNoneMatch))) return;
  throw new ArmError(
    412,
    'PreconditionFailed',
    `The condition '${ifMatch ?? ifNoneMatch ?? ''}' specified using HTTP conditional header(s) is not met: the virtual machine's etag is ${current ?? 'not there, for it does not exist'}.`,
  );
}
