import type { OrchestrationContext } from 'durable-functions';
import { budgetLedger } from '../domain/budgets';
import type { Disruption } from '../domain/disruption';
import type { Impairment } from '../domain/ledger';
import { disruptionLedger } from '../entities/contracts';
import { callEntity, type Step } from './durable';

/** Gives a claim back to the ledger of its region and to those of its budgets; also takes back their tickets. */
export function* releaseClaimed(
  context: OrchestrationContext,
  { ledger, disruption }: { readonly ledger: string; readonly disruption: Disruption },
  claimId: string,
  impaired: readonly Impairment[],
): Step<void> {
  yield* releaseLedger(context, ledger, claimId, impaired);
  for (const { budget } of disruption.budgets ?? [])
    yield* releaseLedger(context, budgetLedger(budget), claimId);
}

export function* releaseLedger(
  context: OrchestrationContext,
  key: string,
  claimId: string,
  impaired: readonly Impairment[] = [],
): Step<void> {
  yield* callEntity(
    context,
    { name: disruptionLedger.name, key },
    ['release', disruptionLedger.operations.release],
    { claimId, impaired: [...impaired] },
  );
}
