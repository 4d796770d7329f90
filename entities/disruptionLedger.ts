import type { EntityContext } from 'durable-functions';
import {
  firstExpiry,
  follow,
  followSet,
  grantable,
  heal,
  narrow,
  release,
  suspects,
  tryAcquire,
  type ClaimAnswer,
  type LedgerState,
} from '../domain/ledger';
import { fitsLedger, keptLedger, ledgerOf, type KeptLedger, type ShortText } from '../domain/ledgerState';
import { disruptionLedger as contract } from './contracts';

/** Answers are messages and must stay under 16 KB; the sweep that inspects comes back within the hour. */
const INSPECTED_MAX = 12;
/** Those behind them follow when one of these is released. */
const GRANTABLE_MAX = 20;

/**
 * The one place that grants the right to disrupt: an entity for each connected component of the pair graph, keyed by its name.
 * Errors are thrown as strings, because the real host turns a thrown Error into «[object Object]».
 */
export const disruptionLedger =
  (texts: ShortText) =>
  (context: EntityContext<unknown>): void => {
    operate(context, texts);
  };

function operate({ df }: EntityContext<unknown>, texts: ShortText): void {
  const before = ledgerOf(
    df.getState(() => null),
    texts,
  );
  const keep = (state: LedgerState): void => {
    df.setState(keptLedger(state, before, texts));
  };
  const operations = contract.operations;
  switch (df.operationName) {
    case 'tryAcquire': {
      const { kept, answer } = acquire(before, operations.tryAcquire.input.parse(df.getInput()), texts);
      if (kept !== null) df.setState(kept);
      df.return(answer);
      return;
    }
    case 'release': {
      const { claimId, impaired, nowUtc, isUnused } = operations.release.input.parse(df.getInput());
      const after = release(before, claimId, impaired, isUnused === true ? undefined : nowUtc);
      keep(after);
      const released = after.claims.length < before.claims.length;
      df.return(
        nowUtc === undefined
          ? { released }
          : { released, grantable: grantable(after, nowUtc, GRANTABLE_MAX) },
      );
      return;
    }
    case 'narrow': {
      const { claimId, left, nowUtc } = operations.narrow.input.parse(df.getInput());
      const after = narrow(before, claimId, left);
      keep(after);
      df.return({ grantable: grantable(after, nowUtc, GRANTABLE_MAX) });
      return;
    }
    case 'heal': {
      const after = heal(before, operations.heal.input.parse(df.getInput()).vmIds);
      keep(after);
      df.return({ impaired: after.impairments.length });
      return;
    }
    case 'follow': {
      const { from, to } = operations.follow.input.parse(df.getInput());
      const after = follow(before, from, to);
      keep(after);
      df.return({ impaired: after.impairments.length });
      return;
    }
    case 'followSet': {
      const after = followSet(before, operations.followSet.input.parse(df.getInput()));
      keep(after);
      df.return({ claims: after.claims.length });
      return;
    }
    case 'inspect': {
      const { nowUtc, graceSeconds } = operations.inspect.input.parse(df.getInput());
      const impairments = before.impairments.slice(0, INSPECTED_MAX);
      const late = suspects(before, nowUtc, graceSeconds).slice(0, INSPECTED_MAX);
      keep(inspected(before, late, impairments));
      df.return({ suspects: late, impairments, expiresUtc: firstExpiry(before, nowUtc, graceSeconds) });
      return;
    }
    case undefined:
    default:
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a thrown Error reaches the caller as «[object Object]»
      throw `The ledger has no operation '${String(df.operationName)}'.`;
  }
}

/** A state that has become too large takes no claim more, and no ticket: the request is not woken, and comes back. */
function acquire(
  before: LedgerState,
  request: Parameters<typeof tryAcquire>[1],
  texts: ShortText,
): { kept: KeptLedger | null; answer: ClaimAnswer } {
  const { state, answer } = tryAcquire(before, request);
  const kept = keptLedger(state, before, texts);
  const grows = state.claims.length + state.tickets.length > before.claims.length + before.tickets.length;
  if (!grows || fitsLedger(kept)) return { kept, answer };
  const because = [{ rule: 'ledgerFull' as const, by: request.disruption.region }];
  if (answer.kind === 'granted') return { kept: null, answer: { kind: 'refused', because } };
  return { kept: null, answer: { ...answer, because: [...because, ...answer.because] } };
}

/** What was shown goes behind the rest, so that the next inspection shows what was not looked at for longest. */
function inspected(
  state: LedgerState,
  late: LedgerState['claims'],
  impairments: LedgerState['impairments'],
): LedgerState {
  return {
    ...state,
    claims: [...state.claims.filter((claim) => !late.includes(claim)), ...late],
    impairments: [...state.impairments.filter((one) => !impairments.includes(one)), ...impairments],
  };
}
