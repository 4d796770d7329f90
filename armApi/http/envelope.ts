import { z } from 'zod';
import { ArmError, invalidParameter } from './armError';

/** What Azure allows. */
const TAGS_MAX = 50;

export const Tags = z
  .record(z.string().max(512), z.string().max(256))
  .refine((tags) => Object.keys(tags).length <= TAGS_MAX, `a resource has at most ${TAGS_MAX} tags`)
  .nullish();

export function locationOf(written: string | null | undefined): string {
  if (written === undefined || written === null || written.trim() === '')
    throw new ArmError(
      400,
      'LocationRequired',
      'The location property is required for this definition.',
      'location',
    );
  if (/^[A-Za-z0-9 ]{1,60}$/.test(written)) return written;
  throw new ArmError(
    400,
    'LocationNotAvailableForResourceType',
    `The provided location '${written.slice(0, 60)}' is not available.`,
    'location',
  );
}

/** Of a VM or an availability set that is to be created. */
export function checkResourceName(name: string, parameter: string): void {
  if (/^[A-Za-z0-9_](?:[\w.-]{0,62}[A-Za-z0-9_])?$/.test(name)) return;
  throw invalidParameter(
    `Entity name '${name.slice(0, 80)}' is invalid: up to 64 letters, digits, '_', '-' and '.', and no '-' or '.' at its ends.`,
    parameter,
  );
}
