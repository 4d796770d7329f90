import { z } from 'zod';
import { GIVEN_TEXT_MAX } from './givenText';
import { Utc } from './ids';
import { addSeconds, earlier, isCalendarDay, utcOf } from './instants';
import { instantOf } from './localTime';
import type { Policy } from './policy';
import { Selector, selects } from './selector';
import { zoneNamed } from './timeZone';
import type { VirtualMachine } from './virtualMachine';
import { DAY_MS } from './timeUnits';

/** `2026-12-20`, `2026-12-20T08:00`, or an instant: `2026-12-20T08:00:00Z`. A `to` that is a date alone includes that day. */
const WHEN = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:\d\d)?)?$/;

const When = z
  .string()
  .regex(WHEN, {
    error:
      'a date, a local time or an instant is written 2026-12-20, 2026-12-20T08:00 or 2026-12-20T08:00:00Z',
    abort: true,
  })
  .refine((written) => isCalendarDay(written) && Number.isFinite(Date.parse(written)), {
    error: 'there is no such day or time',
    abort: true,
  });

const shape = {
  selector: Selector,
  from: When,
  to: When,
  /** IANA or Windows name of the zone of local times; null: each VM's own. */
  timeZone: z
    .string()
    .refine((name) => zoneNamed(name) !== undefined, 'it is not an IANA or Windows time zone')
    .nullable(),
  reason: z.string().trim().min(1, 'say why: it goes into the audit'),
  owner: z.string().trim().min(1, 'say whose it is'),
};

/**
 * A time in which nothing new starts on some VMs, because a person said so. A freeze is for a date (a season, a launch); an exclusion is for
 * the VM, counted apart, and has an end that its owner is reminded of.
 */
export const Freeze = z.object({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'an id has up to 64 lower-case letters, digits and hyphens'),
  kind: z.enum(['freeze', 'exclusion']),
  ...shape,
  createdUtc: Utc,
  createdBy: z.string(),
});
export type Freeze = Readonly<z.infer<typeof Freeze>>;

/** What a person gives of one. */
export const FreezeInput = z
  .strictObject({
    ...shape,
    selector: Selector.default({}),
    timeZone: shape.timeZone.default(null),
    reason: shape.reason.max(...GIVEN_TEXT_MAX),
    owner: shape.owner.max(...GIVEN_TEXT_MAX),
  })
  .refine(isEverInForce, { path: ['to'], message: 'it is not later than from' });
export type FreezeInput = Readonly<z.infer<typeof FreezeInput>>;

export interface FreezeSpan {
  readonly fromUtc: string;
  /** Half open: at this instant it is over. */
  readonly toUtc: string;
}

/** When it is in force for a VM of this time zone. */
export function spanOf(
  { from, to, timeZone }: Pick<Freeze, 'from' | 'to' | 'timeZone'>,
  vmZone: string,
): FreezeSpan {
  const zone = timeZone === null ? vmZone : (zoneNamed(timeZone) ?? vmZone);
  return { fromUtc: utcIn(zone, from, localMs(from)), toUtc: utcIn(zone, to, endMs(to)) };
}

/** A freeze that concerns a VM. */
export interface StandingFreeze {
  readonly freeze: Freeze;
  readonly span: FreezeSpan;
}

/** Those in force for a VM at an instant, the one that ends last first: nothing starts before that. */
export function standingFreezes(
  freezes: readonly Freeze[],
  vm: VirtualMachine,
  vmZone: string,
  nowUtc: string,
): readonly StandingFreeze[] {
  return inForce(freezesOf(freezes, vm, vmZone), nowUtc, nowUtc);
}

/** Those that keep an installation from starting now: in force already, or before the shortest installation and its reboots could end. */
export function freezesOfStart(
  freezes: readonly StandingFreeze[],
  nowUtc: string,
  policy: Pick<Policy, 'installMinimumSeconds' | 'rebootReserveSeconds'>,
): readonly StandingFreeze[] {
  const endUtc = addSeconds(nowUtc, policy.installMinimumSeconds + policy.rebootReserveSeconds);
  return inForce(freezes, nowUtc, endUtc);
}

function inForce(freezes: readonly StandingFreeze[], fromUtc: string, toUtc: string): StandingFreeze[] {
  return freezes
    .filter(({ span }) => (span.fromUtc <= fromUtc || span.fromUtc < toUtc) && fromUtc < span.toUtc)
    .sort((a, b) => (a.span.toUtc > b.span.toUtc ? -1 : 1));
}

/** When the next freeze begins, after an instant at which none is in force; `endsUtc` when none does before. */
export function freeUntil(freezes: readonly StandingFreeze[], utc: string, endsUtc: string): string {
  return freezes
    .map(({ span }) => span.fromUtc)
    .filter((fromUtc) => fromUtc > utc)
    .reduce(earlier, endsUtc);
}

/** All that ever concern a VM, with their spans. */
export function freezesOf(freezes: readonly Freeze[], vm: VirtualMachine, vmZone: string): StandingFreeze[] {
  return freezes
    .filter(({ selector }) => selects(selector, vm))
    .map((freeze) => ({ freeze, span: spanOf(freeze, vmZone) }));
}

/** The first instant at or after this one at which none is in force. */
export function freeFrom(freezes: readonly StandingFreeze[], utc: string): string {
  let free = utc;
  for (const { span } of [...freezes].sort((a, b) => (a.span.fromUtc < b.span.fromUtc ? -1 : 1)))
    if (span.fromUtc <= free && free < span.toUtc) free = span.toUtc;
  return free;
}

/** Zones run from 12 hours behind UTC to 14 ahead. */
const AHEAD_MS = 14 * 3_600_000;
const BEHIND_MS = 12 * 3_600_000;

/** Whether it is to come, in force somewhere, or over everywhere. */
export function freezeState(
  freeze: Pick<Freeze, 'from' | 'to' | 'timeZone'>,
  nowUtc: string,
): 'planned' | 'standing' | 'over' {
  const now = Date.parse(nowUtc);
  const own = freeze.timeZone === null;
  const { fromUtc, toUtc } = spanOf(freeze, 'UTC');
  if (now < Date.parse(fromUtc) - (own && isLocal(freeze.from) ? AHEAD_MS : 0)) return 'planned';
  return now < Date.parse(toUtc) + (own && isLocal(freeze.to) ? BEHIND_MS : 0) ? 'standing' : 'over';
}

/** Of a local time and an instant only the time zone says which is the later; where each VM has its own, one zone is enough. */
function isEverInForce(freeze: Pick<Freeze, 'from' | 'to' | 'timeZone'>): boolean {
  const { from, to, timeZone } = freeze;
  if (timeZone !== null) {
    const { fromUtc, toUtc } = spanOf(freeze, 'UTC');
    return fromUtc < toUtc;
  }
  const aheadMs = isLocal(from) && !isLocal(to) ? AHEAD_MS : 0;
  const behindMs = isLocal(to) && !isLocal(from) ? BEHIND_MS : 0;
  return localMs(from) - aheadMs < endMs(to) + behindMs;
}

const isLocal = (written: string): boolean => WHEN.exec(written)?.[5] === undefined;

/** As if the clock stood in UTC; of an instant, the instant itself. */
function localMs(written: string): number {
  const [, day = '', time = '00:00', seconds = '00', fraction = '0', offset = 'Z'] = WHEN.exec(written) ?? [];
  return Date.parse(`${day}T${time}:${seconds}.${fraction.padEnd(3, '0')}${offset}`);
}

function endMs(written: string): number {
  return WHEN.exec(written)?.[2] === undefined ? localMs(written) + DAY_MS : localMs(written);
}

function utcIn(zone: string, written: string, ms: number): string {
  return isLocal(written) ? utcOf(instantOf(zone, ms)) : utcOf(ms);
}
