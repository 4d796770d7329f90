import type { OrchestrationContext } from 'durable-functions';
import { budgetLedger } from '../domain/budgets';
import type { Disruption } from '../domain/disruption';
import { disruptionLedger } from '../entities/contracts';
import * as children from './contracts';
import { releaseLedger } from './releaseClaim';
import { callEntity, continueAs, nowUtc, pollForAnswer, type Step } from './durable';

export interface Claimed {
  readonly granted: boolean;
  /** When refused: the rules that stood in the way last. */
  readonly rules: string[];
  /** Sooner it is refused again. */
  readonly againUtc?: string;
}

const JITTER_SHARE = 0.2;

type Input = ReturnType<typeof children.awaitClaim.input.parse>;

/**
 * The ledgers of the budgets, each in turn, after the region's: while one of them refuses, nothing is held anywhere, so that no claim waits
 * for another that waits for it.
 */
function* acquireBudgets(context: OrchestrationContext, input: Input): Step<boolean> {
  const { claimId, kind, disruption, startByUtc, closesUtc, deadlineUtc, pace, fence } = input;
  const taken: string[] = [];
  for (const share of disruption.budgets ?? []) {
    const key = budgetLedger(share.budget);
    const { subscriptions: _, downCount: __, ...place } = disruption;
    const said = yield* callEntity(
      context,
      { name: disruptionLedger.name, key },
      ['tryAcquire', disruptionLedger.operations.tryAcquire],
      {
        claimId,
        kind: kind === 'catchUp' ? 'rollout' : kind, // catch-up slots are of regions
        disruption: { ...place, budgets: [share] },
        startByUtc,
        expiresUtc: closesUtc,
        deadlineUtc,
        nowUtc: nowUtc(context),
        ticketLapseSeconds: pace.ticketLapseSeconds,
        catchUpSlotsMax: 0,
        ...(fence !== undefined && { fence }),
      },
    );
    if (said.kind === 'granted') taken.push(key);
    else {
      for (const ledger of taken) yield* releaseLedger(context, ledger, claimId);
      return false;
    }
  }
  return true;
}

function withoutBudgets({ budgets: _, ...disruption }: Disruption): Disruption {
  return disruption;
}

/** Asks the ledger of the region, and those of the budgets, once. What is refused keeps its ticket. */
export function* askForClaim(context: OrchestrationContext, input: Input): Step<Claimed> {
  const { claimId, kind, ledger, disruption, startByUtc, closesUtc, deadlineUtc, catchUpSlotsMax, pace } =
    input;
  const { catchUp, fence } = input;
  const said = yield* callEntity(
    context,
    { name: disruptionLedger.name, key: ledger },
    ['tryAcquire', disruptionLedger.operations.tryAcquire],
    {
      claimId,
      kind,
      disruption: withoutBudgets(disruption),
      startByUtc,
      expiresUtc: closesUtc,
      deadlineUtc,
      nowUtc: nowUtc(context),
      ticketLapseSeconds: pace.ticketLapseSeconds,
      catchUpSlotsMax,
      ...(catchUp !== undefined && { catchUp }),
      ...(fence !== undefined && { fence }),
    },
  );
  if (said.kind === 'refused') {
    const rules = [...new Set(said.because.map(({ rule }) => rule))];
    return said.againUtc === undefined
      ? { granted: false, rules }
      : { granted: false, rules, againUtc: said.againUtc };
  }
  if (yield* acquireBudgets(context, input)) return { granted: true, rules: [] };
  yield* releaseLedger(context, ledger, claimId);
  return { granted: false, rules: ['budget'] };
}

/** Asks the ledger until it grants the claim or time is up. An entity cannot wake a waiter in JavaScript, so this polls. */
export function* awaitClaim(context: OrchestrationContext): Step<Claimed> {
  const { refused, ...input } = children.awaitClaim.input.parse(context.df.getInput());
  const { pace, untilUtc } = input;
  let said: Claimed = refused ?? { granted: false, rules: [] };
  let isAsked = refused !== undefined;
  const answer = yield* pollForAnswer<Claimed>(
    context,
    input,
    {
      firstSeconds: pace.claimPollFirstSeconds,
      lastSeconds: pace.claimPollLastSeconds,
      untilUtc,
      jitterShare: JITTER_SHARE,
    },
    {
      ask: function* () {
        if (isAsked) {
          isAsked = false;
          return null;
        }
        said = yield* askForClaim(context, input);
        return said.granted ? said : null;
      },
      notBeforeUtc: () => said.againUtc,
      continueWith: (polls) => {
        continueAs(context, children.awaitClaim, { ...input, polls });
      },
    },
  );
  return { granted: answer !== null, rules: answer === null ? said.rules : [] };
}
