import { z } from 'zod';
import type { ApprovalRule } from './approvals';
import { isCalendarDay, secondsBetween, utcOf } from './instants';
import { fitsMask } from './mask';
import { isAutomatic, type ListedPatch } from './patches';
import type { Policy } from './policy';
import { Selector } from './selector';
import { DAY_SECONDS } from './timeUnits';

const NAMES_MAX = 50;

/** An instant, or a day, which begins at midnight UTC. */
const Since = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{3})?)?Z)?$/, {
    error: 'it is a day or an instant in UTC, as 2026-11-10',
    abort: true,
  })
  .refine((text) => isCalendarDay(text) && Number.isFinite(Date.parse(text)), {
    error: 'there is no such day',
    abort: true,
  })
  .overwrite((text) => (Number.isFinite(Date.parse(text)) ? utcOf(Date.parse(text)) : text));

/** Which patches an emergency rollout installs: whatever one of these names, of those that a VM lacks and that are Critical or Security. */
export const EmergencyPatches = z
  .strictObject({
    /** Numbers of Windows updates, with or without «KB». */
    kbs: z
      .array(
        z
          .string()
          .regex(/^(kb)?\d{4,9}$/i, 'a KB is written 5044284 or KB5044284')
          .overwrite((kb) => kb.replace(/^kb/i, '')),
      )
      .max(NAMES_MAX)
      .default([]),
    /** Names of Linux packages; `*` for any run of characters. */
    packages: z
      .array(
        z
          .string()
          .regex(/^(?=.*[a-z0-9])[\w.+:*-]+$/i, 'a package is written by its name, as openssl or linux-*'),
      )
      .max(NAMES_MAX)
      .default([]),
    /** Everything of the class Security that was published since. */
    securitySinceUtc: Since.nullable().default(null),
  })
  .refine(
    ({ kbs, packages, securitySinceUtc }) => kbs.length + packages.length > 0 || securitySinceUtc !== null,
    'an emergency names kbs, packages, or securitySinceUtc',
  );
export type EmergencyPatches = Readonly<z.infer<typeof EmergencyPatches>>;

/** What an emergency rollout is, beside the monthly one: its VMs, its patches, and where its policy differs. */
export const Emergency = z.object({
  reason: z.string(),
  selector: Selector,
  patches: EmergencyPatches,
  bakeAfterCanarySeconds: z.number().nonnegative(),
  bakeSeconds: z.number().nonnegative(),
  /** Off-peak hours of its VMs in this rollout, in their own time zones; null: each VM's own. */
  hours: z.object({ opens: z.string(), closes: z.string() }).nullable(),
});
export type Emergency = Readonly<z.infer<typeof Emergency>>;

/** Its first phase never begins without the word of an approver, whatever the policy asks for. */
const APPROVAL: ApprovalRule = { before: { phase: 1 }, validHours: 72 };

/** The policy of an emergency rollout: shorter bakes, its own end, hours only where they were asked for; every other rule is the one in force. */
export function emergencyPolicy(
  policy: Policy,
  {
    emergency,
    releasedUtc,
    endsUtc,
  }: { readonly emergency: Emergency } & Record<'releasedUtc' | 'endsUtc', string>,
): Policy {
  const { bakeAfterCanarySeconds, bakeSeconds, hours } = emergency;
  const rolloutDeadlineSeconds = secondsBetween(releasedUtc, endsUtc);
  return {
    ...policy,
    bakeAfterCanarySeconds,
    bakeSeconds,
    rolloutDeadlineSeconds,
    forecastTargetDays: rolloutDeadlineSeconds / DAY_SECONDS,
    approvals: [APPROVAL, ...policy.approvals],
    offPeakOpens: hours?.opens ?? policy.offPeakOpens,
    offPeakCloses: hours?.closes ?? policy.offPeakCloses,
    ownWindows: hours === null ? policy.ownWindows : [],
  };
}

/** Of what a VM lacks, what the emergency is about. Unknown days of publication count as since. */
export function emergencyPatchesOf(
  { kbs, packages, securitySinceUtc }: EmergencyPatches,
  lacked: readonly ListedPatch[],
): readonly ListedPatch[] {
  return lacked.filter((patch) => {
    if (!isAutomatic(patch)) return false;
    const { kbId, name, classification, publishedUtc } = patch;
    if (kbId !== null ? kbs.includes(kbId) : packages.some((mask) => fitsMask(mask, name))) return true;
    if (securitySinceUtc === null || classification !== 'Security') return false;
    return publishedUtc === undefined || publishedUtc >= securitySinceUtc;
  });
}

/** What of an installation request says which patches. */
export interface EmergencyRequest {
  readonly classificationsToInclude: readonly 'Security'[];
  readonly kbNumbersToInclude?: readonly string[];
  readonly packageNameMasksToInclude?: readonly string[];
}

/** `lacked` null: the platform does not name what a VM lacks. Null where nothing of the emergency is to be installed. */
export function emergencyRequest(
  patches: EmergencyPatches,
  lacked: readonly ListedPatch[] | null,
  osType: 'Windows' | 'Linux' | null,
): EmergencyRequest | null {
  if (lacked === null) {
    const classes = patches.securitySinceUtc === null ? [] : (['Security'] as const);
    return request(classes, osType === 'Windows' ? patches.kbs : patches.packages, osType);
  }
  const found = emergencyPatchesOf(patches, lacked);
  const names = found.flatMap(({ kbId, name }) => (osType === 'Windows' ? (kbId ?? []) : name));
  return request([], [...new Set(names)].sort(), osType);
}

function request(
  classificationsToInclude: readonly 'Security'[],
  names: readonly string[],
  osType: 'Windows' | 'Linux' | null,
): EmergencyRequest | null {
  if (classificationsToInclude.length + names.length === 0) return null;
  if (names.length === 0) return { classificationsToInclude };
  return osType === 'Windows'
    ? { classificationsToInclude, kbNumbersToInclude: names }
    : { classificationsToInclude, packageNameMasksToInclude: names };
}
