import { z } from 'zod';
import { Approval } from '../domain/approvals';
import { Halt, RolloutControl, type Decision } from '../domain/control';
import { addCounts, noOutcomes, OutcomeCounts } from '../domain/gates';
import { Utc, type RolloutId } from '../domain/ids';
import { isCatchUp, numberOfPhase, PhaseId } from '../domain/phaseId';
import { parsedOnce } from './parsedOnce';
import type { Store, Table } from './store';

export const PhaseRecord = z.object({
  phase: PhaseId,
  regions: z.array(z.string()),
  vmCount: z.number().int(),
  startedUtc: Utc.nullable(),
  /** Null while the gate is not decided. */
  gate: z.object({ kind: z.enum(['open', 'stopped']), atUtc: Utc, why: z.string() }).nullable(),
  /** The ring that it is of; null or absent for a phase of regions. */
  ring: z.string().nullable().optional(),
});
export type PhaseRecord = Readonly<z.infer<typeof PhaseRecord>>;

export const RoundRecord = z.object({
  phase: PhaseId,
  region: z.string(),
  stage: z.string(),
  group: z.string(),
  round: z.number().int(),
  atUtc: Utc,
  counts: OutcomeCounts,
});
export type RoundRecord = Readonly<z.infer<typeof RoundRecord>>;

/** Where a round stands. */
export type RoundPlace = Pick<RoundRecord, 'phase' | 'region' | 'stage' | 'group' | 'round'>;

/** What has become of the VMs of a phase so far, so that no gate has to read all of its rounds. */
export const PhaseTotals = z.object({
  counts: OutcomeCounts,
  /** Regions in which a round has been written down. */
  regions: z.array(z.string()),
  /** Rounds that are in the counts, and whose own row may not say so yet. */
  uncertain: z.array(z.string()),
});
export type PhaseTotals = Readonly<z.infer<typeof PhaseTotals>>;

const noTotals: PhaseTotals = { counts: noOutcomes, regions: [], uncertain: [] };

const CONTROL = 'rollouts';

/** Rollouts: their control row, their phases, the halts that wait for a person, and a row for each round that ran. */
export interface RolloutStore {
  list(): Promise<readonly RolloutControl[]>;
  read(id: RolloutId): Promise<RolloutControl | null>;
  /** False when the rollout exists already: the row decides, whoever asks twice. */
  create(control: RolloutControl): Promise<boolean>;
  /** Reads, changes and writes until no other write came between. `change` returns null to leave it. Null when there is no such rollout. */
  update(
    id: RolloutId,
    change: (control: RolloutControl) => RolloutControl | null,
  ): Promise<RolloutControl | null>;
  phases(id: RolloutId): Promise<readonly PhaseRecord[]>;
  readPhase(id: RolloutId, phase: PhaseId): Promise<PhaseRecord | null>;
  savePhase(id: RolloutId, record: PhaseRecord): Promise<void>;
  halts(id: RolloutId): Promise<readonly Halt[]>;
  /** A halt that is there already stays as it is, decision and all. */
  addHalt(id: RolloutId, halt: Halt): Promise<boolean>;
  decide(id: RolloutId, haltId: string, decision: Decision): Promise<boolean>;
  /** The last word on each phase that needed an approval. */
  approvals(id: RolloutId): Promise<readonly Approval[]>;
  saveApproval(id: RolloutId, approval: Approval): Promise<void>;
  /** Writes a round down, once, and counts it in the totals of its phase. A repeat changes nothing. */
  saveRound(id: RolloutId, record: RoundRecord): Promise<void>;
  hasRound(id: RolloutId, where: RoundPlace): Promise<boolean>;
  phaseTotals(id: RolloutId, phase: PhaseId): Promise<PhaseTotals>;
  rounds(id: RolloutId, phase: PhaseId, region?: string): Promise<readonly RoundRecord[]>;
}

const parseApproval = parsedOnce(Approval);
const parseHalt = parsedOnce(Halt);
const parsePhaseRecord = parsedOnce(PhaseRecord);
const parseRolloutControl = parsedOnce(RolloutControl);
const CountedRound = RoundRecord.extend({ counted: z.boolean().default(true) });
const parsePhaseTotals = parsedOnce(PhaseTotals);
const parseRoundRecord = parsedOnce(RoundRecord);
const parseCountedRound = parsedOnce(CountedRound);

export function rolloutStore(store: Store): RolloutStore {
  const table = store.table('rollouts');
  const rounds = store.table('rounds');
  return {
    list: async () => (await table.list(CONTROL)).map(({ value }) => parseRolloutControl(value)),
    read: async (id) => {
      const row = await table.get(CONTROL, id);
      return row && parseRolloutControl(row.value);
    },
    create: (control) => table.insert(CONTROL, control.rolloutId, control),
    update: async (id, change) => {
      for (;;) {
        const row = await table.get(CONTROL, id);
        if (!row) return null;
        const before = parseRolloutControl(row.value);
        const after = change(before);
        if (after === null) return before;
        if (await table.replace(CONTROL, id, after, row.etag)) return after;
      }
    },
    phases: async (id) =>
      (await table.list(id, { from: 'phase~', before: 'phase~~' }))
        .map(({ value }) => parsePhaseRecord(value))
        .sort((a, b) => numberOfPhase(a.phase) - numberOfPhase(b.phase)),
    readPhase: async (id, phase) => {
      const row = await table.get(id, `phase~${phase}`);
      return row && parsePhaseRecord(row.value);
    },
    savePhase: (id, record) => table.upsert(id, `phase~${record.phase}`, record),
    halts: async (id) =>
      (await table.list(id, { from: 'halt~', before: 'halt~~' })).map(({ value }) => parseHalt(value)),
    addHalt: (id, halt) => table.insert(id, `halt~${halt.haltId}`, halt),
    decide: async (id, haltId, decision) => {
      const row = await table.get(id, `halt~${haltId}`);
      if (!row) return false;
      const halt = parseHalt(row.value);
      if (halt.decision !== null) return false; // a double click must not answer the next halt
      return table.replace(id, `halt~${haltId}`, { ...halt, decision }, row.etag);
    },
    approvals: async (id) =>
      (await table.list(id, { from: 'approval~', before: 'approval~~' })).map(({ value }) =>
        parseApproval(value),
      ),
    saveApproval: (id, approval) => table.upsert(id, `approval~${approval.phase}`, approval),
    saveRound: (id, record) => saveRound({ table, rounds }, id, record),
    hasRound: async (id, where) => (await rounds.get(id, roundRow(where))) !== null,
    phaseTotals: (id, phase) => readTotals(table, id, phase),
    rounds: async (id, phase, region) => {
      const prefix = region === undefined ? phase : `${phase}~${region}`;
      const rows = await rounds.list(id, { from: `${prefix}~`, before: `${prefix}~~` });
      return rows.map(({ value }) => parseRoundRecord(value));
    },
  };
}

async function readTotals(table: Table, id: RolloutId, phase: PhaseId): Promise<PhaseTotals> {
  const row = await table.get(id, totalsRow(phase));
  return row === null ? noTotals : parsePhaseTotals(row.value);
}

async function changeTotals(
  table: Table,
  id: RolloutId,
  phase: PhaseId,
  change: (totals: PhaseTotals) => PhaseTotals,
): Promise<void> {
  for (;;) {
    const row = await table.get(id, totalsRow(phase));
    const after = change(row === null ? noTotals : parsePhaseTotals(row.value));
    const written =
      row === null
        ? await table.insert(id, totalsRow(phase), after)
        : await table.replace(id, totalsRow(phase), after, row.etag);
    if (written) return;
  }
}

/** The round first, marked as not counted; then the totals, which keep it as uncertain until it is marked as counted: a crash between two lines counts nothing twice. */
async function saveRound(
  { table, rounds }: { readonly table: Table; readonly rounds: Table },
  id: RolloutId,
  record: RoundRecord,
): Promise<void> {
  const key = roundRow(record);
  const known = await rounds.get(id, key);
  if (known !== null && parseCountedRound(known.value).counted) return;
  const counted = known === null ? record : parseRoundRecord(known.value);
  if (isCatchUp(record.phase)) {
    await rounds.upsert(id, key, { ...record, counted: true });
    return;
  }
  await rounds.upsert(id, key, { ...counted, counted: false });
  await changeTotals(table, id, record.phase, (before) => withRound(before, key, counted));
  await rounds.upsert(id, key, { ...counted, counted: true });
  await changeTotals(table, id, record.phase, (before) => ({
    ...before,
    uncertain: before.uncertain.filter((one) => one !== key),
  }));
}

const roundRow = ({ phase, region, stage, group, round }: RoundPlace): string =>
  [phase, region, stage, group, round].join('~');

const totalsRow = (phase: PhaseId): string => `totals~${phase}`;

/** Counting a round again that is counted changes nothing. */
function withRound(totals: PhaseTotals, key: string, { counts, region }: RoundRecord): PhaseTotals {
  if (totals.uncertain.includes(key)) return totals;
  return {
    counts: addCounts(totals.counts, counts),
    regions: totals.regions.includes(region) ? totals.regions : [...totals.regions, region].sort(),
    uncertain: [...totals.uncertain, key],
  };
}
