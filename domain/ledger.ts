import { z } from 'zod';
import { againAt, nextRoundsAfter, nextRoundsBefore } from './catchUpTurns';
import { conflict, ConflictRule, Disruption, fitsBudgets, fitsSet, fitsSubscriptions } from './disruption';
import { AvailabilitySetId, Utc, VmId } from './ids';
import { addSeconds, earlier } from './instants';
import { numberOfPhase, type PhaseId } from './phaseId';
import { DAY_SECONDS } from './timeUnits';

export const ClaimKind = z.enum(['rollout', 'catchUp', 'onDemand']);

/** The right to disrupt a batch now. Its id is the id of the round's orchestration: acquiring twice is acquiring once. */
export const Claim = z.object({
  claimId: z.string(),
  kind: ClaimKind,
  disruption: Disruption,
  /** `startInstall` refuses after this instant. */
  startByUtc: Utc,
  /** The end of the window. Expiry does not free the claim, it makes it suspect. */
  expiresUtc: Utc,
});
export type Claim = Readonly<z.infer<typeof Claim>>;

/** The epoch of a rollout: each take-over raises it, and what an older one asks for is refused. */
export const Fence = z.object({ rolloutId: z.string(), epoch: z.number().int() });
export type Fence = Readonly<z.infer<typeof Fence>>;

export const ClaimRequest = Claim.extend({
  /** Older deadlines go first. */
  deadlineUtc: Utc,
  nowUtc: Utc,
  /** A ticket that is not polled for so long loses its place. */
  ticketLapseSeconds: z.number(),
  /** Whose round it is, and in which epoch it was begun. Absent for what a person asks for. */
  fence: Fence.exactOptional(),
});
export type ClaimRequest = Readonly<z.infer<typeof ClaimRequest>>;

const Ticket = z.object({
  claimId: z.string(),
  disruption: Disruption,
  deadlineUtc: Utc,
  askedUtc: Utc,
  lapsesUtc: Utc,
});
export type Ticket = Readonly<z.infer<typeof Ticket>>;

/** A VM of a set that is unhealthy or unknown after its update: it holds its set until it is healed or waived. */
export const Impairment = z.object({
  vmId: VmId,
  availabilitySetId: AvailabilitySetId,
  region: z.string(),
  sinceUtc: Utc,
});
export type Impairment = Readonly<z.infer<typeof Impairment>>;

/** One connected component of the pair graph: everything that could conflict with each other. */
export const LedgerState = z.object({
  claims: z.array(Claim),
  tickets: z.array(Ticket),
  impairments: z.array(Impairment),
  /** The newest epoch that each rollout has asked in, of the latest rollouts. */
  fences: z.array(Fence),
  /** Where a round of a rollout has ended: until then its next one is expected there. */
  nextRounds: z.array(z.object({ region: z.string(), zone: z.string().nullable(), untilUtc: Utc })),
});
export type LedgerState = Readonly<z.infer<typeof LedgerState>>;

export const emptyLedger: LedgerState = {
  claims: [],
  tickets: [],
  impairments: [],
  fences: [],
  nextRounds: [],
};

/** Why a claim is refused: two disruptions exclude each other, or one of the ledger's own rules. */
export const RefusalRule = z.enum([
  ...ConflictRule.options,
  'setImpaired',
  'olderTicket',
  /** A catch-up: the rollout that excludes it goes on in a moment. */
  'nextRound',
  /** It was begun before the rollout was taken over. */
  'takenOver',
  /** The ledger has no room for one more claim: its state must stay small (`ledgerState.ts`). */
  'ledgerFull',
]);
export type RefusalRule = z.infer<typeof RefusalRule>;

export const ClaimAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('granted') }),
  z.object({
    kind: z.literal('refused'),
    because: z.array(
      z.object({
        rule: RefusalRule,
        /** The claim, ticket or VM that stands in the way. */
        by: z.string(),
      }),
    ),
    /** Asked sooner it is refused again: a place is kept for the next round of a rollout. */
    againUtc: Utc.exactOptional(),
  }),
]);
export type ClaimAnswer = Readonly<z.infer<typeof ClaimAnswer>>;
type Refusal = Extract<ClaimAnswer, { kind: 'refused' }>['because'][number];

/** How many reasons a refusal carries at most: the answer is a message and must stay small. */
const REASONS_MAX = 5;

/** Grants or refuses a claim. A refusal keeps a ticket, so that the request with the earliest deadline is served first. */
export function tryAcquire(
  before: LedgerState,
  request: ClaimRequest,
): { state: LedgerState; answer: ClaimAnswer } {
  if (isFencedOff(before, request)) return fencedOff(before, request);
  const state = { ...before, fences: withFence(before.fences, request) };
  const held = state.claims.find((claim) => claim.claimId === request.claimId);
  if (held) return { state, answer: { kind: 'granted' } };
  const because = [...refusals(state, request)];
  if (because.length > 0)
    return {
      state: because.some(({ rule }) => rule === NOT_WORTH_A_TICKET)
        ? { ...state, tickets: state.tickets.filter((ticket) => ticket.claimId !== request.claimId) }
        : { ...state, tickets: keepTicket(state.tickets, request) },
      answer: {
        kind: 'refused',
        because: because.slice(0, REASONS_MAX),
        ...againAt(state, request, because),
      },
    };
  const { claimId, kind, disruption, startByUtc, expiresUtc } = request;
  return {
    state: {
      ...state,
      claims: [...state.claims, { claimId, kind, disruption, startByUtc, expiresUtc }],
      tickets: state.tickets.filter((ticket) => ticket.claimId !== claimId),
    },
    answer: { kind: 'granted' },
  };
}

/** So many rollouts are open at once at most; the epochs of older ones are of no more use. */
const FENCES_MAX = 8;

function isFencedOff({ fences }: LedgerState, { fence }: ClaimRequest): boolean {
  const known = fences.find(({ rolloutId }) => rolloutId === fence?.rolloutId);
  return known !== undefined && fence !== undefined && fence.epoch < known.epoch;
}

/** Also a claim that it holds is no right any more; it goes on blocking others until its VMs are done. */
function fencedOff(
  state: LedgerState,
  { claimId, expiresUtc, fence }: ClaimRequest,
): { state: LedgerState; answer: ClaimAnswer } {
  return {
    state: { ...state, tickets: state.tickets.filter((ticket) => ticket.claimId !== claimId) },
    answer: {
      kind: 'refused',
      because: [{ rule: 'takenOver', by: fence?.rolloutId ?? '' }],
      againUtc: expiresUtc,
    },
  };
}

function withFence(fences: LedgerState['fences'], { fence }: ClaimRequest): LedgerState['fences'] {
  if (fence === undefined) return fences;
  const others = fences.filter(({ rolloutId }) => rolloutId !== fence.rolloutId);
  return [...others.slice(1 - FENCES_MAX), fence];
}

/**
 * The claims that wait and would be granted now, were they asked for one after the other: those that a release wakes. A claim that waits for
 * something else as well is refused again, which does no harm.
 */
export function grantable(state: LedgerState, nowUtc: string, max: number): string[] {
  const found: string[] = [];
  let rest = state;
  for (const ticket of [...state.tickets].sort((a, b) => (isAhead(a, b) ? -1 : 1))) {
    if (found.length === max) break;
    const { claimId, disruption, lapsesUtc } = ticket;
    if (lapsesUtc < nowUtc || isRefused(rest, requestOf(ticket, nowUtc))) continue;
    found.push(claimId);
    const claim: Claim = { claimId, kind: 'rollout', disruption, startByUtc: nowUtc, expiresUtc: nowUtc };
    rest = { ...rest, claims: [...rest.claims, claim] };
  }
  return found;
}

const isRefused = (state: LedgerState, request: ClaimRequest): boolean =>
  refusals(state, request).next().done !== true;

type Turn = Pick<Ticket, 'deadlineUtc' | 'askedUtc'>;

/** Earliest deadline first, then the earliest request. */
const isAhead = (a: Turn, b: Turn): boolean =>
  a.deadlineUtc === b.deadlineUtc ? a.askedUtc < b.askedUtc : a.deadlineUtc < b.deadlineUtc;

const requestOf = ({ claimId, disruption, deadlineUtc }: Ticket, nowUtc: string): ClaimRequest => ({
  claimId,
  kind: 'rollout',
  disruption,
  deadlineUtc,
  nowUtc,
  startByUtc: nowUtc,
  expiresUtc: nowUtc,
  ticketLapseSeconds: 0,
});

/** Every reason against the request, one after the other: who only asks whether there is one takes the first. */
function* refusals(state: LedgerState, request: ClaimRequest): Generator<Refusal, void> {
  const { disruption } = request;
  let count = 0;
  const refused = (rule: RefusalRule, by: string): Refusal => {
    count += 1;
    return { rule, by };
  };
  for (const claim of state.claims) {
    const rule = conflict(disruption, claim.disruption);
    if (rule) yield refused(rule, claim.claimId);
  }
  if (count === 0) for (const { rule, by } of sharesUsedUp(state, disruption)) yield refused(rule, by);
  for (const impairment of state.impairments)
    if (impairment.availabilitySetId === disruption.availabilitySetId)
      yield refused('setImpaired', impairment.vmId);
  const turn = { deadlineUtc: request.deadlineUtc, askedUtc: askedSince(state.tickets, request) };
  for (const ticket of state.tickets)
    if (goesBefore(ticket, request, turn) && conflict(disruption, ticket.disruption))
      yield refused('olderTicket', ticket.claimId);
  if (count === 0)
    for (const { region } of nextRoundsBefore(state, request)) yield refused('nextRound', region);
}

/** `conflict` looks at two; a share is used up by all claims together. */
function sharesUsedUp(state: LedgerState, wanted: Disruption): Refusal[] {
  const { availabilitySetId, region, zone } = wanted;
  const held = state.claims.map((claim) => claim.disruption);
  if (wanted.budgets !== undefined)
    return fitsBudgets([...held, wanted]) ? [] : [{ rule: 'budget', by: wanted.budgets[0]?.budget ?? '' }];
  const inPlace = held.filter((one) => one.availabilitySetId === availabilitySetId);
  if (availabilitySetId !== null)
    return fitsSet([...inPlace, wanted]) ? [] : [{ rule: 'setShare', by: availabilitySetId }];
  const beside = inPlace.filter((one) => one.region === region);
  if (fitsSubscriptions([...beside, wanted])) return [];
  return [{ rule: 'subscriptionShare', by: zone === null ? region : `${region} zone ${zone}` }];
}

/**
 * By when a request wants to have run: what orders those that exclude each other. The last rounds of a phase go before those of the next one: if
 * both took turns in paired regions, each turn would last as long as its slowest round, and both phases longer. A catch-up gives way to rounds
 * whose VMs have had no turn yet, or one late VM of another zone, or of the paired region, would keep a region's whole pool waiting for two
 * hours.
 */
export function claimDeadline(
  kind: z.infer<typeof ClaimKind>,
  { phase, endsUtc }: { readonly phase: PhaseId; readonly endsUtc: string },
): string {
  return addSeconds(endsUtc, kind === 'catchUp' ? DAY_SECONDS : numberOfPhase(phase));
}

/** A lapsed ticket goes behind all others. */
const goesBefore = (ticket: Ticket, { claimId, nowUtc }: ClaimRequest, turn: Turn): boolean =>
  ticket.claimId !== claimId && ticket.lapsesUtc >= nowUtc && isAhead(ticket, turn);

/** One that has lapsed has lost its place, also where no other request has swept it away yet. */
function askedSince(tickets: readonly Ticket[], { claimId, nowUtc }: ClaimRequest): string {
  const own = tickets.find((ticket) => ticket.claimId === claimId && ticket.lapsesUtc >= nowUtc);
  return own?.askedUtc ?? nowUtc;
}

/** A refusal that no queue resolves: a ticket for it would only block others for nothing. */
const NOT_WORTH_A_TICKET: RefusalRule = 'setImpaired';

function keepTicket(tickets: readonly Ticket[], request: ClaimRequest): Ticket[] {
  const { claimId, disruption, deadlineUtc, nowUtc } = request;
  const askedUtc = askedSince(tickets, request);
  const lapsesUtc = addSeconds(nowUtc, request.ticketLapseSeconds);
  const alive = tickets.filter((ticket) => ticket.claimId !== claimId && ticket.lapsesUtc >= nowUtc);
  return [...alive, { claimId, disruption, deadlineUtc, askedUtc, lapsesUtc }];
}

/** Frees a claim and remembers the VMs that go on holding their sets; and, given the time, where the rollout goes on. Releasing twice is releasing once. */
export function release(
  state: LedgerState,
  claimId: string,
  impaired: readonly Impairment[],
  nowUtc?: string,
): LedgerState {
  const known = new Set(state.impairments.map((impairment) => impairment.vmId));
  const claim = state.claims.find((one) => one.claimId === claimId);
  // The holder knows the set by the name that it had: the claim by that of now.
  const set = claim?.disruption.availabilitySetId ?? null;
  const held = set === null ? impaired : impaired.map((one) => ({ ...one, availabilitySetId: set }));
  return {
    ...state,
    claims: state.claims.filter((one) => one.claimId !== claimId),
    tickets: state.tickets.filter((ticket) => ticket.claimId !== claimId),
    impairments: [...state.impairments, ...held.filter(({ vmId }) => !known.has(vmId))],
    nextRounds: nextRoundsAfter(state, claim, nowUtc),
  };
}

/** A round goes on with few of its VMs: from now on its claim covers these. Narrowing twice is narrowing once. */
export const narrow = (state: LedgerState, claimId: string, left: Disruption): LedgerState => ({
  ...state,
  claims: state.claims.map((claim) => (claim.claimId === claimId ? { ...claim, disruption: left } : claim)),
});

/** Where a VM that was moved is now. One outside of a set holds none. */
export const Impaired = Impairment.omit({ sinceUtc: true }).extend({
  availabilitySetId: AvailabilitySetId.nullable(),
});
type Impaired = Readonly<z.infer<typeof Impaired>>;

/** A VM that was moved to another group holds its set under the name that both have now. Following twice is following once. */
export function follow(state: LedgerState, from: VmId, { availabilitySetId, ...to }: Impaired): LedgerState {
  return {
    ...state,
    impairments: state.impairments.flatMap((impairment) => {
      if (impairment.vmId !== from) return [impairment];
      return availabilitySetId === null ? [] : [{ ...impairment, ...to, availabilitySetId }];
    }),
  };
}

/** Names of a set before and after it was moved with its VMs. */
export const MovedSet = z.object({ from: AvailabilitySetId, to: AvailabilitySetId });
export type MovedSet = Readonly<z.infer<typeof MovedSet>>;

/**
 * What is in flight in a set that was moved, or waits for it, is known by the set's name of now: under two names two of its update domains would go down
 * together. Following twice is following once.
 */
export function followSet(state: LedgerState, { from, to }: MovedSet): LedgerState {
  const renamed = <T extends { readonly disruption: Disruption }>(one: T): T =>
    one.disruption.availabilitySetId === from
      ? { ...one, disruption: { ...one.disruption, availabilitySetId: to } }
      : one;
  return {
    ...state,
    claims: state.claims.map(renamed),
    tickets: state.tickets.map(renamed),
    impairments: state.impairments.map((impairment) =>
      impairment.availabilitySetId === from ? { ...impairment, availabilitySetId: to } : impairment,
    ),
  };
}

/** VMs found healthy again, waived by a person, or gone: they hold their set no longer. */
export function heal(state: LedgerState, vmIds: readonly VmId[]): LedgerState {
  const healed = new Set<string>(vmIds);
  return { ...state, impairments: state.impairments.filter(({ vmId }) => !healed.has(vmId)) };
}

/** When the first claim that is not suspect yet expires; null when there is none. */
export function firstExpiry(state: LedgerState, nowUtc: string, graceSeconds: number): string | null {
  const suspect = new Set(suspects(state, nowUtc, graceSeconds));
  const expiries = state.claims.filter((claim) => !suspect.has(claim)).map(({ expiresUtc }) => expiresUtc);
  return expiries.length === 0 ? null : expiries.reduce(earlier);
}

/** Claims whose window has been over for longer than the grace: their holder may have stopped, but they still block. */
export function suspects(state: LedgerState, nowUtc: string, graceSeconds: number): readonly Claim[] {
  const expiredBefore = addSeconds(nowUtc, -graceSeconds);
  return state.claims.filter((claim) => claim.expiresUtc < expiredBefore);
}
