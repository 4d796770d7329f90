import { subscriptionKey, type SubscriptionShare } from '../domain/disruption';
import type { Month, RolloutId } from '../domain/ids';
import { later } from '../domain/instants';
import type { Candidates, InventoryFacts } from './candidates';
import { utcTexts } from './estimate';
import type { Plan, PlannedGroup, PlannedPhase, PlannedRegion, PlannedRound, PlannedStage } from './plan';
import { countsOf } from './counts';
import { LateVm, NamedRound, sortLate } from './namedLater';
import type { BatchWork, RegionWork, RoundWork, SetWork, StageWork } from './work';
import type { Schedule, ScheduledPhase } from './schedule';
import type { RoundTimes, WaitedFor } from './scheduleState';

export interface Scheduled {
  readonly rolloutId: RolloutId;
  readonly month: Month;
  readonly releasedUtc: string;
  readonly endsUtc: string;
  readonly targetMs: number;
  readonly candidates: Candidates;
  readonly facts: InventoryFacts;
  readonly schedule: Schedule;
  readonly ineligible: Plan['ineligible'];
}

/** What one region's part of a plan is written from. */
type RegionFacts = Pick<Scheduled, 'candidates' | 'facts'> & {
  readonly endsMs: number;
  readonly targetMs: number;
  readonly timesOf: (work: RoundWork) => RoundTimes;
};

/** What every level of the plan has, made from the level below. */
type Extent = Pick<PlannedGroup, 'vmCount' | 'expectedStartUtc' | 'expectedEndUtc'>;

/** Writes the schedule down as the plan that is stored, shown and carried out; yields how many VMs it has written since. */
export function* writePlan(scheduled: Scheduled): Generator<number, Plan> {
  const { rolloutId, month, releasedUtc, endsUtc, candidates, ineligible } = scheduled;
  const { times } = scheduled.schedule;
  const writer = new Writer({
    ...scheduled,
    endsMs: Date.parse(endsUtc),
    timesOf: (work) => times.get(work) ?? NOT_SCHEDULED,
  });
  const phases: PlannedPhase[] = [];
  for (const [index, phase] of scheduled.schedule.phases.entries())
    phases.push(yield* writer.phase(index + 1, phase));
  return {
    rolloutId,
    month,
    releasedUtc,
    endsUtc,
    vmCount: candidates.order.length,
    phases,
    ineligible,
    late: sortLate(writer.late, candidates.inOrderOfIds),
  };
}

/** A region on its own, all of it expected at one instant: the small plan of a catch-up. */
export function writeRegionNow(
  work: RegionWork,
  facts: Pick<Scheduled, 'candidates' | 'facts'>,
  nowMs: number,
): PlannedRegion {
  const times: RoundTimes = { ...NOT_SCHEDULED, startMs: nowMs, endMs: nowMs, doneMs: nowMs, fits: true };
  return new Writer({ ...facts, endsMs: Infinity, targetMs: Infinity, timesOf: () => times }).region(work);
}

const NOT_SCHEDULED: RoundTimes = {
  startMs: 0,
  endMs: 0,
  doneMs: 0,
  fits: false,
  waitedFor: 'windows',
  usedUp: false,
};

class Writer {
  readonly late: LateVm[] = [];
  readonly #facts: RegionFacts;
  readonly #utc = utcTexts();
  /** When the last VM of the phase is done. */
  #doneMs = 0;

  constructor(facts: RegionFacts) {
    this.#facts = facts;
  }

  *phase(phase: number, { regions: works, gateMs, ring }: ScheduledPhase): Generator<number, PlannedPhase> {
    this.#doneMs = 0;
    const regions: PlannedRegion[] = [];
    for (const work of works) {
      regions.push(this.region(work));
      yield work.vmCount;
    }
    const extent = extentOf(regions);
    const doneUtc = this.#utc(this.#doneMs); // those that are caught up are done after their round
    const expectedEndUtc = later(extent.expectedEndUtc, doneUtc);
    const expectedGateUtc = this.#utc(gateMs);
    return {
      phase,
      ...(ring !== undefined && { ring }),
      ...extent,
      expectedEndUtc,
      expectedGateUtc,
      regions,
    };
  }

  region(work: RegionWork): PlannedRegion {
    const stages = work.stages.map((stage) => this.#stage(work.region, stage));
    return { region: work.region, ...extentOf(stages), stages };
  }

  #stage(region: string, { stage, zone, tracks, sets }: StageWork): PlannedStage {
    const place = `${region}, ${stage}`;
    const groups = [
      ...tracks.flatMap((track, n) => track.map((batch) => this.#batch(region, place, batch, n + 1))),
      ...sets.map((set) => this.#set(place, set)),
    ];
    return { stage, zone, ...extentOf(groups), groups };
  }

  #batch(
    region: string,
    place: string,
    { group, rounds: works, atOnce }: BatchWork,
    cohort: number,
  ): PlannedGroup {
    const where = `${works.length} of ${group} in ${place}`;
    const rounds = works.map((work, index) =>
      this.#round(index + 1, work, this.#sharesOf(region, work), where),
    );
    return {
      group,
      kind: 'standalone',
      availabilitySetId: null,
      setSize: 0,
      cohort,
      atOnce,
      ...extentOf(rounds),
      rounds,
    };
  }

  #set(place: string, { group, availabilitySetId, setSize, rounds: works }: SetWork): PlannedGroup {
    const { timesOf } = this.#facts;
    const inTurn =
      works.length > 1 && works.some(({ cohort }) => cohort !== works[0]?.cohort)
        ? [...works].sort((a, b) => inTime(timesOf(a), timesOf(b)))
        : works;
    const where = `${works.length} of ${group} in ${place}`;
    const rounds = inTurn.map((work, index) => this.#round(index + 1, work, [], where));
    return {
      group,
      kind: 'availabilitySet',
      availabilitySetId,
      setSize,
      cohort: 0,
      atOnce: 1,
      ...extentOf(rounds),
      rounds,
    };
  }

  #round(round: number, work: RoundWork, subscriptions: SubscriptionShare[], where: string): PlannedRound {
    const { candidates, timesOf } = this.#facts;
    const times = timesOf(work);
    this.#doneMs = Math.max(this.#doneMs, times.doneMs);
    const expectedStartUtc = this.#utc(times.startMs);
    const because = this.#lateBecause(times);
    if (because !== null) {
      const detail = `${because}; it is in round ${round} of ${where}`;
      for (const n of work.members)
        this.late.push(new LateVm(candidates.ids, n, { expectedStartUtc, detail }));
    }
    return new NamedRound(candidates.ids, work.members, {
      round,
      updateDomain: work.updateDomain,
      timeZones: [...work.cohort.zones],
      subscriptions,
      delaySeconds: work.delaySeconds,
      expectedStartUtc,
      expectedEndUtc: this.#utc(times.endMs),
    });
  }

  /** A subscription with one standalone VM in the region has nothing to share. */
  #sharesOf(region: string, { members }: RoundWork): SubscriptionShare[] {
    const { candidates, facts } = this.#facts;
    return countsOf(members, candidates.subscription).flatMap(([number, count]) => {
      const subscriptionId = candidates.names.subscriptions[number] ?? '';
      if (facts.standaloneCount(region, subscriptionId) < 2) return [];
      const max = facts.shareOf(region, subscriptionId);
      return [{ subscription: subscriptionKey(subscriptionId), count, max }];
    });
  }

  /** of a VM whose forecast passes the target day or the end, what it waited for. */
  #lateBecause({ doneMs, fits, waitedFor, usedUp }: RoundTimes): string | null {
    if (!fits) return 'its off-peak window is too short for an assessment, an installation and a reboot';
    if (usedUp)
      return 'evidenceFirst and evidenceFactor of the policy let no more VMs of its image family begin, however healthy it is';
    const because = WAITED_FOR[waitedFor];
    if (doneMs > this.#facts.endsMs)
      return `expected to be done only after the rollout has ended, because of ${because}`;
    if (doneMs > this.#facts.targetMs)
      return `expected to be done only after the target day of the forecast, because of ${because}`;
    return null;
  }
}

const WAITED_FOR: Readonly<Record<WaitedFor, string>> = {
  windows: 'its off-peak windows and those of the VMs before it',
  pool: 'the number of availability sets that may run at once',
  places: 'rounds of the paired region, or of another zone, that went before it',
  shares: 'the share of its subscription that may be down in the region',
  budgets: 'the budget of its application',
  patchCalls: 'the patch calls that Azure takes of its subscription in the region',
  evidence: 'the evidence that its image family needs first',
};

/** One that gives up as it begins is over before the next one begins at the same instant. */
const inTime = (a: RoundTimes, b: RoundTimes): number => a.startMs - b.startMs || a.endMs - b.endMs;

function extentOf(parts: readonly Extent[]): Extent {
  let [vmCount, expectedStartUtc, expectedEndUtc] = [0, parts[0]?.expectedStartUtc ?? '', ''];
  for (const part of parts) {
    vmCount += part.vmCount;
    if (part.expectedStartUtc < expectedStartUtc) expectedStartUtc = part.expectedStartUtc;
    if (part.expectedEndUtc > expectedEndUtc) expectedEndUtc = part.expectedEndUtc;
  }
  return { vmCount, expectedStartUtc, expectedEndUtc };
}
