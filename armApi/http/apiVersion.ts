import { checkApiVersion, type ApiFamily } from '../../domain/apiVersion';
import { ArmError } from './armError';

/** The version that was written, lower-cased; 400 for none, or one that is not served. */
export function apiVersionOf(family: ApiFamily, written: string | null): string {
  const check = checkApiVersion(family, written);
  switch (check.kind) {
    case 'ok':
      return check.apiVersion;
    case 'missing':
      throw new ArmError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required for all requests.',
      );
    case 'malformed':
      throw new ArmError(
        400,
        'InvalidApiVersionParameter',
        `The api-version '${check.written}' is invalid. The supported versions are '${check.supported}'.`,
      );
    case 'tooOld':
      throw new ArmError(
        400,
        'NoRegisteredProviderFound',
        `No registered resource provider found for API version '${check.written}'. The supported api-versions are '${check.supported}'.`,
      );
  }
}
