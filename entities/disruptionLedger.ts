import type { EntityContext } from 'durable-functions';
import { emptyLedger, heal, LedgerState, release, suspects, tryAcquire } from '../domain/ledger';
import { disruptionLedger as contract } from './contracts';

/** Answers are messages and must stay small; the sweep that inspects comes back within the hour. */
const INSPECTED_MAX = 40;

/**
 * The one place that grants the right to disrupt: an entity for each connected component of the pair graph, keyed by its name.
 * Errors are thrown as strings, because the real host turns a thrown Error into «[object Object]».
 */
export function disruptionLedger(context: EntityContext<unknown>): void {
  const { df } = context;
  const before = LedgerState.parse(df.getState(() => emptyLedger) ?? emptyLedger);
  const operations = contract.operations;
  switch (df.operationName) {
    case 'tryAcquire': {
      const { state, answer } = tryAcquire(before, operations.tryAcquire.input.parse(df.getInput()));
      df.setState(state);
      df.return(answer);
      return;
    }
    case 'release': {
      const { claimId, impaired } = operations.release.input.parse(df.getInput());
      const after = release(before, claimId, impaired);
      df.setState(after);
      df.return({ released: after.claims.length < before.claims.length });
      return;
    }
    case 'heal': {
      const after = heal(before, operations.heal.input.parse(df.getInput()).vmIds);
      df.setState(after);
      df.return({ impaired: after.impairments.length });
      return;
    }
    case 'inspect': {
      const { nowUtc, graceSeconds } = operations.inspect.input.parse(df.getInput());
      df.return({
        suspects: suspects(before, nowUtc, graceSeconds).slice(0, INSPECTED_MAX),
        impairments: before.impairments.slice(0, INSPECTED_MAX),
      });
      return;
    }
    case undefined:
    default:
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a thrown Error reaches the caller as «[object Object]»
      throw `The ledger has no operation '${String(df.operationName)}'.`;
  }
}
