import { addSeconds, earlier, later } from './instants';
import { arePaired } from './regions';

/** When catch-ups have their turn in a ledger: each has a slot of a window, and gives way to the rounds of a rollout. */

interface Place {
  readonly region: string;
  readonly zone: string | null;
}

/** What a ledger keeps of turns. */
interface Turns {
  readonly catchUpSlots: { region: string; catchUp: string; closesUtc: string }[];
  readonly nextRounds: { region: string; zone: string | null; untilUtc: string }[];
}

interface Asking {
  readonly claimId: string;
  readonly kind: string;
  readonly disruption: Place;
  readonly expiresUtc: string;
  readonly nowUtc: string;
  readonly catchUpSlotsMax: number;
  readonly catchUp?: string;
}

/** Only before the day by which the rollout is to be done: from then on a window has more than one slot. */
export const givesWay = (catchUpSlotsMax: number): boolean => catchUpSlotsMax <= 1;

/** Between two rounds, and when a window opens, a rollout asks for nothing: it goes on within seconds, on a busy host within minutes. */
export const NEXT_ROUND_SECONDS = 300;

/** Where a rollout goes on in a moment that excludes this catch-up, as long as catch-ups give way (`claimDeadline`). */
export function nextRoundsBefore(state: Turns, request: Asking): Turns['nextRounds'] {
  const { kind, disruption, nowUtc, catchUpSlotsMax } = request;
  if (kind !== 'catchUp' || !givesWay(catchUpSlotsMax)) return [];
  return state.nextRounds.filter(
    ({ region, zone, untilUtc }) =>
      untilUtc > nowUtc &&
      (region === disruption.region ? zone !== disruption.zone : arePaired(region, disruption.region)),
  );
}

/** One for each region: its zones take their turns. */
export function nextRoundsAfter(
  { nextRounds }: Turns,
  released: Pick<Asking, 'kind' | 'disruption'> | undefined,
  nowUtc: string | undefined,
): Turns['nextRounds'] {
  if (released?.kind !== 'rollout' || nowUtc === undefined) return nextRounds;
  const { region, zone } = released.disruption;
  const others = nextRounds.filter((one) => one.region !== region && one.untilUtc > nowUtc);
  return [...others, { region, zone, untilUtc: addSeconds(nowUtc, NEXT_ROUND_SECONDS) }];
}

/** A catch-up that has its slot keeps it: all VMs that wait in a region go in the same window. Another one waits for the next. */
export function catchUpSlotFree(state: Turns, request: Asking): boolean {
  const taken = slotsTaken(state, request);
  return (
    taken.some(({ catchUp }) => catchUp === catchUpOf(request)) || taken.length < request.catchUpSlotsMax
  );
}

/** When the first of the slots that stand in the way is free, or the last of the rounds that are expected before it would have asked. */
export function againAt(
  state: Turns,
  request: Asking,
  because: readonly { readonly rule: string }[],
): { readonly againUtc?: string } {
  if (because.some(({ rule }) => rule === 'nextRound'))
    return {
      againUtc: nextRoundsBefore(state, request)
        .map(({ untilUtc }) => untilUtc)
        .reduce(later),
    };
  if (!because.some(({ rule }) => rule === 'catchUpSlot')) return {};
  const closing = slotsTaken(state, request).map(({ closesUtc }) => closesUtc);
  return closing.length === 0 ? {} : { againUtc: closing.reduce(earlier) };
}

const catchUpOf = ({ catchUp, claimId }: Asking): string => catchUp ?? claimId;

/** The slots of windows of the region that are still open. */
function slotsTaken(state: Turns, { disruption, nowUtc }: Asking): Turns['catchUpSlots'] {
  return state.catchUpSlots.filter(
    ({ region, closesUtc }) => region === disruption.region && closesUtc > nowUtc,
  );
}

export function takeCatchUpSlot(state: Turns, request: Asking): Turns['catchUpSlots'] {
  if (request.kind !== 'catchUp') return state.catchUpSlots;
  const { region } = request.disruption;
  const open = state.catchUpSlots.filter(({ closesUtc }) => closesUtc > request.nowUtc);
  const own = open.find((slot) => slot.region === region && slot.catchUp === catchUpOf(request));
  const closesUtc = later(own?.closesUtc ?? request.expiresUtc, request.expiresUtc);
  return [...open.filter((slot) => slot !== own), { region, catchUp: catchUpOf(request), closesUtc }];
}
