import type { z } from 'zod';
import type { ImageFamily } from '../domain/imageFamily';
import { roomInSet } from '../domain/disruption';
import { countOutcomes } from '../domain/outcomeCounts';
import type { VmId } from '../domain/ids';
import { addSeconds } from '../domain/instants';
import type { VmEvent } from '../domain/vmState';
import {
  observed,
  type Observation,
  type OpenVmUpdate,
  type VmEnding,
  type VmUpdate,
} from '../domain/vmUpdate';
import { messageOf } from '../domain/messageOf';
import type { OutcomeRecord } from '../store/outcomes';
import type { AdvanceAnswer, RoundProgress } from '../store/roundProgress';
import * as contracts from './contracts';
import { countAsDown } from './budgets/budgetMembers';
import { heldByBudget, type HeldByBudget } from './budgets/budgetShares';
import { expectClaim } from './round/expectClaim';
import { mayBeRequested } from './round/installOperation';
import { askAfterEnded, asksAfterwards, recordPlainRound } from './recordRound';
import { grantInstallsTo, tellResults } from './round/roundEvidence';
import { RoundGrid } from './round/roundGrid';
import { firstSteps, nextDue, type VmProgress } from './round/roundSteps';
import { saveOutcomes } from './rollout/saveOutcomes';
import { isSetUnproven, lookAtMembers } from './round/setMembers';
import { wakingActivity, type AnswerTo, type Services, type WakingServices } from './services';
import { isTimeUp, sideBySide } from './sideBySide';
import { endedOf, stragglersOf } from './round/stragglers';
import { inFlight, takeStep, type RoundInFlight, type VmStep } from './round/takeStep';
import { vmSpan, type TraceSpan } from './traces';
import { wakeAfterRounds } from './rollout/wake';

/** An answer stays under 16 KB: with so many characters of events, the VMs that are left wait for the next call, which is at once. */
const EVENTS_LENGTH_MAX = 5_000;

/** Steps of one VM in one call: from the first look to a running assessment it takes two. A pace of 0 s must not spin. */
const STEPS_MAX = 6;

/**
 * Takes the steps that are due for the VMs of a round, and writes down how far each has come. A repeat of the same call, after it was
 * written, does nothing and answers the same; before that every step is idempotent. A VM whose step throws is tried again later, and
 * holds up no other.
 */
export const advanceRound = wakingActivity(contracts.advanceRound, async (services, input) => {
  const calledUtc = services.nowUtc();
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const advanced = await advanceOnce(services, input);
    if (advanced === null) continue;
    const { answer, vms } = advanced;
    if (answer.dueUtc !== null)
      return input.leavesStragglers === true ? withStragglers(services, input, answer, vms) : answer;
    const isRecorded = await recordPlainRound(services, input.ref, input.claim.claimId, advanced);
    if (isRecorded) return { ...answer, isRecorded };
    const isAsked = await askAfterEnded(services, input.ref, input.claim.claimId, calledUtc);
    return isAsked ? answer : { ...answer, dueUtc: services.nowUtc() };
  }
  throw new Error(
    `The progress of round ${input.claim.claimId} was changed by another call; this one is repeated.`,
  );
});

/** Another worker with the same call is soon done. */
const ATTEMPTS_MAX = 3;

type Input = z.output<typeof contracts.advanceRound.input>;
type Advanced = Pick<RoundProgress, 'answer' | 'vms' | 'startedUtc'>;

/** What has its outcome counts for the gate of the phase, which waits for stragglers as little as the batch does. */
async function withStragglers(
  services: WakingServices,
  { ref, disruption }: Input,
  answer: AdvanceAnswer,
  vms: RoundProgress['vms'],
): Promise<AnswerTo<typeof contracts.advanceRound>> {
  if (asksAfterwards(services)) return answer; // a hook is asked of whole rounds
  const stragglers = await stragglersOf(services, disruption, vms);
  if (stragglers === null) return answer;
  const { rolloutId, ...where } = ref;
  await services.rollouts.saveStragglers(rolloutId, {
    ...where,
    atUtc: services.nowUtc(),
    counts: countOutcomes(endedOf(vms)),
  });
  await wakeAfterRounds(services, rolloutId, ref.phase);
  return { ...answer, stragglers };
}

/** Null when another worker wrote between: everything from the start. */
async function advanceOnce(services: Services, input: Input): Promise<Advanced | null> {
  const { ref, claim, disruption, call, isLate } = input;
  const calledUtc = services.nowUtc();
  const found = await services.roundProgress.read(ref.rolloutId, claim.claimId);
  if (found !== null && found.progress.call >= call) return found.progress;

  if (found === null || found.progress.isOpened === true)
    await expectClaim(services, disruption, claim.closesUtc);
  // What was seen before a long wait for the claim is seen again.
  const known = isLate === true && found?.progress.isOpened === true ? null : (found?.progress ?? null);
  const before = known?.vms ?? (await firstSteps(services, ref));
  await tellResults(services, ref, claim.claimId, before); // what a call that was cut off wrote down, and did not count any more
  const startedUtc = known === null ? calledUtc : known.startedUtc;
  const work = new Work(services, inFlight(services, input), startedUtc ?? calledUtc);
  const asked = found?.progress.asked;
  const kept = { ...(startedUtc !== undefined && { startedUtc }), ...(asked !== undefined && { asked }) };
  let etag = found?.etag ?? null;
  const vms = await work.advance(before, async (ahead) => {
    const answered = found?.progress.answer ?? { dueUtc: calledUtc, events: [] };
    const row: RoundProgress = { call: call - 1, answer: answered, vms: ahead, ...kept };
    const written = await services.roundProgress.write(ref.rolloutId, claim.claimId, row, etag);
    if (written === null) return false;
    etag = written;
    return true;
  });
  if (vms === null) return null;
  await countAsDown(services, unhealthyOf(work.outcomes));
  await saveOutcomes(services, ref.rolloutId, work.outcomes);
  const answer: AdvanceAnswer = { dueUtc: nextDue(vms), events: work.events };
  const progress: RoundProgress = { call, answer, vms, ...kept };
  if ((await services.roundProgress.write(ref.rolloutId, claim.claimId, progress, etag)) !== null) {
    // Counted after it is written: a grant that is given back must not be used by a repeat of this call. The last ones `recordRound` counts.
    if (work.outcomes.length > 0 && answer.dueUtc !== null)
      await tellResults(services, ref, claim.claimId, vms);
    for (const span of work.spans) services.trace?.(span);
    return progress;
  }
  const other = await services.roundProgress.read(ref.rolloutId, claim.claimId);
  return other !== null && other.progress.call >= call ? other.progress : null;
}

const unhealthyOf = (outcomes: readonly OutcomeRecord[]): VmId[] =>
  outcomes.flatMap(({ kind, vmId }) => (kind === 'unhealthy' ? [vmId] : []));

/** From the request to install until its soak is over a VM uses up the share of its set. */
const DISRUPTED: ReadonlySet<VmUpdate['kind']> = new Set<VmUpdate['kind']>([
  'startInstall',
  'readInstall',
  'probe',
]);

/** Why a VM does not begin now. */
interface HeldBack {
  readonly setFull: boolean;
  readonly budget: HeldByBudget | null;
}

const disruptedOf = (vms: readonly VmProgress[]): VmId[] =>
  vms.filter(({ update }) => DISRUPTED.has(update.kind)).map(({ vmId }) => vmId);

/** One call's work on the VMs of a round. */
class Work {
  readonly outcomes: OutcomeRecord[] = [];
  readonly events: { vmId: VmId; event: VmEvent }[] = [];
  readonly spans: TraceSpan[] = [];
  #eventsLength = 0;
  readonly #startedUtc: string;
  readonly #grid: RoundGrid;

  constructor(
    readonly services: Services,
    readonly round: RoundInFlight,
    roundStartedUtc: string,
  ) {
    this.#startedUtc = services.nowUtc();
    this.#grid = new RoundGrid(services, round.claim.claimId, roundStartedUtc);
  }

  /**
   * Takes every step that is due; those that want to install are asked for together, and then go on. `writeAhead`: which ones will be installed is
   * written down before the first is, so that a repeat of a call that was cut off follows them whatever it would decide now. Null when it was not.
   */
  async advance(
    before: readonly VmProgress[],
    writeAhead: (vms: VmProgress[]) => Promise<boolean>,
  ): Promise<VmProgress[] | null> {
    const assessed = await this.#pass(await this.#withRoom(before));
    const asking = assessed.flatMap(({ vmId, update }, place) =>
      update.kind === 'askExposure' && update.dueUtc <= this.services.nowUtc()
        ? [{ place, vmId, family: update.family }]
        : [],
    );
    if (asking.length === 0) return assessed;
    const { claim } = this.round;
    const held = await this.#heldBack(disruptedOf(assessed), asking);
    const fitting = asking.filter(({ place }) => held.get(place) === undefined);
    const granted = await grantInstallsTo(this.services, this.round, claim.claimId, fitting);
    const asked = new Set(asking.map(({ place }) => place));
    const answered = assessed.map((vm, place) =>
      asked.has(place) ? this.#answered(vm, granted.has(place), held.get(place)) : vm,
    );
    // What else this call has learnt is not reported yet: a repeat learns it again.
    const ahead = answered.map((vm, n) => (granted.has(n) ? vm : (before[n] ?? vm)));
    if (granted.size > 0 && !(await writeAhead(ahead))) return null;
    return this.#pass(answered);
  }

  /**
   * INV-1, INV-15: an installation that was granted before, by a call that was cut off, or that the platform put off, is put off while there is no room: a member
   * of the set or the budget may have gone down since. One that may have been requested is followed.
   */
  async #withRoom(vms: readonly VmProgress[]): Promise<readonly VmProgress[]> {
    const { services } = this;
    const { region, claim } = this.round;
    const due = vms.flatMap(({ vmId, update }, place) =>
      update.kind === 'startInstall' && this.#isDue(update) ? [{ place, vmId, update }] : [],
    );
    const requested = await sideBySide(due, ({ vmId, update: { sinceUtc } }) =>
      mayBeRequested(services, { region, vmId, claimId: claim.claimId, sinceUtc }).catch(() => true),
    );
    const waiting = due.filter((_, n) => requested[n] === false);
    if (waiting.length === 0) return vms;
    const places = new Set(waiting.map(({ place }) => place));
    const held = await this.#heldBack(disruptedOf(vms.filter((_, place) => !places.has(place))), waiting);
    const laterUtc = addSeconds(services.nowUtc(), services.policy.installPollLastSeconds);
    return vms.map((vm, place) =>
      held.has(place) && vm.update.kind === 'startInstall'
        ? { vmId: vm.vmId, update: { ...vm.update, dueUtc: this.#grid.next(laterUtc) } }
        : vm,
    );
  }

  /** Of the VMs that are to begin, by their place: those for which there is no room in their set or budget beside those that are down, and why. */
  async #heldBack(
    disrupted: readonly VmId[],
    beginning: readonly { readonly place: number; readonly vmId: VmId }[],
  ): Promise<ReadonlyMap<number, HeldBack>> {
    const room = await this.#roomInSet(new Set(disrupted));
    const ids = beginning.map(({ vmId }) => vmId);
    const budgets = await heldByBudget(this.services, this.round.disruption, disrupted, ids);
    return new Map(
      beginning.flatMap(({ place }, n) => {
        const [setFull, budget] = [n >= room, budgets[n] ?? null];
        return setFull || budget !== null ? [[place, { setFull, budget }]] : [];
      }),
    );
  }

  /**
   * How many more VMs of the round may begin to be disrupted: of a set no more than the claim covers, and than its members that are down by
   * now leave. They are looked at right before, for one may have been switched off, or fallen ill after its update, since the claim was granted.
   */
  async #roomInSet(disrupted: ReadonlySet<VmId>): Promise<number> {
    const { availabilitySetId, updateDomain, count } = this.round.disruption;
    if (availabilitySetId === null) return Infinity;
    const { inventory, policy } = this.services;
    const members = await lookAtMembers(this.services, availabilitySetId, disrupted);
    if (await isSetUnproven(this.services, this.round, updateDomain, members)) return 0;
    const downCount = members.filter(({ isDown }) => isDown).length;
    const atOnce = roomInSet(await inventory.setSize(availabilitySetId), downCount, policy);
    const most = updateDomain === null ? 1 : Math.min(count, atOnce); // not known: one at a time
    return Math.max(0, most - disrupted.size);
  }

  #answered({ vmId, update }: VmProgress, granted: boolean, held: HeldBack | undefined): VmProgress {
    if (update.kind !== 'askExposure') return { vmId, update };
    const { startByUtc } = this.round.claim;
    const budget = held?.budget ?? null;
    const answer = {
      of: 'askExposure',
      granted,
      startByUtc,
      setFull: held?.setFull === true,
      ...(budget !== null && { budget }),
    } as const;
    return { vmId, update: this.#after(vmId, update, answer) };
  }

  /** When one VM has nothing more to do now, the next takes its place. Of most VMs nothing is due. */
  async #pass(before: readonly VmProgress[]): Promise<VmProgress[]> {
    const due = before.filter(({ update }) => this.#isDue(update));
    const updates = await sideBySide(due, (vm) => this.#advanceOne(vm));
    const advanced = new Map(due.map((vm, n) => [vm, updates[n] ?? vm.update]));
    return before.map((vm) => {
      const update = advanced.get(vm);
      return update === undefined || update === vm.update ? vm : { vmId: vm.vmId, update };
    });
  }

  #isDue(update: VmUpdate): update is VmStep {
    if (update.kind === 'ended' || update.kind === 'askExposure') return false;
    return update.dueUtc <= this.services.nowUtc();
  }

  async #advanceOne({ vmId, update: before }: VmProgress): Promise<VmUpdate> {
    let update = before;
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      if (!this.#isDue(update) || this.#isFull()) break;
      const observation = await takeStep(this.services, this.round, vmId, update).catch(
        (error: unknown): Observation => ({ of: 'threw', message: messageOf(error) }),
      );
      update = this.#after(vmId, update, observation);
    }
    return update;
  }

  /** The state after a step, with everything that must be reported of it. */
  #after(vmId: VmId, update: OpenVmUpdate, observation: Observation): VmUpdate {
    const { services } = this;
    const moment = { vmId, nowUtc: services.nowUtc(), pace: services.policy };
    const advanced = observed(update, observation, moment);
    if (advanced.kind === 'ended')
      return this.#end(vmId, advanced.ending, 'family' in update ? update.family : null);
    if (update.kind === 'startInstall' && advanced.update.kind === 'readInstall')
      this.#report(vmId, { kind: 'installStarted', claimId: this.round.claim.claimId });
    return { ...advanced.update, dueUtc: this.#grid.next(advanced.update.dueUtc) };
  }

  #end(vmId: VmId, ending: VmEnding, family: ImageFamily | null): VmUpdate {
    const { rolloutId, phase, region } = this.round;
    const { result, ...learnt } = ending;
    const { outcome, installation } = learnt;
    this.outcomes.push({ ...outcome, phase, region, installation });
    this.#report(vmId, { kind: 'ended', rolloutId, ...learnt });
    if (this.services.trace !== undefined)
      this.spans.push(vmSpan(this.round, this.round.claim.claimId, vmId, learnt));
    const { kind: outcomeKind, reason, atUtc: endedUtc } = outcome;
    return { kind: 'ended', outcomeKind, reason, family, result, endedUtc };
  }

  #report(vmId: VmId, event: VmEvent): void {
    this.events.push({ vmId, event });
    this.#eventsLength += JSON.stringify(event).length + vmId.length;
  }

  #isFull(): boolean {
    return this.#eventsLength >= EVENTS_LENGTH_MAX || isTimeUp(this.services, this.#startedUtc);
  }
}
