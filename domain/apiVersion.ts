/** The families of resources that share their rules for `api-version`. */
export type ApiFamily = 'compute' | 'features' | 'resources' | 'subscriptions';

/** The first version of each family that is understood, and older single ones beside it. Newer ones are understood, too. */
const SUPPORTED: Readonly<Record<ApiFamily, { readonly from: string; readonly also: readonly string[] }>> = {
  // 2020-06-01 has Windows guest patching with limited functionality.
  compute: { from: '2020-12-01', also: ['2020-06-01'] },
  // R-601 uses 2015-12-01.
  features: { from: '2015-12-01', also: [] },
  // R-603 uses 2020-06-01, an older text of the document 2019-12-01; resource groups are older than that.
  resources: { from: '2015-11-01', also: [] },
  subscriptions: { from: '2014-04-01', also: [] },
};

const API_VERSION = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(-[a-z]+)?$/i;

export type ApiVersionCheck =
  | { readonly kind: 'ok'; readonly apiVersion: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'malformed'; readonly written: string; readonly supported: string }
  | { readonly kind: 'tooOld'; readonly written: string; readonly supported: string };

/** clients on newer versions are served, too: there is no list of versions to keep. */
export function checkApiVersion(family: ApiFamily, written: string | null): ApiVersionCheck {
  if (written === null || written.trim() === '') return { kind: 'missing' };
  const { from, also } = SUPPORTED[family];
  const supported = [...also, `${from} and newer`].join(', ');
  if (!API_VERSION.test(written)) return { kind: 'malformed', written, supported };
  const apiVersion = written.toLowerCase();
  const ok = isAtLeast(apiVersion, from) || also.includes(apiVersion);
  return ok ? { kind: 'ok', apiVersion } : { kind: 'tooOld', written, supported };
}

/** Previews (`2021-03-01-preview`) count as the version they preview. */
export function isAtLeast(apiVersion: string, version: string): boolean {
  return apiVersion.slice(0, 10) >= version;
}

/** What a compute version knows of guest patching. */
export interface PatchingInVersion {
  /** Linux `patchSettings` (2020-06-01 has them for Windows only). */
  readonly linuxPatchSettings: boolean;
  readonly enableHotpatching: boolean;
  readonly installPatches: boolean;
  readonly configurationStatuses: boolean;
  readonly assessmentMode: boolean;
  readonly automaticByPlatformSettings: boolean;
  /** The second member of those settings. */
  readonly bypassPlatformSafetyChecks: boolean;
}

/** limited functionality is that of the shapes of the version. Versions: arm-contract, section 4; of the bypass azure-driver-facts, section 1. */
export function patchingIn(apiVersion: string): PatchingInVersion {
  const december = isAtLeast(apiVersion, '2020-12-01');
  return {
    linuxPatchSettings: december,
    enableHotpatching: december,
    installPatches: december,
    configurationStatuses: december,
    assessmentMode: isAtLeast(apiVersion, '2021-03-01'),
    automaticByPlatformSettings: isAtLeast(apiVersion, '2022-03-01'),
    bypassPlatformSafetyChecks: isAtLeast(apiVersion, '2023-03-01'),
  };
}
