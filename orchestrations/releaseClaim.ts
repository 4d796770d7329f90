import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { releaseWaits } from '../activities/contracts';
import { budgetLedger } from '../domain/budgets';
import type { Disruption } from '../domain/disruption';
import { childId } from '../domain/ids';
import type { Impairment } from '../domain/ledger';
import { disruptionLedger } from '../entities/contracts';
import { call, callEntity, nowUtc, type Step } from './durable';

/** The instance that waits for the claim of a round. A claim that a person asked for is waited for under another id, and polled. */
export const waitOf = (claimId: string): string => childId(claimId, 'claim');

/** Gives a claim back to the ledger of its region and to those of its budgets; also takes back their tickets. */
export function* releaseClaimed(
  context: OrchestrationContext,
  { ledger, disruption }: { readonly ledger: string; readonly disruption: Disruption },
  claimId: string,
  impaired: readonly Impairment[],
): Step<void> {
  yield* releaseLedger(context, ledger, claimId, impaired);
  for (const { budget } of disruption.budgets ?? []) yield* releaseBudget(context, budget, claimId);
}

/** Those that wait for what it held are woken. */
export function* releaseLedger(
  context: OrchestrationContext,
  key: string,
  claimId: string,
  impaired: readonly Impairment[] = [],
): Step<void> {
  yield* releaseAndWake(context, key, { claimId, impaired: [...impaired], nowUtc: nowUtc(context) });
}

/** Of a claim that was granted, and is of no use without what was refused. */
export function* releaseUnused(context: OrchestrationContext, key: string, claimId: string): Step<void> {
  yield* releaseAndWake(context, key, { claimId, impaired: [], nowUtc: nowUtc(context), isUnused: true });
}

/** Of a round that goes on with few of its VMs: those that wait for what the others held are woken. */
export function* narrowClaim(
  context: OrchestrationContext,
  key: string,
  claimId: string,
  { budgets: _, ...left }: Disruption,
): Step<void> {
  const { grantable } = yield* callEntity(context, { name: disruptionLedger.name, key }, ['narrow', narrow], {
    claimId,
    left,
    nowUtc: nowUtc(context),
  });
  yield* wake(context, grantable);
}

function* wake(context: OrchestrationContext, grantable: readonly string[]): Step<void> {
  if (grantable.length > 0) yield* call(context, releaseWaits, { instanceIds: grantable.map(waitOf) });
}

function* releaseAndWake(
  context: OrchestrationContext,
  key: string,
  input: z.output<typeof release.input>,
): Step<void> {
  const { grantable } = yield* writeRelease(context, key, input);
  yield* wake(context, grantable);
}

/** What waits for a budget looks at its members each time, and polls: none is woken. */
export function* releaseBudget(context: OrchestrationContext, budget: string, claimId: string): Step<void> {
  yield* writeRelease(context, budgetLedger(budget), { claimId, impaired: [] });
}

const { narrow, release } = disruptionLedger.operations;

/** Without `nowUtc` the ledger does not look for requests that it would grant now. */
export function* writeRelease(
  context: OrchestrationContext,
  key: string,
  input: z.output<typeof release.input>,
): Step<z.output<typeof release.output>> {
  return yield* callEntity(context, { name: disruptionLedger.name, key }, ['release', release], input);
}
