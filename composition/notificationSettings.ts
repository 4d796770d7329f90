import { z } from 'zod';
import { NOTICE_KINDS } from '../domain/notices';
import type { NotificationSettings } from '../notifications/receivers';

export const NOTIFICATION_SETTINGS = [
  'LOWTIDE_NOTIFICATIONS',
  'LOWTIDE_NOTIFICATIONS_PRIVATE',
  'LOWTIDE_HOOK_SECRET',
] as const;

const SECRET_CHARACTERS_MIN = 24;
const RECEIVERS_MAX = 20;

const ReceiverInput = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,40}$/, 'is 1 to 40 small letters, digits and hyphens'),
  url: z.url({ protocol: /^https?$/ }),
  format: z.enum(['cloudEvents', 'slack', 'teams']).default('cloudEvents'),
  secret: z.string().min(SECRET_CHARACTERS_MIN).nullable().default(null),
  events: z
    .array(z.enum(NOTICE_KINDS))
    .min(1)
    .default([...NOTICE_KINDS]),
});

/** Reads LOWTIDE_NOTIFICATIONS, a JSON array of receivers; what is wrong with it goes to `problems`. */
export function readNotifications(
  given: (name: string) => string | null,
  problems: string[],
): NotificationSettings {
  const allow = given('LOWTIDE_NOTIFICATIONS_PRIVATE') ?? 'refuse';
  if (allow !== 'allow' && allow !== 'refuse')
    problems.push(`LOWTIDE_NOTIFICATIONS_PRIVATE is '${allow}'; it may be allow or refuse.`);
  const privateAddresses = allow === 'allow';
  const hookSecret = given('LOWTIDE_HOOK_SECRET');
  if (hookSecret !== null && hookSecret.length < SECRET_CHARACTERS_MIN)
    problems.push(`LOWTIDE_HOOK_SECRET has fewer than ${SECRET_CHARACTERS_MIN} characters.`);
  const written = given('LOWTIDE_NOTIFICATIONS');
  if (written === null) return { receivers: [], privateAddresses, hookSecret };
  const parsed = z.array(ReceiverInput).max(RECEIVERS_MAX).safeParse(jsonOf(written));
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues)
      problems.push(`LOWTIDE_NOTIFICATIONS${placeOf(path)}: ${message}.`);
    return { receivers: [], privateAddresses, hookSecret };
  }
  const receivers = parsed.data;
  for (const [index, { name, url }] of receivers.entries()) {
    if (receivers.findIndex((each) => each.name === name) !== index)
      problems.push(`LOWTIDE_NOTIFICATIONS has two receivers named ${name}.`);
    if (url.startsWith('http:') && !privateAddresses)
      problems.push(
        `LOWTIDE_NOTIFICATIONS, ${name}: ${url} is not https; that is for receivers in one's own network, with LOWTIDE_NOTIFICATIONS_PRIVATE=allow.`,
      );
  }
  return { receivers, privateAddresses, hookSecret };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
