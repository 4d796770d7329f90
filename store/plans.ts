import { z } from 'zod';
import { AvailabilitySetId, RolloutId, Utc, VmId } from '../domain/ids';
import { PLANNED_PHASES, PhaseId, phaseIdOf } from '../domain/phaseId';
import type { Plan, PlannedPhase } from '../planning/plan';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

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
  expectedStartUtc: Utc,
  expectedEndUtc: Utc,
});
export type RoundPlan = Readonly<z.infer<typeof RoundPlan>>;

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
      regions: z.array(z.string()),
      vmCount: z.number().int(),
      expectedStartUtc: Utc,
      expectedEndUtc: Utc,
    }),
  ),
});
export type PlanSummary = Readonly<z.infer<typeof PlanSummary>>;

const SUMMARY = ' summary'; // sorts before every phase

/** Plans as rows: a summary, and one row a round, found by phase and region without reading the rest. */
export interface PlanStore {
  readSummary(id: RolloutId): Promise<PlanSummary | null>;
  /** The summary is written last: a plan with a summary is whole. */
  save(plan: Plan, timeZoneOf: (vmId: VmId) => string): Promise<PlanSummary>;
  /** Adds rounds to a plan. */
  addRounds(id: RolloutId, rounds: readonly RoundPlan[]): Promise<void>;
  /** How many rounds a region's catch-up has; null when it has no plan that is whole. */
  catchUpRounds(id: RolloutId, phase: PhaseId, region: string): Promise<number | null>;
  /** Keeps the small plan of a region's catch-up, in place of whatever an attempt that died has left of it. What says that it is whole comes last. */
  saveCatchUp(id: RolloutId, phase: PhaseId, region: string, rounds: readonly RoundPlan[]): Promise<void>;
  /** In the order they were planned. */
  rounds(id: RolloutId, phase: PhaseId, region: string): Promise<readonly RoundPlan[]>;
  allRounds(id: RolloutId): Promise<readonly RoundPlan[]>;
}

const CatchUp = z.object({ rounds: z.number().int() });

const parseCatchUp = parsedOnce(CatchUp);
const parsePlanSummary = parsedOnce(PlanSummary);
const parseRoundPlan = parsedOnce(RoundPlan);

export function planStore(store: Store): PlanStore {
  const table = store.table('plans');
  const rowsOf = (rounds: readonly RoundPlan[]): { row: string; value: RoundPlan }[] =>
    rounds.map((value, n) => ({ row: rowKey(value, n), value }));
  const addRounds: PlanStore['addRounds'] = (id, rounds) => table.write(id, { upsert: rowsOf(rounds) });
  return {
    addRounds,
    readSummary: async (id) => {
      const row = await table.get(id, SUMMARY);
      return row && parsePlanSummary(row.value);
    },
    save: async (plan, timeZoneOf) => {
      await addRounds(
        plan.rolloutId,
        plan.phases.flatMap((phase) => roundsOf(phase, timeZoneOf)),
      );
      const summary = summaryOf(plan);
      await table.upsert(plan.rolloutId, SUMMARY, summary);
      return summary;
    },
    catchUpRounds: async (id, phase, region) => {
      const row = await table.get(id, catchUpKey(phase, region));
      return row && parseCatchUp(row.value).rounds;
    },
    saveCatchUp: async (id, phase, region, rounds) => {
      const upsert = rowsOf(rounds);
      const kept = new Set(upsert.map(({ row }) => row));
      const left = await table.list(id, { from: `${phase}~${region}~`, before: `${phase}~${region}~~` });
      await table.write(id, { upsert, remove: left.map(({ row }) => row).filter((row) => !kept.has(row)) });
      await table.upsert(id, catchUpKey(phase, region), { rounds: rounds.length });
    },
    rounds: async (id, phase, region) =>
      (await table.list(id, { from: `${phase}~${region}~`, before: `${phase}~${region}~~` })).map(
        ({ value }) => parseRoundPlan(value),
      ),
    allRounds: async (id) => (await table.list(id, PLANNED_PHASES)).map(({ value }) => parseRoundPlan(value)),
  };
}

function roundsOf({ phase, regions }: PlannedPhase, timeZoneOf: (vmId: VmId) => string): RoundPlan[] {
  return regions.flatMap(({ region, stages }) =>
    stages.flatMap(({ stage, zone, groups }) =>
      groups.flatMap(({ group, kind, availabilitySetId, setSize, rounds }) =>
        rounds.map(({ round, updateDomain, vmIds, expectedStartUtc, expectedEndUtc }) => ({
          phase: phaseIdOf(phase),
          region,
          stage,
          zone,
          group,
          kind,
          availabilitySetId,
          setSize,
          round,
          updateDomain,
          vmIds,
          expectedStartUtc,
          expectedEndUtc,
          timeZones: [...new Set(vmIds.map(timeZoneOf))].sort(),
        })),
      ),
    ),
  );
}

const catchUpKey = (phase: PhaseId, region: string): string => `${phase}:${region}`;

/** Padded numbers sort as the plan does. */
const rowKey = ({ phase, region, stage, group, round }: RoundPlan, order: number): string =>
  [phase, region, String(order).padStart(6, '0'), stage, group, round].join('~');

function summaryOf(plan: Plan): PlanSummary {
  return {
    rolloutId: plan.rolloutId,
    releasedUtc: plan.releasedUtc,
    endsUtc: plan.endsUtc,
    vmCount: plan.vmCount,
    ineligibleCount: plan.ineligible.length,
    lateCount: plan.late.length,
    phases: plan.phases.map(({ phase, regions, vmCount, expectedStartUtc, expectedEndUtc }) => ({
      phase: phaseIdOf(phase),
      regions: regions.map(({ region }) => region),
      vmCount,
      expectedStartUtc,
      expectedEndUtc,
    })),
  };
}
