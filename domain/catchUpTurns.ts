import { addSeconds, later } from './instants';
import { arePaired } from './regions';

/** When catch-ups have their turn in a ledger: wherever the rounds of a rollout, to which they give way (`claimDeadline`), leave them one. */

interface Place {
  readonly region: string;
  readonly zone: string | null;
}

/** What a ledger keeps of turns. */
interface Turns {
  readonly nextRounds: { region: string; zone: string | null; untilUtc: string }[];
}

interface Asking {
  readonly kind: string;
  readonly disruption: Place;
  readonly nowUtc: string;
}

/** Between two rounds, and when a window opens, a rollout asks for nothing: it goes on within seconds, on a busy host within minutes. */
export const NEXT_ROUND_SECONDS = 300;

/** Where a rollout goes on in a moment that excludes this catch-up. */
export function nextRoundsBefore(state: Turns, request: Asking): Turns['nextRounds'] {
  const { kind, disruption, nowUtc } = request;
  if (kind !== 'catchUp') return [];
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

/** When the last of the rounds that are expected before it would have asked. */
export function againAt(
  state: Turns,
  request: Asking,
  because: readonly { readonly rule: string }[],
): { readonly againUtc?: string } {
  if (!because.some(({ rule }) => rule === 'nextRound')) return {};
  const untils = nextRoundsBefore(state, request).map(({ untilUtc }) => untilUtc);
  return { againUtc: untils.reduce(later) };
}
