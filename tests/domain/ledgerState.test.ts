import fc from 'fast-check';
import { shortText } from '../../composition/shortText';
import { heal, narrow, release, tryAcquire, emptyLedger, type LedgerState } from '../../domain/ledger';
import {
  fitsLedger,
  keptLedger,
  ledgerOf,
  LEDGER_STATE_LENGTH_MAX,
  type KeptLedger,
} from '../../domain/ledgerState';
import { PackedLedger, packLedger, unpackLedger } from '../../domain/packedLedger';
import { anImpairment, aRequest, inSet, minutesAfter, NINE } from '../support/claims';
import { readAnew } from '../support/readAnew';

const roundOf = (n: number): ReturnType<typeof aRequest> =>
  aRequest(`rollout-2026-11.1:phase-2:eastus:regional:set-${n}:${n % 9}-1`, inSet(`set-${n}`, n % 5));

const acquire = (state: LedgerState, n: number): LedgerState => tryAcquire(state, roundOf(n)).state;

/** As many claims as a busy region has, and no impairment. */
const BUSY = 60;
const busy = Array.from({ length: BUSY }, (_, n) => n).reduce(acquire, emptyLedger);

/** A compressor that counts. */
function counted(): { readonly texts: typeof shortText; readonly times: () => [number, number] } {
  let [shortened, restored] = [0, 0];
  return {
    texts: {
      shorten: (text, lengthMax) => {
        shortened += 1;
        return shortText.shorten(text, lengthMax);
      },
      restore: (short) => {
        restored += 1;
        return shortText.restore(short);
      },
    },
    times: () => [shortened, restored],
  };
}

/** What an operation does to a state, by a number. */
function changed(state: LedgerState, [kind, n]: readonly [number, number]): LedgerState {
  const claim = state.claims[n % Math.max(1, state.claims.length)];
  switch (kind) {
    case 0: // by a rollout that is taken over now and then
      return tryAcquire(state, {
        ...roundOf(BUSY + n),
        fence: { rolloutId: `rollout-${n % 3}`, epoch: 1 + (n >> 4) },
      }).state;
    case 1: // another update domain of a set that is claimed: a ticket
      return tryAcquire(state, aRequest(`waits-${n}`, inSet(`set-${n % BUSY}`, 7))).state;
    case 2:
      return release(state, claim?.claimId ?? '', [anImpairment(`vm-${n}`)], minutesAfter(NINE, n));
    case 3:
      return claim === undefined
        ? state
        : narrow(state, claim.claimId, { ...claim.disruption, count: claim.disruption.count + 1 });
    case 4:
      return heal(
        state,
        state.impairments.slice(0, 2).map(({ vmId }) => vmId),
      );
    default: // as an inspection leaves it: what was shown goes behind the rest
      return { ...state, claims: [...state.claims.slice(n % 9), ...state.claims.slice(0, n % 9)] };
  }
}

const textOf = (kept: KeptLedger): string => JSON.stringify(kept);

describe('the state of a ledger as it is kept', () => {
  it('says the same to a process that has kept none of it, whatever changed since it was compressed', () => {
    let withChanges = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.nat(200)), { minLength: 1, maxLength: 40 }),
        (operations) => {
          let kept = keptLedger(busy, emptyLedger, shortText);
          for (const operation of operations) {
            const before = ledgerOf(JSON.parse(textOf(kept)), shortText);
            const state = changed(before, operation);
            kept = keptLedger(state, before, shortText);
            if (typeof kept === 'object' && 'short' in kept) withChanges += 1;
            expect(readAnew(textOf(kept))).toEqual(state);
            expect(fitsLedger(kept)).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
    expect(withChanges).toBeGreaterThan(100);
  });

  it('of a busy ledger is compressed once in many operations, and read by the process that wrote it never', () => {
    const { texts, times } = counted();
    let state = busy;
    let kept = keptLedger(state, emptyLedger, texts);
    for (let n = 0; n < 40; n += 1) {
      const before = ledgerOf(JSON.parse(textOf(kept)), texts);
      expect(before).toBe(state);
      state = acquire(release(before, roundOf(n).claimId, []), BUSY + n);
      kept = keptLedger(state, before, texts);
    }
    const [shortened, restored] = times();
    expect(shortened).toBeLessThan(10);
    expect(restored).toBe(0);
  });

  it('is read once by a process that did not write it', () => {
    const { texts, times } = counted();
    const kept: unknown = JSON.parse(textOf(keptLedger(acquire(busy, 500), emptyLedger, shortText)));
    for (let n = 0; n < 40; n += 1) keptLedger(acquire(busy, 600 + n), emptyLedger, shortText);
    const read = ledgerOf(kept, texts);
    expect(ledgerOf(kept, texts)).toBe(read);
    expect(times()).toEqual([0, 1]);
  });

  it('never grows by its changes: they stay within 4,000 characters, and all of it within what an entity may keep', () => {
    let state = busy;
    let withChanges = 0;
    keptLedger(state, emptyLedger, shortText);
    for (let n = 0; n < 60; n += 1) {
      const before = state;
      state = acquire(before, 700 + n);
      const kept = keptLedger(state, before, shortText);
      if (typeof kept !== 'object' || !('short' in kept)) continue;
      withChanges += 1;
      expect(JSON.stringify(kept.changes).length).toBeLessThanOrEqual(4_000);
      expect(textOf(kept).length).toBeLessThanOrEqual(LEDGER_STATE_LENGTH_MAX + 50);
    }
    expect(withChanges).toBeGreaterThan(30);
  });

  it('is in the form that earlier versions read once its window is over, whatever it still knows', () => {
    let before = ledgerOf(JSON.parse(textOf(keptLedger(busy, emptyLedger, shortText))), shortText);
    let kept: KeptLedger = '';
    const forms = new Set<string>();
    for (const { claimId } of before.claims) {
      const state = release(before, claimId, [anImpairment(`vm-of-${claimId}`)], NINE);
      kept = keptLedger(state, before, shortText);
      forms.add(typeof kept === 'object' && 'short' in kept ? 'with changes' : 'whole');
      before = state;
    }
    expect(forms).toEqual(new Set(['with changes', 'whole']));
    expect(before).toMatchObject({ claims: [], impairments: { length: BUSY } });
    const earlier = typeof kept === 'string' ? (JSON.parse(shortText.restore(kept)) as unknown) : kept;
    expect(unpackLedger(PackedLedger.parse(earlier))).toEqual(before);
    const few = { ...before, impairments: before.impairments.slice(0, 3) };
    expect(keptLedger(few, before, shortText)).toEqual(packLedger(few));
  });

  it('that a version before changes were kept has written is read', () => {
    const short = shortText.shorten(JSON.stringify(packLedger(busy)), LEDGER_STATE_LENGTH_MAX);
    expect(readAnew(JSON.stringify(short))).toEqual(busy);
    expect(readAnew(JSON.stringify(packLedger(busy)))).toEqual(busy);
  });
});
