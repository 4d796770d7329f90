import type { OrchestrationContext } from 'durable-functions';
import { disruptionLedger } from '../entities/contracts';
import * as children from './contracts';
import { callEntity, continueAs, nowUtc, pollForAnswer, type Step } from './durable';

interface Claimed {
  readonly granted: boolean;
  /** When refused: the rules that stood in the way last. */
  readonly rules: string[];
}

const JITTER_SHARE = 0.2;

/** Asks the ledger until it grants the claim or time is up. An entity cannot wake a waiter in JavaScript, so this polls. */
export function* awaitClaim(context: OrchestrationContext): Step<Claimed> {
  const input = children.awaitClaim.input.parse(context.df.getInput());
  const { claimId, kind, ledger, disruption, startByUtc, closesUtc, deadlineUtc, catchUpSlotsMax, pace } =
    input;
  const { catchUp } = input;
  let rules: string[] = [];
  const answer = yield* pollForAnswer<Claimed>(
    context,
    input,
    {
      firstSeconds: pace.claimPollFirstSeconds,
      lastSeconds: pace.claimPollLastSeconds,
      untilUtc: input.untilUtc,
      jitterShare: JITTER_SHARE,
    },
    {
      ask: function* () {
        const said = yield* callEntity(
          context,
          { name: disruptionLedger.name, key: ledger },
          ['tryAcquire', disruptionLedger.operations.tryAcquire],
          {
            claimId,
            kind,
            disruption,
            startByUtc,
            expiresUtc: closesUtc,
            deadlineUtc,
            nowUtc: nowUtc(context),
            ticketLapseSeconds: pace.ticketLapseSeconds,
            catchUpSlotsMax,
            ...(catchUp !== undefined && { catchUp }),
          },
        );
        if (said.kind === 'granted') return { granted: true, rules: [] };
        rules = [...new Set(said.because.map(({ rule }) => rule))];
        return null;
      },
      continueWith: (polls) => {
        continueAs(context, children.awaitClaim, { ...input, polls });
      },
    },
  );
  return answer ?? { granted: false, rules };
}
