import { z } from 'zod';
import { Utc } from './ids';

/** Windows and Linux classifications as Azure names them. */
export const PatchClassification = z.enum([
  'Critical',
  'Security',
  'UpdateRollUp',
  'FeaturePack',
  'ServicePack',
  'Definition',
  'Tools',
  'Updates',
  'Other',
]);
export type PatchClassification = z.infer<typeof PatchClassification>;

/** what automatic patching installs. Everything else is counted and left alone. */
export const AUTOMATIC_CLASSIFICATIONS = [
  'Critical',
  'Security',
] as const satisfies readonly PatchClassification[];

/** Status of a patch operation, as Azure's patch summaries spell it. */
export const PatchStatus = z.enum(['Unknown', 'InProgress', 'Failed', 'Succeeded', 'CompletedWithWarnings']);
export type PatchStatus = z.infer<typeof PatchStatus>;

export const ApiError = z.object({ code: z.string(), message: z.string() });

/** What became of a patch. `Available`: an assessment found it, and nothing has installed it. */
export const PatchState = z.enum(['Available', 'Installed', 'Failed', 'Pending', 'NotSelected', 'Excluded']);
export type PatchState = z.infer<typeof PatchState>;

/** A patch that an assessment or an installation names. */
export const ListedPatch = z.object({
  /** Digits, without «KB»; null on Linux. */
  kbId: z.string().nullable(),
  name: z.string(),
  version: z.string(),
  /** As the platform spells it, which knows more classes than it documents. */
  classification: z.string(),
  state: PatchState,
  /** Absent where the platform does not say. */
  publishedUtc: Utc.exactOptional(),
});
export type ListedPatch = Readonly<z.infer<typeof ListedPatch>>;

/** So many patches of one answer are named, Critical and Security first; the counts of its summary are of all. */
const LISTED_MAX = 300;

export const isAutomatic = ({ classification }: Pick<ListedPatch, 'classification'>): boolean =>
  AUTOMATIC_CLASSIFICATIONS.some((one) => one === classification);

export function listedPatches(patches: readonly ListedPatch[]): ListedPatch[] {
  if (patches.length <= LISTED_MAX) return [...patches];
  const [first, rest] = [patches.filter(isAutomatic), patches.filter((patch) => !isAutomatic(patch))];
  return [...first, ...rest].slice(0, LISTED_MAX);
}

/** Result of an assessment; members named as in Azure's `availablePatchSummary`. */
export const AvailablePatchSummary = z.object({
  status: PatchStatus,
  assessmentActivityId: z.string(),
  rebootPending: z.boolean(),
  criticalAndSecurityPatchCount: z.number().int().nonnegative(),
  otherPatchCount: z.number().int().nonnegative(),
  startTime: z.string(),
  lastModifiedTime: z.string(),
  error: ApiError.nullable(),
});
export type AvailablePatchSummary = Readonly<z.infer<typeof AvailablePatchSummary>>;

/** Result of an installation; members named as in Azure's `lastPatchInstallationSummary`. */
export const PatchInstallationSummary = z.object({
  status: PatchStatus,
  installationActivityId: z.string(),
  maintenanceWindowExceeded: z.boolean(),
  rebootStatus: z.enum(['Unknown', 'NotNeeded', 'Required', 'Started', 'Failed', 'Completed']),
  notSelectedPatchCount: z.number().int().nonnegative(),
  excludedPatchCount: z.number().int().nonnegative(),
  pendingPatchCount: z.number().int().nonnegative(),
  installedPatchCount: z.number().int().nonnegative(),
  failedPatchCount: z.number().int().nonnegative(),
  startTime: z.string(),
  lastModifiedTime: z.string(),
  error: ApiError.nullable(),
});
export type PatchInstallationSummary = Readonly<z.infer<typeof PatchInstallationSummary>>;
