import { z } from 'zod';
import { Selector, selects } from './selector';
import type { VirtualMachine } from './virtualMachine';

/** A name in the policy: of windows, a ring, a budget, a hook. */
export const PolicyName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name has up to 32 lower-case letters, digits and hyphens');

const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a local time is written HH:MM');

/** In the order of `Date.getUTCDay`. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const OPENINGS_MAX = 14;

/** When VMs are off-peak that have hours of their own, in their own time zone; a window is of the day on which it opens. */
export const OwnWindows = z.strictObject({
  name: PolicyName.describe('Name of the windows: lower-case letters, digits and hyphens.'),
  selector: Selector.describe('The VMs whose off-peak hours these are.'),
  open: z
    .array(
      z.strictObject({
        days: z
          .array(z.enum(WEEKDAYS))
          .min(1)
          .exactOptional()
          .describe('Days of the week on which it opens; every day without it.'),
        opens: localTime.describe("Local time of the VM's own time zone, HH:MM."),
        closes: localTime.describe('Local time, HH:MM; at or before `opens`: on the next day.'),
      }),
    )
    .min(1)
    .max(OPENINGS_MAX)
    .describe('When they are open, in the course of a week.'),
});
export type OwnWindows = Readonly<z.infer<typeof OwnWindows>>;

export interface WindowsPolicy {
  readonly ownWindows?: readonly OwnWindows[];
}

/** Between a time zone and the name of windows in it; no IANA name has it. */
const OF = '#';

/**
 * What says when a VM is off-peak: its time zone, with the name of the windows of the policy that are its own (`Europe/Oslo#weekend`). The
 * first whose selector fits.
 */
export function calendarOf(zone: string, vm: VirtualMachine, { ownWindows = [] }: WindowsPolicy): string {
  const own = ownWindows.find(({ selector }) => selects(selector, vm));
  return own === undefined ? zone : `${zone}${OF}${own.name}`;
}

/** The name is null where the fleet's hours hold. A name that the policy has no more is none. */
export function partsOfCalendar(calendar: string): { readonly zone: string; readonly name: string | null } {
  const at = calendar.indexOf(OF);
  return at < 0
    ? { zone: calendar, name: null }
    : { zone: calendar.slice(0, at), name: calendar.slice(at + OF.length) };
}
