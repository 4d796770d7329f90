import { z } from 'zod';
import { emptyLedger, type LedgerState } from './ledger';
import { PackedLedger, packLedger, unpackLedger } from './packedLedger';

/**
 * The state of a ledger as its entity keeps it: packed, and a long one compressed besides. Then the claims of 80 sets and 30 rounds of standalone VMs
 * have room, and the tickets of as many that wait in a paired region. A state that would grow beyond this takes no more claims.
 */
export const LEDGER_STATE_LENGTH_MAX = 15_000;

/** Some ten claims can be read as they are. Of a longer state the process that wrote it knows the text, and compressing it takes less time than reading it again. */
const COMPRESSED_FROM = 4_000;

/** An operation changes a claim or two of a hundred. So much of what changed is kept behind a compressed state before all of it is compressed anew. */
const CHANGES_LENGTH_MAX = 4_000;
/** With fewer claims no change is kept apart: between its windows a ledger is in the form that earlier versions read, too. */
const BUSY_CLAIMS = 10;

/** Makes a text short, and whole again. Pure code has no compression of its own. */
export interface ShortText {
  /** Quickly; as short as it gets, where that is not enough to have at most so many characters. */
  readonly shorten: (text: string, lengthMax: number) => string;
  readonly restore: (short: string) => string;
}

/** A state that was compressed, and each change since, as the JSON of a `Change`. */
const Changed = z.object({ short: z.string(), changes: z.array(z.string()) });
type Changed = Readonly<z.infer<typeof Changed>>;

/** A text when it is compressed, an object with that text when something changed since. */
export type KeptLedger = PackedLedger | string | Changed;

/** `before` is what the operation began with: where that is known as it was kept, only what has changed is written. */
export function keptLedger(state: LedgerState, before: LedgerState, { shorten }: ShortText): KeptLedger {
  const changed = withChange(before, state);
  if (changed !== null) return remember(changed, state);
  const packed = packLedger(state);
  const text = JSON.stringify(packed);
  if (text.length < COMPRESSED_FROM) return packed;
  return remember(shorten(text, LEDGER_STATE_LENGTH_MAX), state);
}

/** Of an entity that has no state yet: an empty ledger. */
export function ledgerOf(kept: unknown, { restore }: ShortText): LedgerState {
  if (kept === null || kept === undefined) return emptyLedger;
  if (!isCompressed(kept)) return unpackLedger(PackedLedger.parse(kept));
  const known = lastKept.get(textOf(kept));
  if (known !== undefined) return known;
  const { short, changes } = typeof kept === 'string' ? { short: kept, changes: [] } : Changed.parse(kept);
  const state = changes.reduce(
    (so, change) => afterChange(so, Change.parse(JSON.parse(change))),
    unpackLedger(PackedLedger.parse(JSON.parse(restore(short)))),
  );
  remember(kept, state);
  return state;
}

/** Whether a state may be kept: an entity's state is a message, and those stay small. */
export const fitsLedger = (kept: KeptLedger): boolean =>
  !isCompressed(kept) || lengthOf(kept) <= LEDGER_STATE_LENGTH_MAX;

type Compressed = string | Changed;

const isCompressed = (kept: unknown): kept is Compressed =>
  typeof kept === 'string' || (typeof kept === 'object' && kept !== null && 'short' in kept);

const textOf = (kept: Compressed): string =>
  typeof kept === 'string' ? kept : [kept.short, ...kept.changes].join('\n');

const lengthOf = (kept: Compressed): number =>
  typeof kept === 'string' ? kept.length : kept.short.length + JSON.stringify(kept.changes).length;

/** By their texts, what ledgers were kept last: the next operation of a busy one, which most often comes to the same process, does not read it again. */
const lastKept = new Map<string, LedgerState>();
const LAST_KEPT_MAX = 32;
/** How these states are kept. */
const keptAs = new WeakMap<LedgerState, Compressed>();

function remember<T extends Compressed>(kept: T, state: LedgerState): T {
  const text = textOf(kept);
  lastKept.delete(text);
  lastKept.set(text, state);
  keptAs.set(state, kept);
  const [oldest] = lastKept.keys();
  if (lastKept.size > LAST_KEPT_MAX && oldest !== undefined) lastKept.delete(oldest);
  return kept;
}

/** Places of the claims, tickets and impairments that are gone, and the new ones, which stand behind the rest; of fences and next rounds all. */
const Places = z.array(z.int().nonnegative());
const Change = z.tuple([Places, Places, Places, PackedLedger]);
type Change = z.infer<typeof Change>;

/** Null when it is not known how the state before is kept, or when this one is better kept whole. */
function withChange(before: LedgerState, state: LedgerState): Changed | null {
  const kept = keptAs.get(before);
  if (kept === undefined || state.claims.length < BUSY_CLAIMS) return null;
  const { short, changes } = typeof kept === 'string' ? { short: kept, changes: [] } : kept;
  const changed = { short, changes: [...changes, JSON.stringify(changeOf(before, state))] };
  const length = lengthOf(changed);
  return length - short.length > CHANGES_LENGTH_MAX || length > LEDGER_STATE_LENGTH_MAX ? null : changed;
}

function changeOf(before: LedgerState, state: LedgerState): Change {
  const claims = difference(before.claims, state.claims);
  const tickets = difference(before.tickets, state.tickets);
  const impairments = difference(before.impairments, state.impairments);
  const added = {
    ...state,
    claims: claims.added,
    tickets: tickets.added,
    impairments: impairments.added,
  };
  return [claims.gone, tickets.gone, impairments.gone, packLedger(added)];
}

function afterChange(before: LedgerState, [claims, tickets, impairments, packed]: Change): LedgerState {
  const added = unpackLedger(packed);
  return {
    ...added,
    claims: [...without(before.claims, claims), ...added.claims],
    tickets: [...without(before.tickets, tickets), ...added.tickets],
    impairments: [...without(before.impairments, impairments), ...added.impairments],
  };
}

/** What is the same object in both stays, as long as its order does; all others go, and are added again behind it. */
function difference<T>(before: readonly T[], after: readonly T[]): { gone: number[]; added: T[] } {
  const gone: number[] = [];
  let stays = 0;
  for (const [place, one] of before.entries())
    if (after[stays] === one) stays += 1;
    else gone.push(place);
  return { gone, added: after.slice(stays) };
}

function without<T>(all: readonly T[], places: readonly number[]): T[] {
  const gone = new Set(places);
  return all.filter((_, place) => !gone.has(place));
}
