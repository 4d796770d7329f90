import type { OrchestrationContext } from 'durable-functions';
import { collectMembersDown } from '../activities/contracts';
import { budgetLedger } from '../domain/budgets';
import type { Disruption } from '../domain/disruption';
import type { RefusalRule } from '../domain/ledger';
import { disruptionLedger } from '../entities/contracts';
import { LOOK_AGAIN } from './awaitAnswer';
import * as children from './contracts';
import { releaseBudget, releaseUnused } from './releaseClaim';
import { call, callEntity, continueAs, nowUtc, pollForAnswer, type Step } from './durable';

export interface Claimed {
  readonly granted: boolean;
  /** When refused: the rules that stood in the way last. */
  readonly rules: string[];
  /** When granted: what it covers, where members of its budgets are down. */
  readonly disruption?: Disruption;
  /** Sooner it is refused again. */
  readonly againUtc?: string;
}

const JITTER_SHARE = 0.2;

type Input = ReturnType<typeof children.awaitClaim.input.parse>;

/**
 * The ledgers of the budgets, each in turn, after the region's: while one of them refuses, nothing is held anywhere, so that no claim waits
 * for another that waits for it.
 */
function* acquireBudgets(context: OrchestrationContext, input: Input, disruption: Disruption): Step<boolean> {
  const { claimId, kind, startByUtc, closesUtc, deadlineUtc, pace, fence } = input;
  const taken: string[] = [];
  for (const { budget, count, max } of disruption.budgets ?? []) {
    if (count === 0) continue; // its VMs are down by themselves, and do not begin
    const share = { budget, count, max };
    const key = budgetLedger(budget);
    const { subscriptions: _, downCount: __, ...place } = disruption;
    const said = yield* callEntity(
      context,
      { name: disruptionLedger.name, key },
      ['tryAcquire', disruptionLedger.operations.tryAcquire],
      {
        claimId,
        kind: kind === 'catchUp' ? 'rollout' : kind, // catch-ups give way in their region
        disruption: { ...place, budgets: [share] },
        startByUtc,
        expiresUtc: closesUtc,
        deadlineUtc,
        nowUtc: nowUtc(context),
        ticketLapseSeconds: pace.ticketLapseSeconds,
        ...(fence !== undefined && { fence }),
      },
    );
    if (said.kind === 'granted') taken.push(budget);
    else {
      for (const one of taken) yield* releaseBudget(context, one, claimId);
      return false;
    }
  }
  return true;
}

function withoutBudgets({ budgets: _, ...disruption }: Disruption): Disruption {
  return disruption;
}

/**
 * Members of a budget that are down by themselves use it up: what the claim covers is less by them. Looked at right before each request, for they
 * come and go while it waits. Refused while they leave no room for one VM and may soon be back.
 */
function* withMembersDown(
  context: OrchestrationContext,
  { disruption, ref, vmId }: Input,
  giveWay: boolean,
): Step<Disruption | Claimed> {
  if (disruption.budgets === undefined) return disruption;
  const asked = { ref: ref ?? null, disruption, ...(vmId !== undefined && { vmId }) };
  const seen = yield* call(context, collectMembersDown, giveWay ? { ...asked, giveWay } : asked);
  if (seen.full.length === 0) return seen.disruption;
  const refused = { granted: false, rules: ['budget'] };
  return seen.againUtc === undefined ? refused : { ...refused, againUtc: seen.againUtc };
}

interface Ask {
  /** Its VMs of budgets that members use up which are down by themselves are not to begin. */
  readonly giveWay?: boolean;
  /** The rules that refused it last: while its region has no place for it, no member of a budget is looked at. */
  readonly refusedBy?: readonly string[];
}

/** Asks the ledger of the region, and those of the budgets, once. What is refused keeps its ticket. */
export function* askForClaim(
  context: OrchestrationContext,
  input: Input,
  { giveWay = false, refusedBy = [] }: Ask = {},
): Step<Claimed> {
  const isRegionFirst = refusedBy.length > 0 && !refusedBy.includes('budget');
  const refused = isRegionFirst ? yield* askRegion(context, input) : null;
  if (refused !== null) return refused;
  const disruption = yield* withMembersDown(context, input, giveWay);
  if ('granted' in disruption) {
    if (isRegionFirst) yield* releaseUnused(context, input.ledger, input.claimId);
    return disruption;
  }
  const refusedThen = isRegionFirst ? null : yield* askRegion(context, input);
  if (refusedThen !== null) return refusedThen;
  if (yield* acquireBudgets(context, input, disruption)) {
    const isLess = disruption !== input.disruption;
    return isLess ? { granted: true, rules: [], disruption } : { granted: true, rules: [] };
  }
  yield* releaseUnused(context, input.ledger, input.claimId);
  return { granted: false, rules: ['budget'] };
}

/** Null when the ledger of the region grants it. */
function* askRegion(context: OrchestrationContext, input: Input): Step<Claimed | null> {
  const { claimId, kind, ledger, startByUtc, closesUtc, deadlineUtc, pace, fence } = input;
  const said = yield* callEntity(
    context,
    { name: disruptionLedger.name, key: ledger },
    ['tryAcquire', disruptionLedger.operations.tryAcquire],
    {
      claimId,
      kind,
      disruption: withoutBudgets(input.disruption),
      startByUtc,
      expiresUtc: closesUtc,
      deadlineUtc,
      nowUtc: nowUtc(context),
      // One that is woken keeps its place while it sleeps.
      ticketLapseSeconds: pace.ticketLapseSeconds + (kind === 'onDemand' ? 0 : pace.wakeFallbackSeconds),
      ...(fence !== undefined && { fence }),
    },
  );
  if (said.kind === 'granted') return null;
  const rules = [...new Set(said.because.map(({ rule }) => rule))];
  return said.againUtc === undefined
    ? { granted: false, rules }
    : { granted: false, rules, againUtc: said.againUtc };
}

/** What only a release of the same ledger can change: whoever releases a claim wakes the requests that would be granted now. */
const WOKEN: ReadonlySet<string> = new Set<RefusalRule>([
  'geoPair',
  'zones',
  'updateDomains',
  'setShare',
  'subscriptionShare',
  'olderTicket',
]);

/** A request that a person made is waited for under another id, and polls. */
const isWoken = ({ kind }: Pick<Input, 'kind'>, { rules }: Claimed): boolean =>
  kind !== 'onDemand' && rules.length > 0 && rules.every((rule) => WOKEN.has(rule));

/**
 * Asks the ledger until it grants the claim or time is up. An entity cannot wake an orchestration in JavaScript, but an orchestration that gives its claim
 * back can; what that does not change is polled.
 */
export function* awaitClaim(context: OrchestrationContext): Step<Claimed> {
  const { refused, ...input } = children.awaitClaim.input.parse(context.df.getInput());
  const { pace, untilUtc } = input;
  let said: Claimed = refused ?? { granted: false, rules: [] };
  // One that is woken asks once more now that it can be: what was released in between woke nothing.
  let isAsked = refused !== undefined && !isWoken(input, refused);
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
        said = yield* askForClaim(context, input, { refusedBy: said.rules });
        return said.granted ? said : null;
      },
      notBeforeUtc: () => said.againUtc,
      sleeps: () => (isWoken(input, said) ? { event: LOOK_AGAIN, seconds: pace.wakeFallbackSeconds } : null),
      continueWith: (polls) => {
        continueAs(context, children.awaitClaim, { ...input, polls });
      },
    },
  );
  return answer ?? { granted: false, rules: said.rules };
}
