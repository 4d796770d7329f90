import fc from 'fast-check';
import type { Disruption } from '../../domain/disruption';
import {
  emptyLedger,
  heal,
  release,
  tryAcquire,
  type ClaimAnswer,
  type ClaimRequest,
} from '../../domain/ledger';
import type { VmId } from '../../domain/ids';
import { PackedLedger, packLedger, unpackLedger } from '../../domain/packedLedger';
import { aDisruption, anImpairment, aRequest, inSet, minutesAfter, NINE } from '../support/claims';

/** The rules of design section 4 once more, as plainly as possible and from nothing but the design. */
const PAIRS = [
  ['eastus', 'westus'],
  ['southcentralus', 'northcentralus'],
  ['southcentralus', 'brazilsouth'],
];

function mayNotCoexist(a: Disruption, b: Disruption): boolean {
  if (PAIRS.some((pair) => pair.includes(a.region) && pair.includes(b.region) && a.region !== b.region))
    return true;
  if (a.region !== b.region) return false;
  if ((a.zone ?? 'regional') !== (b.zone ?? 'regional')) return true;
  const sameSet = a.availabilitySetId !== null && a.availabilitySetId === b.availabilitySetId;
  return sameSet && a.updateDomain !== b.updateDomain;
}

function overShare(held: readonly Disruption[]): boolean {
  return held.some(({ availabilitySetId, shareMax }) => {
    if (availabilitySetId === null) return false;
    const down = held
      .filter((other) => other.availabilitySetId === availabilitySetId)
      .reduce((sum, { count }) => sum + count, 0);
    const downAlready = Math.max(
      ...held
        .filter((other) => other.availabilitySetId === availabilitySetId)
        .map((other) => other.downCount ?? 0),
    );
    return down > (shareMax ?? 1) || (down > 1 && down + downAlready > (shareMax ?? 1));
  });
}

/** More VMs of a subscription in one region than may be down at once. */
function overSubscriptionShare(held: readonly Disruption[]): boolean {
  return held.some(({ region, subscriptions = [] }) =>
    subscriptions.some(({ subscription, max }) => {
      const down = held
        .filter((other) => other.region === region)
        .flatMap((other) => other.subscriptions ?? [])
        .filter((other) => other.subscription === subscription)
        .reduce((sum, { count }) => sum + count, 0);
      return down > max;
    }),
  );
}

const impossible = (held: readonly Disruption[]): boolean =>
  overShare(held) ||
  overSubscriptionShare(held) ||
  held.some((a, n) => held.slice(n + 1).some((b) => mayNotCoexist(a, b)));

const place = fc.oneof(
  fc.record({
    region: fc.constantFrom(
      'eastus',
      'westus',
      'southcentralus',
      'northcentralus',
      'brazilsouth',
      'atlantis',
    ),
    zone: fc.constantFrom(null, '1', '2'),
  }),
  fc.record({ region: fc.constantFrom('eastus', 'southcentralus'), zone: fc.constantFrom('1', '2', '3') }),
);

const subscriptions = fc.uniqueArray(
  fc.record({
    subscription: fc.constantFrom('one', 'two'),
    count: fc.integer({ min: 1, max: 3 }),
    max: fc.constant(4),
  }),
  { selector: ({ subscription }) => subscription },
);

const disruption: fc.Arbitrary<Disruption> = fc.oneof(
  fc
    .record({ where: place, subscriptions })
    .map(({ where, subscriptions: shares }) =>
      aDisruption(shares.length === 0 ? where : { ...where, subscriptions: shares }),
    ),
  fc
    .record({
      set: fc.constantFrom('web', 'db'),
      updateDomain: fc.nat(2),
      count: fc.integer({ min: 1, max: 4 }),
      downCount: fc.nat(3),
    })
    .map(({ set, updateDomain, count, downCount }) =>
      inSet(set, updateDomain, { count: Math.max(1, count - downCount), downCount }),
    ),
);

type Command =
  | { readonly kind: 'acquire'; readonly caller: number }
  | { readonly kind: 'release'; readonly caller: number; readonly leavesImpaired: boolean }
  | { readonly kind: 'heal' }
  | { readonly kind: 'wait'; readonly minutes: number };

const CALLER_MAX = 7;
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('acquire' as const), caller: fc.nat(CALLER_MAX) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      caller: fc.nat(CALLER_MAX),
      leavesImpaired: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'heal' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.nat(30) }) },
);

const callers = fc.array(
  fc.record({
    disruption,
    urgency: fc.nat(3),
    kind: fc.constantFrom('rollout' as const, 'catchUp' as const),
  }),
  { minLength: CALLER_MAX + 1, maxLength: CALLER_MAX + 1 },
);

/** Runs commands on a ledger, and remembers beside it which request holds what, and which sets have an unhealthy VM. */
class Bookkeeper {
  state = emptyLedger;
  nowUtc = NINE;
  readonly held = new Map<string, Disruption>();
  readonly impaired = new Map<string, VmId[]>();

  do(command: Command, requests: readonly ClaimRequest[]): void {
    switch (command.kind) {
      case 'wait':
        this.nowUtc = minutesAfter(this.nowUtc, command.minutes);
        return;
      case 'heal':
        this.state = heal(this.state, [...this.impaired.values()].flat());
        this.impaired.clear();
        return;
      case 'release':
        this.release(requests[command.caller], command.leavesImpaired);
        return;
      case 'acquire':
        this.acquire(requests[command.caller]);
    }
  }

  acquire(request?: ClaimRequest): ClaimAnswer | null {
    if (!request) return null;
    const { claimId, disruption: wanted } = request;
    const { state, answer } = tryAcquire(this.state, { ...request, nowUtc: this.nowUtc });
    this.state = unpackLedger(PackedLedger.parse(JSON.parse(JSON.stringify(packLedger(state)))));
    const held = this.held.has(claimId);
    if (answer.kind === 'granted' && !held) {
      if (this.impaired.has(wanted.availabilitySetId ?? '')) throw new Error('granted in an impaired set');
      this.held.set(claimId, wanted);
    }
    if (answer.kind === 'refused' && held) throw new Error('refused what is held');
    if (answer.kind === 'refused') this.#checkReasons(wanted, answer.because);
    return answer;
  }

  release(request: ClaimRequest | undefined, leavesImpaired: boolean): void {
    if (!request) return;
    const { claimId, disruption: was } = request;
    const { availabilitySetId } = was;
    const impairments =
      leavesImpaired && this.held.has(claimId) && availabilitySetId !== null
        ? [anImpairment('any', { availabilitySetId })]
        : [];
    const set = availabilitySetId ?? '';
    for (const { vmId } of impairments) this.impaired.set(set, [...(this.impaired.get(set) ?? []), vmId]);
    this.state = release(this.state, claimId, impairments, this.nowUtc);
    this.held.delete(claimId);
  }

  /** A refusal for a rule of availability has that rule behind it. */
  #checkReasons(wanted: Disruption, because: readonly { rule: string }[]): void {
    const rules = new Set(because.map(({ rule }) => rule));
    const inTheWay = impossible([...this.held.values(), wanted]);
    const named = ['geoPair', 'zones', 'updateDomains', 'setShare', 'subscriptionShare'].some((rule) =>
      rules.has(rule),
    );
    if (named !== inTheWay)
      throw new Error(`refused for ${[...rules].join()}, in the way: ${String(inTheWay)}`);
    if (rules.has('setImpaired') !== this.impaired.has(wanted.availabilitySetId ?? '') && because.length < 5)
      throw new Error('impairment');
  }
}

describe('INV-1, INV-2, INV-3, INV-13, INV-15: the ledger, whatever is done to it', () => {
  it('never has granted two claims that may not be at the same time, and refuses only with reason', () => {
    fc.assert(
      fc.property(callers, fc.array(anyCommand, { maxLength: 80, size: 'max' }), (asking, commands) => {
        const books = new Bookkeeper();
        const requests = asking.map(({ disruption: wanted, urgency, kind }, n) =>
          aRequest(`claim-${n}`, wanted, { kind, deadlineUtc: `2026-12-0${urgency + 1}T00:00:00.000Z` }),
        );
        for (const each of commands) {
          books.do(each, requests);
          if (impossible([...books.held.values()])) return false;
          if (books.state.claims.length !== books.held.size) return false;
        }
        return true;
      }),
      { numRuns: 400 },
    );
  });

  it('lets no request starve: one that keeps asking is granted in the end', () => {
    fc.assert(
      fc.property(
        callers,
        fc.array(fc.nat(CALLER_MAX), { minLength: 40, maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        (asking, order, heldForRounds) => {
          const books = new Bookkeeper();
          const served = new Set<string>();
          const since = new Map<string, number>();
          const requests = asking.map(({ disruption: wanted, urgency }, n) =>
            aRequest(`claim-${n}`, wanted, { deadlineUtc: `2026-12-0${urgency + 1}T00:00:00.000Z` }),
          );
          // Greedy newcomers ask in any order, all the time; every caller asks every five minutes.
          for (let round = 0; round < (CALLER_MAX + 2) * (heldForRounds + 1); round += 1) {
            const shuffled = [...requests.keys()].sort(
              (a, b) => (order[(a + round) % 40] ?? 0) - (order[(b + round) % 40] ?? 0),
            );
            for (const n of shuffled) {
              const request = requests[n];
              if (!request || served.has(request.claimId)) continue;
              if (books.acquire(request)?.kind === 'granted') {
                served.add(request.claimId);
                since.set(request.claimId, round);
              }
            }
            for (const request of requests)
              if (round - (since.get(request.claimId) ?? round) >= heldForRounds)
                books.release(request, false);
            books.nowUtc = minutesAfter(books.nowUtc, 5);
          }
          return served.size === requests.length;
        },
      ),
      { numRuns: 200 },
    );
  });
});
