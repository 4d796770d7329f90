import {
  addResults,
  exposureMax,
  grantInstalls,
  noEvidence,
  nothingCounted,
  takeNewResults,
  type EvidencePolicy,
  type RoundCounted,
  type ScopeEvidence,
  type UpdateResult,
} from '../../domain/evidence';
import { defaultPolicy } from '../../domain/policy';
import { checkEvidence, checkRound, type EvidenceDecision } from '../../domain/evidenceRules';
import { VmId } from '../../domain/ids';
import { ImageFamily } from '../../domain/imageFamily';
import { hash53 } from '../../domain/seed';
import { figureOf, type Benchmark, type Figure } from './benchmark';

/** One image family whose update leaves each VM unhealthy with the same probability, independently. */
export interface FamilyMonth {
  readonly vmCount: number;
  readonly unhealthyPercent: number;
  /** Whether the family's first VMs are the canary of the rollout: one unhealthy of them halts. */
  readonly isCanary: boolean;
  /** Installs under way at once: what shares, claims and the budget of patch calls leave. */
  readonly underWayMax: number;
  readonly seed: string;
  readonly policy?: EvidencePolicy;
}

export interface FamilyMonthEnd {
  readonly unhealthyCount: number;
  readonly startedCount: number;
  readonly halted: boolean;
}

const FAMILY = ImageFamily.parse('canonical:ubuntuserver:18.04-lts');
const REGION = 'eastus';
const CANARY_VMS = 5;
/** As many VMs as one orchestration runs under one claim (design section 1). */
const ROUND_VMS = 80;
/** A round lasts as long as its slowest VM: installing, rebooting, soaking. */
const ROUND_MINUTES_MIN = 45;
const ROUND_MINUTES_MAX = 240;
const STARTED_MS = Date.parse('2026-11-10T18:00:00.000Z');

interface Round {
  readonly endsMinute: number;
  readonly row: RoundCounted;
  readonly results: readonly UpdateResult[];
}

/**
 * Runs the real rules over one family, as fast as exposure lets it go: rounds side by side, each decided on when it ends. Nothing else slows
 * it down (no ladder, no windows, no shares), so that as many installs as possible are under way when a halt comes.
 */
export function simulateFamilyMonth(month: FamilyMonth): FamilyMonthEnd {
  const policy = month.policy ?? defaultPolicy;
  const random = randomFrom(month.seed);
  const running: Round[] = [];
  let family = noEvidence;
  let minute = 0;
  let underWay = 0;
  let decisions: readonly EvidenceDecision[] = [];
  for (;;) {
    while (decisions.length === 0 && family.startedCount < month.vmCount) {
      const wanted = Math.min(ROUND_VMS, month.vmCount - family.startedCount, month.underWayMax - underWay);
      const places = Array.from({ length: wanted }, (_, place) => place);
      const grant = grantInstalls(family, nothingCounted, places, policy);
      if (grant.granted.length === 0) break;
      running.push(roundOf(month, family.startedCount, grant.round, minute, random));
      family = grant.family;
      underWay += grant.granted.length;
    }
    if (family.startedCount > exposureMax(family, policy))
      throw new Error(`${family.startedCount} installs were started on ${family.healthyCount} healthy VMs`);
    const ended = takeEarliest(running);
    if (ended === undefined) break;
    minute = ended.endsMinute;
    underWay -= ended.results.length;
    const { fresh } = takeNewResults(ended.row, ended.results);
    family = addResults(family, fresh, policy);
    if (decisions.length === 0) decisions = decide(family, fresh, month.vmCount, policy);
  }
  const { unhealthyCount, startedCount } = family;
  return { unhealthyCount, startedCount, halted: decisions.length > 0 };
}

/** A family alone is its region and its rollout, too. */
function decide(
  seen: ScopeEvidence,
  round: readonly UpdateResult[],
  eligibleCount: number,
  policy: EvidencePolicy,
): readonly EvidenceDecision[] {
  const facts = {
    rollout: seen,
    eligibleCount,
    families: new Map([[FAMILY, seen]]),
    regions: new Map([[REGION, seen]]),
  };
  return [...checkRound(round, () => FAMILY, policy), ...checkEvidence(facts, policy)];
}

function roundOf(
  month: FamilyMonth,
  firstVm: number,
  row: RoundCounted,
  minute: number,
  random: () => number,
): Round {
  const minutes = Math.round(ROUND_MINUTES_MIN + random() * (ROUND_MINUTES_MAX - ROUND_MINUTES_MIN));
  const results = row.started.map((place): UpdateResult => {
    const atMinute = minute + Math.ceil((0.2 + 0.8 * random()) * minutes);
    return {
      vm: vmOf(firstVm + place),
      place,
      kind: random() * 100 < month.unhealthyPercent ? 'unhealthy' : 'healthy',
      atUtc: instantOf(atMinute),
      region: REGION,
      canary: month.isCanary && firstVm + place < CANARY_VMS,
      patches: ['KB5000001'],
    };
  });
  return { endsMinute: minute + minutes, row, results };
}

const vms: VmId[] = [];

/** Parsed once: a month has thousands of VMs, and there are thousands of months. */
function vmOf(number: number): VmId {
  const machines = '/subscriptions/s/resourcegroups/g/providers/microsoft.compute/virtualmachines';
  return (vms[number] ??= VmId.parse(`${machines}/vm-${number}`));
}

const instants: string[] = [];

function instantOf(minute: number): string {
  return (instants[minute] ??= new Date(STARTED_MS + minute * 60_000).toISOString());
}

/** Mulberry32: 32 bits of state, the same numbers on every machine. */
function randomFrom(seed: string): () => number {
  let state = hash53(seed) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function takeEarliest(running: Round[]): Round | undefined {
  let earliest = 0;
  for (let i = 1; i < running.length; i += 1)
    if ((running[i]?.endsMinute ?? 0) < (running[earliest]?.endsMinute ?? 0)) earliest = i;
  return running.splice(earliest, 1)[0];
}

export interface GateCell extends Omit<FamilyMonth, 'seed'> {
  readonly months: number;
  readonly unhealthyMean: number;
  readonly unhealthyWorst: number;
  readonly haltedPercent: number;
}

export function simulateCell(cell: Omit<FamilyMonth, 'seed'>, months: number): GateCell {
  const ends = Array.from({ length: months }, (_, n) =>
    simulateFamilyMonth({ ...cell, seed: `${cell.unhealthyPercent}/${n}` }),
  );
  const counts = ends.map(({ unhealthyCount }) => unhealthyCount);
  return {
    ...cell,
    months,
    unhealthyMean: counts.reduce((a, b) => a + b, 0) / months,
    unhealthyWorst: Math.max(...counts),
    haltedPercent: (100 * ends.filter(({ halted }) => halted).length) / months,
  };
}

/** Unhealthy VMs a month on average that are still acceptable for a patch which breaks so many percent (issue 12, row 5). */
const MEAN_MAX: readonly (readonly [unhealthyPercent: number, meanMax: number])[] = [
  [100, 5],
  [20, 6],
  [5, 16],
  [2, 27],
];
const BACKGROUND_PERCENT = 0.3;
const VMS = 10_000;
/** A tenth of the family at once; what exposure alone holds is shown beside it. */
const UNDER_WAY_MAX = 1_000;

export const gatesBenchmark: Benchmark = {
  name: 'gates',
  what: `runs the rules of evidence over simulated months of one image family of ${VMS} VMs`,
  run: ({ months, say }) => {
    const cellOf = (unhealthyPercent: number, isCanary: boolean, underWayMax: number): GateCell => {
      const cell = simulateCell({ vmCount: VMS, unhealthyPercent, isCanary, underWayMax }, months);
      const { unhealthyMean, unhealthyWorst, haltedPercent } = cell;
      say(
        `  ${unhealthyPercent} % unhealthy: ${unhealthyMean.toFixed(1)} VMs on average, ${unhealthyWorst} at worst,` +
          ` halted in ${haltedPercent.toFixed(1)} % of ${months} months`,
      );
      return cell;
    };
    const bad = MEAN_MAX.flatMap(([percent, meanMax]) => {
      const cell = cellOf(percent, false, UNDER_WAY_MAX);
      const once = (name: string, unit: string, value: number, atMost: number | null): Figure =>
        figureOf(`${percent} % unhealthy: ${name}`, unit, [value], atMost);
      return [
        once('broken, mean', 'VMs', cell.unhealthyMean, meanMax),
        once('never halted', '%', 100 - cell.haltedPercent, 1),
      ];
    });
    const good = [false, true].map((isCanary) => {
      const { haltedPercent } = cellOf(BACKGROUND_PERCENT, isCanary, UNDER_WAY_MAX);
      const name = `${BACKGROUND_PERCENT} % unhealthy: false halts${isCanary ? ', with the canary' : ''}`;
      return figureOf(name, '%', [haltedPercent], 2);
    });
    const { unhealthyMean } = cellOf(2, false, VMS);
    const unbounded = figureOf('2 % unhealthy, any number at once: broken, mean', 'VMs', [unhealthyMean]);
    return [...bad, ...good, unbounded];
  },
};
