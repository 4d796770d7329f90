import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { advanceRound, lookAtSet, openRound, recordRound, type RoundClaim } from '../activities/contracts';
import type { Disruption } from '../domain/disruption';
import { virtualMachine } from '../entities/contracts';
import { childId, keyOf } from '../domain/ids';
import { claimDeadline, type Impairment } from '../domain/ledger';
import { askForClaim, type Claimed } from './awaitClaim';
import * as children from './contracts';
import { narrowClaim, releaseClaimed, waitOf } from './releaseClaim';
import { call, child, continueAs, nowUtc, signalEntity, waitUntil, type Step } from './durable';

type Input = z.infer<typeof children.updateDomainRollout.input>;
type Result = z.infer<typeof children.updateDomainRollout.output>;

/** One look at the VMs of a round costs about 8 history rows; after so many the round continues as new. */
const CALLS_PER_GENERATION = 60;

/**
 * One round: the VMs that may be down together, an update domain's share of a set or a batch of standalone VMs. Takes the claim
 * when the window is open, advances the VMs together until each has its outcome, records the round, and only then
 * releases the claim.
 */
export function* updateDomainRollout(context: OrchestrationContext): Step<Result> {
  let input = children.updateDomainRollout.input.parse(context.df.getInput());
  let isLate = false;
  if (input.call === 0) {
    const admitted = yield* admission(context, input);
    if (admitted.kind !== 'admitted') return admitted;
    input = { ...input, disruption: admitted.disruption };
    ({ isLate } = admitted);
  }
  const ended = yield* advanceTogether(context, input, isLate);
  if (ended === 'continues') return { kind: 'ran' }; // dropped: the next generation goes on
  if (typeof ended === 'object') return { kind: 'ran', stragglers: ended };
  const { unhealthy, unclear } = ended === 'recorded' ? NOTHING_WRONG : yield* record(context, input);
  // A VM may still be installing although no step could say so: the claim stays, and the ledger's sweep asks before it frees it.
  if (unclear === 0) yield* release(context, input, impairments(context, input, unhealthy));
  return { kind: 'ran' };
}

type Recorded = Pick<z.output<typeof recordRound.output>, 'unhealthy' | 'unclear'>;

const NOTHING_WRONG: Recorded = { unhealthy: [], unclear: 0 };

function* record(context: OrchestrationContext, input: Input): Step<Recorded> {
  const { ref } = input;
  return yield* call(context, recordRound, { ref, claimId: claimIdOf(context, input) });
}

interface Admitted {
  readonly kind: 'admitted';
  readonly disruption: Disruption;
  /** The claim was waited for. */
  readonly isLate: boolean;
}

/** Waits for a go and for the claim. What the claim covers when the round may begin, otherwise why it does not run. */
function* admission(
  context: OrchestrationContext,
  input: Input,
): Step<Exclude<Result, { kind: 'ran' }> | Admitted> {
  const { rolloutId, ref, phase, pace } = input;
  // Most rounds may go at once, and most claims are granted at once: only those that must wait have a child that waits.
  const claimed = claimOf(context, input);
  const opened = yield* call(context, openRound, { ref, claim: claimed, disruption: input.disruption });
  if (opened.kind === 'stop') return { kind: 'stopped', reason: opened.reason };
  if (opened.kind === 'wait' || opened.asksHooks) {
    const { go, reason } = yield* child(context, children.awaitGo, childId(context.df.instanceId, 'go'), {
      rolloutId,
      phase,
      region: ref.region,
      round: ref,
      pace,
      untilUtc: input.acquireByUtc,
    });
    if (!go) return reason === null ? { kind: 'missed', rules: [] } : { kind: 'stopped', reason };
  }

  const seen = opened.kind === 'go' ? opened : null;
  const disruption = seen?.disruption ?? (yield* atOnce(context, input));
  const { isLate, ...claim } = yield* claimFor(context, input, disruption);
  if (claim.granted) {
    if (!isLate && seen?.dueUtc !== undefined) yield* waitUntil(context, seen.dueUtc);
    return { kind: 'admitted', disruption: claim.disruption ?? disruption, isLate };
  }
  yield* release(context, input, []); // also takes back the ticket
  return { kind: 'missed', rules: claim.rules };
}

/** Asks for the claim, and waits for it where it is refused. */
function* claimFor(
  context: OrchestrationContext,
  input: Input,
  disruption: Disruption,
): Step<Claimed & Pick<Admitted, 'isLate'>> {
  const request = {
    claimId: context.df.instanceId,
    kind: input.kind,
    ledger: input.ledger,
    disruption,
    startByUtc: input.startByUtc,
    closesUtc: input.closesUtc,
    deadlineUtc: claimDeadline(input.kind, input),
    fence: { rolloutId: input.rolloutId, epoch: input.epoch },
    pace: input.pace,
    untilUtc: input.acquireByUtc,
    ref: input.ref,
    polls: 0,
  };
  const answer = yield* askForClaim(context, request);
  const { granted, ...refused } = answer;
  if (granted || nowUtc(context) >= input.acquireByUtc) return { ...answer, isLate: false };
  const last = yield* child(context, children.awaitClaim, waitOf(context.df.instanceId), {
    ...request,
    refused: { granted, ...refused },
  });
  // Another window would find the same members down, and all that comes behind this round would wait for it for ever.
  const said = last.rules.includes('budget') ? yield* askForClaim(context, request, { giveWay: true }) : last;
  return { ...said, isLate: true };
}

/** Members of a set that are down by themselves use up its share: what the claim covers is less by them. */
function* atOnce(context: OrchestrationContext, { ref, disruption }: Input): Step<Disruption> {
  if (disruption.availabilitySetId === null) return disruption;
  const seen = yield* call(context, lookAtSet, { ref, disruption });
  return seen.disruption;
}

/** One timer and one activity, again and again, until every VM has its outcome; or until the next generation goes on with it. */
function* advanceTogether(
  context: OrchestrationContext,
  input: Input,
  isLate: boolean,
): Step<'ended' | 'recorded' | 'continues' | Input> {
  const { ref, disruption, leavesStragglers } = input;
  const claim = claimOf(context, input);
  for (let n = input.call + 1; ; n += 1) {
    const asked = { ref, claim, disruption, call: n, ...(leavesStragglers && { leavesStragglers }) };
    const isFirst = n === input.call + 1;
    const advanced = yield* call(context, advanceRound, isFirst && isLate ? { ...asked, isLate } : asked);
    const { dueUtc, events, isRecorded, stragglers } = advanced;
    for (const { vmId, event } of events)
      signalEntity(context, { name: virtualMachine.name, key: keyOf(vmId) }, 'apply', event);
    if (dueUtc === null) return isRecorded === true ? 'recorded' : 'ended';
    if (stragglers !== undefined) return yield* leave(context, { ...input, disruption: stragglers, call: n });
    yield* waitUntil(context, dueUtc);
    if (n - input.call >= CALLS_PER_GENERATION) {
      continueAs(context, children.updateDomainRollout, { ...input, call: n });
      return 'continues';
    }
  }
}

/** What is left of the round, under its claim, which covers no more from now on. */
function* leave(context: OrchestrationContext, { leavesStragglers: _, ...input }: Input): Step<Input> {
  const claimId = claimIdOf(context, input);
  yield* narrowClaim(context, input.ledger, claimId, input.disruption);
  return { ...input, claimId };
}

const claimIdOf = (context: OrchestrationContext, { claimId }: Input): string =>
  claimId ?? context.df.instanceId;

function claimOf(context: OrchestrationContext, input: Input): RoundClaim {
  const { startByUtc, closesUtc, epoch } = input;
  return { claimId: claimIdOf(context, input), startByUtc, closesUtc, epoch };
}

/** The VMs that go on holding their availability set: unhealthy or unknown after their update (INV-13). */
function impairments(
  context: OrchestrationContext,
  { disruption, ref }: Input,
  unhealthy: readonly Impairment['vmId'][],
): Impairment[] {
  const { availabilitySetId } = disruption;
  if (availabilitySetId === null) return [];
  const sinceUtc = nowUtc(context);
  return unhealthy.map((vmId) => ({ vmId, availabilitySetId, region: ref.region, sinceUtc }));
}

function* release(context: OrchestrationContext, input: Input, impaired: Impairment[]): Step<void> {
  yield* releaseClaimed(context, input, claimIdOf(context, input), impaired);
}
