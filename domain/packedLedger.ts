import { z } from 'zod';
import type { Disruption } from './disruption';
import { AvailabilitySetId, VmId } from './ids';
import { utcOf } from './instants';
import { ClaimKind, type Claim, type Impairment, type LedgerState, type Ticket } from './ledger';
import { remembered } from './remembered';

/**
 * The state of a ledger in little room. Texts that begin alike are written once (each gives how much of the one before it it shares), instants count from
 * the first, and what repeats is a number.
 */

/** Before the name of a budget; no key of a subscription has it. */
const BUDGET = '~';

const Text = z.tuple([z.number().int(), z.string()]);
/** Region, zone, set, update domain, count, shareMax, downCount, and by three the subscriptions and budgets with their count and max. */
const Place = z.custom<(string | number | null)[]>((value) => Array.isArray(value) && value.every(isOfPlace));

function isOfPlace(part: unknown): boolean {
  return part === null || typeof part === 'string' || typeof part === 'number';
}

export const PackedLedger = z.object({
  /** Where instants begin, in milliseconds since 1970. */
  fromMs: z.number(),
  regions: z.array(z.string()),
  /** Ids of sets, claims, tickets and VMs, in the order of their text. */
  ids: z.array(Text),
  claims: z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), Place])),
  tickets: z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), Place])),
  impairments: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
  fences: z.array(z.tuple([z.string(), z.number()])).default([]),
  nextRounds: z.array(z.tuple([z.number(), z.string().nullable(), z.number()])).default([]),
});
export type PackedLedger = z.infer<typeof PackedLedger>;
type PackedPlace = z.infer<typeof Place>;

export function packLedger(state: LedgerState): PackedLedger {
  const ids = [...idsIn(state)].sort();
  const idAt = new Map(ids.map((id, at) => [id, at]));
  const regions = [...regionsIn(state)].sort();
  const instantMs = remembered(Date.parse);
  const fromMs = firstMs(state, instantMs);
  const id = (text: string): number => idAt.get(text) ?? -1;
  const ms = (utc: string): number => instantMs(utc) - fromMs;
  const region = (name: string): number => regions.indexOf(name);
  const place = (one: Disruption): PackedPlace => [
    region(one.region),
    one.zone,
    one.availabilitySetId === null ? null : id(one.availabilitySetId),
    one.updateDomain,
    one.count,
    one.shareMax,
    one.downCount ?? null,
    ...(one.subscriptions ?? []).flatMap(({ subscription, count, max }) => [subscription, count, max]),
    ...(one.budgets ?? []).flatMap(({ budget, count, max }) => [BUDGET + budget, count, max]),
  ];
  return {
    fromMs: fromMs === Number.MAX_SAFE_INTEGER ? 0 : fromMs,
    regions,
    ids: sharedBeginnings(ids),
    claims: state.claims.map(({ claimId, kind, disruption, startByUtc, expiresUtc }) => [
      id(claimId),
      ClaimKind.options.indexOf(kind),
      ms(startByUtc),
      ms(expiresUtc),
      place(disruption),
    ]),
    tickets: state.tickets.map(({ claimId, disruption, deadlineUtc, askedUtc, lapsesUtc }) => [
      id(claimId),
      ms(deadlineUtc),
      ms(askedUtc),
      ms(lapsesUtc),
      place(disruption),
    ]),
    impairments: state.impairments.map((one) => [
      id(one.vmId),
      id(one.availabilitySetId),
      region(one.region),
      ms(one.sinceUtc),
    ]),
    fences: state.fences.map(({ rolloutId, epoch }) => [rolloutId, epoch]),
    nextRounds: state.nextRounds.map((next) => [region(next.region), next.zone, ms(next.untilUtc)]),
  };
}

export function unpackLedger(packed: PackedLedger): LedgerState {
  const ids = wholeTexts(packed.ids);
  const id = (at: number): string => ids[at] ?? '';
  const known = new Map<number, string>(); // rounds of a window share their instants
  const utc = (ms: number): string => {
    const before = known.get(ms);
    if (before !== undefined) return before;
    const text = utcOf(packed.fromMs + ms);
    known.set(ms, text);
    return text;
  };
  const region = (at: number): string => packed.regions[at] ?? '';
  const place = (written: PackedPlace): Disruption => disruptionOf(written, id, region);
  return {
    claims: packed.claims.map(([claimId, kind, start, expires, where]): Claim => ({
      claimId: id(claimId),
      kind: ClaimKind.parse(ClaimKind.options[kind]),
      disruption: place(where),
      startByUtc: utc(start),
      expiresUtc: utc(expires),
    })),
    tickets: packed.tickets.map(([claimId, deadline, asked, lapses, where]): Ticket => ({
      claimId: id(claimId),
      disruption: place(where),
      deadlineUtc: utc(deadline),
      askedUtc: utc(asked),
      lapsesUtc: utc(lapses),
    })),
    impairments: packed.impairments.map(([vm, set, where, since]): Impairment => ({
      vmId: VmId.parse(id(vm)),
      availabilitySetId: setOf(id(set)),
      region: region(where),
      sinceUtc: utc(since),
    })),
    fences: packed.fences.map(([rolloutId, epoch]) => ({ rolloutId, epoch })),
    nextRounds: packed.nextRounds.map(([where, zone, until]) => ({
      region: region(where),
      zone,
      untilUtc: utc(until),
    })),
  };
}

function disruptionOf(
  [region, zone, set, updateDomain, count, shareMax, downCount, ...shares]: PackedPlace,
  id: (at: number) => string,
  regionAt: (at: number) => string,
): Disruption {
  const subscriptions: NonNullable<Disruption['subscriptions']> = [];
  const budgets: NonNullable<Disruption['budgets']> = [];
  for (let n = 0; n + 2 < shares.length; n += 3) {
    const [name, counted, max] = [String(shares[n]), Number(shares[n + 1]), Number(shares[n + 2])];
    if (name.startsWith(BUDGET)) budgets.push({ budget: name.slice(BUDGET.length), count: counted, max });
    else subscriptions.push({ subscription: name, count: counted, max });
  }
  return {
    region: regionAt(Number(region)),
    zone: zone === null || zone === undefined ? null : String(zone),
    availabilitySetId: typeof set === 'number' ? setOf(id(set)) : null,
    updateDomain: numberOrNull(updateDomain),
    count: Number(count),
    shareMax: numberOrNull(shareMax),
    ...(typeof downCount === 'number' && { downCount }),
    ...(subscriptions.length > 0 && { subscriptions }),
    ...(budgets.length > 0 && { budgets }),
  };
}

const setOf = remembered((text) => AvailabilitySetId.parse(text));

const numberOrNull = (value: PackedPlace[number] | undefined): number | null =>
  typeof value === 'number' ? value : null;

function idsIn({ claims, tickets, impairments }: LedgerState): Set<string> {
  const ids = new Set<string>();
  for (const held of [claims, tickets])
    for (const { claimId, disruption } of held) {
      ids.add(claimId);
      if (disruption.availabilitySetId !== null) ids.add(disruption.availabilitySetId);
    }
  for (const { vmId, availabilitySetId } of impairments) ids.add(vmId).add(availabilitySetId);
  return ids;
}

function regionsIn({ claims, tickets, impairments, nextRounds }: LedgerState): Set<string> {
  const regions = new Set<string>();
  for (const held of [claims, tickets]) for (const { disruption } of held) regions.add(disruption.region);
  for (const placed of [impairments, nextRounds]) for (const { region } of placed) regions.add(region);
  return regions;
}

/** A number that no instant is behind, where there is none. */
function firstMs(
  { claims, tickets, impairments, nextRounds }: LedgerState,
  instantMs: (utc: string) => number,
): number {
  let first = Number.MAX_SAFE_INTEGER;
  const see = (utc: string): void => {
    first = Math.min(first, instantMs(utc));
  };
  for (const { startByUtc, expiresUtc } of claims) {
    see(startByUtc);
    see(expiresUtc);
  }
  for (const { deadlineUtc, askedUtc, lapsesUtc } of tickets) {
    see(deadlineUtc);
    see(askedUtc);
    see(lapsesUtc);
  }
  for (const { sinceUtc } of impairments) see(sinceUtc);
  for (const { untilUtc } of nextRounds) see(untilUtc);
  return first;
}

/** The texts are in order, so that neighbours begin alike. */
function sharedBeginnings(texts: readonly string[]): [number, string][] {
  return texts.map((text, n) => {
    const before = texts[n - 1] ?? '';
    const most = Math.min(text.length, before.length);
    let shared = 0;
    while (shared < most && text.charCodeAt(shared) === before.charCodeAt(shared)) shared += 1;
    return [shared, text.slice(shared)];
  });
}

function wholeTexts(texts: readonly (readonly [number, string])[]): string[] {
  let before = '';
  return texts.map(([shared, rest]) => (before = before.slice(0, shared) + rest));
}
