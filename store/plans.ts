import { z } from 'zod';
import { AvailabilitySetId, RolloutId, Utc, VmId } from '../domain/ids';
import { PLANNED_PHASES, PhaseId, phaseIdOf, rowsOfPhase } from '../domain/phaseId';
import { SubscriptionShare } from '../domain/disruption';
import type { Plan, PlannedRegion } from '../planning/plan';
import { listPage, type ListPage } from './listPage';
import { parsedOnce } from './parsedOnce';
import type { Store, Table } from './store';

/** One round of a plan: a row. Small enough for any table, and everything a round needs to run. */
export const RoundPlan = z.object({
  phase: PhaseId,
  region: z.string(),
  stage: z.string(),
  zone: z.string().nullable(),
  group: z.string(),
  kind: z.enum(['availabilitySet', 'standalone']),
  availabilitySetId: AvailabilitySetId.nullable(),
  setSize: z.number().int(),
  round: z.number().int(),
  updateDomain: z.number().int().nullable(),
  vmIds: z.array(VmId),
  /** IANA zones of its VMs, as of the plan: they say when the round may run. */
  timeZones: z.array(z.string()),
  /** What its claim says of standalone VMs. */
  subscriptions: z.array(SubscriptionShare).default([]),
  /** So long after the first rounds of its batch it begins. */
  delaySeconds: z.number().int().default(0),
  /** Of a batch: its window cohort, and how many of its rounds run at once. */
  cohort: z.number().int().default(1),
  atOnce: z.number().int().default(1),
  expectedStartUtc: Utc,
  expectedEndUtc: Utc,
});
export type RoundPlan = Readonly<z.infer<typeof RoundPlan>>;

/** Where a round stands in a plan. */
export type RoundKey = Pick<RoundPlan, 'phase' | 'region' | 'stage' | 'group' | 'round'>;

/** What a region has to do in a stage: a row, so that nothing has to read the rounds to know of it. */
export const StagePlan = z.object({
  phase: PhaseId,
  region: z.string(),
  stage: z.string(),
  /** By window cohort: batches that run one after another. */
  tracks: z.array(
    z.object({
      cohort: z.number().int(),
      batches: z.array(z.object({ group: z.string(), rounds: z.number().int(), atOnce: z.number().int() })),
    }),
  ),
  /** Groups of the availability sets, in the order in which they are taken. */
  sets: z.array(z.string()),
});
export type StagePlan = Readonly<z.infer<typeof StagePlan>>;

/** What the plan says beside its rounds. */
export const PlanSummary = z.object({
  rolloutId: RolloutId,
  releasedUtc: Utc,
  endsUtc: Utc,
  vmCount: z.number().int(),
  ineligibleCount: z.number().int(),
  lateCount: z.number().int(),
  phases: z.array(
    z.object({
      phase: PhaseId,
      ring: z.string().exactOptional(),
      regions: z.array(z.string()),
      vmCount: z.number().int(),
      expectedStartUtc: Utc,
      expectedEndUtc: Utc,
      /** Calendars of its VMs: they say when its windows open. */
      timeZones: z.array(z.string()).default([]),
    }),
  ),
});
export type PlanSummary = Readonly<z.infer<typeof PlanSummary>>;

const SUMMARY = ' summary'; // sorts before every phase
const WRITTEN = ' written';

/** Plans as rows: a summary, a row a stage, and a row a round, each found by its place without reading the rest. */
export interface PlanStore {
  readSummary(id: RolloutId): Promise<PlanSummary | null>;
  /** How far a plan that is being written has come; null when none is. */
  readWritten(id: RolloutId): Promise<WrittenPlan | null>;
  saveWritten(id: RolloutId, written: WrittenPlan): Promise<void>;
  /** Forgets what was written of a plan: another one takes its place. */
  clear(id: RolloutId): Promise<void>;
  /** Writes rounds of the plan, `from` on, at most so many. Null when all are written: then the summary is, last, and the plan is whole. */
  savePart(plan: Plan, from: number, max: number): Promise<PlanSummary | null>;
  /** Adds rounds to a plan. */
  addRounds(id: RolloutId, rounds: readonly RoundPlan[]): Promise<void>;
  /** How many rounds a region's catch-up has; null when it has no plan that is whole. */
  catchUpRounds(id: RolloutId, phase: PhaseId, region: string): Promise<number | null>;
  /** Keeps the small plan of a region's catch-up, in place of whatever an attempt that died has left of it. What says that it is whole comes last. */
  saveCatchUp(id: RolloutId, phase: PhaseId, region: string, planned: PlannedRegion | null): Promise<number>;
  /** Stages of a region in the order in which they run. */
  stages(id: RolloutId, phase: PhaseId, region: string): Promise<readonly StagePlan[]>;
  readStage(id: RolloutId, phase: PhaseId, region: string, stage: string): Promise<StagePlan | null>;
  readRound(id: RolloutId, where: RoundKey): Promise<RoundPlan | null>;
  /** The rounds of a group from this one on, in order. */
  groupRounds(id: RolloutId, from: RoundKey): Promise<readonly RoundPlan[]>;
  /** Every round of a region, for what a person asks about it; nothing that runs reads them all. */
  rounds(id: RolloutId, phase: PhaseId, region: string): Promise<readonly RoundPlan[]>;
  allRounds(id: RolloutId): Promise<readonly RoundPlan[]>;
  /** The same a page at a time, in the order of their rows, from behind `after`. */
  roundsPage(id: RolloutId, after: string, size: number): Promise<ListPage<RoundPlan>>;
  /** So many rounds of a phase (null: of all planned ones), from this row on; null: from the first. */
  roundsFrom(
    id: RolloutId,
    phase: PhaseId | null,
    row: string | null,
    take: number,
  ): Promise<readonly PlanRow[]>;
}

/** A plan is written in steps, and each of them is noted: whatever dies in between, the next call goes on there. */
export const WrittenPlan = z.object({
  /** When the plan was made: made again at this instant from the same fleet it is the same. */
  nowUtc: Utc,
  /** Members of budgets that were down then. */
  budgetsDown: z.record(z.string(), z.number().int()).default({}),
  /** SHA-256 of its rounds. A fleet that has changed meanwhile gives another plan, which is written from its beginning. */
  fingerprint: z.string(),
  /** Outcomes of VMs that it leaves out, and rounds, that are written. */
  ineligible: z.number().int(),
  rounds: z.number().int(),
});
export type WrittenPlan = Readonly<z.infer<typeof WrittenPlan>>;

export interface PlanRow {
  readonly row: string;
  readonly round: RoundPlan;
}

const CatchUp = z.object({ rounds: z.number().int() });

const parseWritten = parsedOnce(WrittenPlan);
const parseCatchUp = parsedOnce(CatchUp);
const parsePlanSummary = parsedOnce(PlanSummary);
const parseRoundPlan = parsedOnce(RoundPlan);
const parseStagePlan = parsedOnce(StagePlan);

const stagesOf = (id: RolloutId): string => `${id}~stages`;

export function planStore(store: Store): PlanStore {
  const table = store.table('plans');
  const addRounds: PlanStore['addRounds'] = async (id, rounds) => {
    await table.write(id, { upsert: rounds.map((value) => ({ row: rowKey(value), value })) });
    await table.write(stagesOf(id), { upsert: stageRows(rounds) });
  };
  return {
    addRounds,
    readSummary: async (id) => {
      const row = await table.get(id, SUMMARY);
      return row && parsePlanSummary(row.value);
    },
    ...writing(table),
    catchUpRounds: async (id, phase, region) => {
      const row = await table.get(id, catchUpKey(phase, region));
      return row && parseCatchUp(row.value).rounds;
    },
    saveCatchUp: async (id, phase, region, planned) => {
      const here = { from: `${phase}~${region}~`, before: `${phase}~${region}~~` };
      const left = await table.list(id, here);
      const rounds = planned === null ? [] : roundsOf(phase, planned);
      const kept = new Set(rounds.map(rowKey));
      const stages = await table.list(stagesOf(id), here);
      await table.write(id, { remove: left.map(({ row }) => row).filter((row) => !kept.has(row)) });
      await table.write(stagesOf(id), { remove: stages.map(({ row }) => row) });
      await addRounds(id, rounds);
      await table.upsert(id, catchUpKey(phase, region), { rounds: rounds.length });
      return rounds.length;
    },
    stages: async (id, phase, region) =>
      (await table.list(stagesOf(id), { from: `${phase}~${region}~`, before: `${phase}~${region}~~` })).map(
        ({ value }) => parseStagePlan(value),
      ),
    readStage: async (id, phase, region, stage) => {
      const row = await table.get(stagesOf(id), stageKey(phase, region, stage));
      return row && parseStagePlan(row.value);
    },
    readRound: async (id, where) => {
      const row = await table.get(id, rowKey(where));
      return row && parseRoundPlan(row.value);
    },
    groupRounds: async (id, from) => {
      const { phase, region, stage, group } = from;
      const before = `${[phase, region, stage, group].join('~')}~~`;
      const rows = await table.list(id, { from: rowKey(from), before });
      return rows.map(({ value }) => parseRoundPlan(value));
    },
    rounds: async (id, phase, region) =>
      (await table.list(id, { from: `${phase}~${region}~`, before: `${phase}~${region}~~` })).map(
        ({ value }) => parseRoundPlan(value),
      ),
    roundsFrom: async (id, phase, row, take) => {
      const rows = await table.list(id, {
        ...rowsOfPhase(phase),
        ...(row !== null && { from: row }),
        take,
      });
      return rows.map(({ row: key, value }) => ({ row: key, round: parseRoundPlan(value) }));
    },
    roundsPage: (id, after, size) =>
      listPage(table, id, { after, prefix: PLANNED_PHASES.from, size }, parseRoundPlan),
    allRounds: async (id) => (await table.list(id, PLANNED_PHASES)).map(({ value }) => parseRoundPlan(value)),
  };
}

/** A plan is written in parts, and whole once its summary stands. */
function writing(table: Table): Pick<PlanStore, 'readWritten' | 'saveWritten' | 'clear' | 'savePart'> {
  return {
    readWritten: async (id) => {
      const row = await table.get(id, WRITTEN);
      return row && parseWritten(row.value);
    },
    saveWritten: (id, written) => table.upsert(id, WRITTEN, written),
    clear: async (id) => {
      const rounds = await table.list(id, PLANNED_PHASES);
      await table.write(id, { remove: [WRITTEN, ...rounds.map(({ row }) => row)] });
    },
    savePart: async (plan, from, max) => {
      const { rolloutId } = plan;
      const rounds = allRoundsOf(plan);
      const part = rounds.slice(from, from + max);
      await table.write(rolloutId, { upsert: part.map((value) => ({ row: rowKey(value), value })) });
      if (from + max < rounds.length) return null;
      // A row of a stage names all its groups, so stages are written when all rounds are.
      await table.write(stagesOf(rolloutId), { upsert: stageRows(rounds) });
      const summary = summaryOf(plan);
      await table.upsert(rolloutId, SUMMARY, summary);
      await table.remove(rolloutId, WRITTEN);
      return summary;
    },
  };
}

/** A plan is written in parts, each of which asks for its rounds. */
const roundsKnown = new WeakMap<Plan, readonly RoundPlan[]>();

/** In the order in which they are written. */
export function allRoundsOf(plan: Plan): readonly RoundPlan[] {
  const known = roundsKnown.get(plan);
  if (known !== undefined) return known;
  const rounds = plan.phases.flatMap(({ phase, regions }) =>
    regions.flatMap((region) => roundsOf(phaseIdOf(phase), region)),
  );
  roundsKnown.set(plan, rounds);
  return rounds;
}

function roundsOf(phase: PhaseId, { region, stages }: PlannedRegion): RoundPlan[] {
  return stages.flatMap(({ stage, zone, groups }) =>
    groups.flatMap(({ group, kind, availabilitySetId, setSize, cohort, atOnce, rounds }) =>
      rounds.map((round) => ({
        phase,
        region,
        stage,
        zone,
        group,
        kind,
        availabilitySetId,
        setSize,
        cohort,
        atOnce,
        round: round.round,
        updateDomain: round.updateDomain,
        vmIds: round.vmIds,
        timeZones: round.timeZones,
        subscriptions: round.subscriptions,
        delaySeconds: round.delaySeconds,
        expectedStartUtc: round.expectedStartUtc,
        expectedEndUtc: round.expectedEndUtc,
      })),
    ),
  );
}

const catchUpKey = (phase: PhaseId, region: string): string => `${phase}:${region}`;

/** Padded numbers sort as the plan does. */
const rowKey = ({ phase, region, stage, group, round }: RoundKey): string =>
  [phase, region, stage, group, String(round).padStart(6, '0')].join('~');

/** The stage of the VMs without a zone comes last, and `zone-10` behind `zone-2`. */
const stageKey = (phase: PhaseId, region: string, stage: string): string => {
  const zone = /^zone-(\d+)$/.exec(stage)?.[1];
  const order = zone === undefined ? (stage.startsWith('zone-') ? stage : 'zzzz') : zone.padStart(4, '0');
  return [phase, region, order, stage].join('~');
};

function stageRows(rounds: readonly RoundPlan[]): { row: string; value: StagePlan }[] {
  const stages = new Map<string, z.infer<typeof StagePlan>>();
  const groups = new Map<string, { rounds: number }>();
  for (const { phase, region, stage, group, kind, cohort, atOnce } of rounds) {
    const row = stageKey(phase, region, stage);
    let found = stages.get(row);
    if (found === undefined) stages.set(row, (found = { phase, region, stage, tracks: [], sets: [] }));
    const known = groups.get(`${row}~${group}`);
    if (known !== undefined) {
      known.rounds += 1;
      continue;
    }
    const fresh = { group, rounds: 1, atOnce };
    groups.set(`${row}~${group}`, fresh);
    if (kind === 'availabilitySet') found.sets.push(group);
    else {
      let track = found.tracks.find((one) => one.cohort === cohort);
      if (track === undefined) found.tracks.push((track = { cohort, batches: [] }));
      track.batches.push(fresh);
    }
  }
  return [...stages].map(([row, value]) => ({ row, value }));
}

function summaryOf(plan: Plan): PlanSummary {
  return {
    rolloutId: plan.rolloutId,
    releasedUtc: plan.releasedUtc,
    endsUtc: plan.endsUtc,
    vmCount: plan.vmCount,
    ineligibleCount: plan.ineligible.length,
    lateCount: plan.late.length,
    phases: plan.phases.map(({ phase, ring, regions, vmCount, expectedStartUtc, expectedEndUtc }) => ({
      phase: phaseIdOf(phase),
      ...(ring !== undefined && { ring }),
      regions: regions.map(({ region }) => region),
      vmCount,
      expectedStartUtc,
      expectedEndUtc,
      timeZones: timeZonesOf(regions),
    })),
  };
}

function timeZonesOf(regions: readonly PlannedRegion[]): string[] {
  const zones = new Set<string>();
  for (const { stages } of regions)
    for (const { groups } of stages)
      for (const { rounds } of groups)
        for (const { timeZones } of rounds) for (const zone of timeZones) zones.add(zone);
  return [...zones].sort();
}
