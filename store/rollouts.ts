import { z } from 'zod';
import { Approval } from '../domain/approvals';
import { Halt, RolloutControl, type Decision } from '../domain/control';
import { addCounts, noOutcomes, OutcomeCounts } from '../domain/outcomeCounts';
import { keyOf, Utc, type RolloutId } from '../domain/ids';
import { isCatchUp, numberOfPhase, PhaseId } from '../domain/phaseId';
import { writeOne } from './lastWritten';
import { parsedOnce } from './parsedOnce';
import type { RoundKey } from './plans';
import type { Store, Table } from './store';
import { writeInstead } from './writeInstead';

export const PhaseRecord = z.object({
  phase: PhaseId,
  regions: z.array(z.string()),
  vmCount: z.number().int(),
  startedUtc: Utc.nullable(),
  /** When it may close by the passing of time. Absent until it begins, and in rows of before. */
  closesUtc: Utc.exactOptional(),
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

/** What has become of the VMs of a phase so far, so that no gate has to read all of its rounds. */
export const PhaseTotals = z.object({
  counts: OutcomeCounts,
  /** Regions in which a round has been written down, or part of one. */
  regions: z.array(z.string()),
  /** Of rounds that are not over, because they have stragglers: what is counted of them already. */
  underWay: z.record(z.string(), OutcomeCounts).exactOptional(),
});
export type PhaseTotals = Readonly<z.infer<typeof PhaseTotals>>;

const noTotals: PhaseTotals = { counts: noOutcomes, regions: [] };

const AtRisk = z.object({ vmId: z.string() });

/** The control row of every rollout; behind them the agenda has its rows. */
export const CONTROL = 'rollouts';
export const BEHIND_ROLLOUTS = '~';

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
  /** The same where the control row was just read: of a rollout that never had one, nothing is asked. */
  haltsOf(control: RolloutControl): Promise<readonly Halt[]>;
  /** A halt that is there already stays as it is, decision and all. */
  addHalt(id: RolloutId, halt: Halt): Promise<boolean>;
  decide(id: RolloutId, haltId: string, decision: Decision): Promise<boolean>;
  /** The last word on each phase that needed an approval. */
  approvals(id: RolloutId): Promise<readonly Approval[]>;
  /** In place of the last word as it was read, null for none. False when another was said since. */
  saveApproval(id: RolloutId, approval: Approval, seen: Approval | null): Promise<boolean>;
  /** VMs that were at risk of missing their 30 days when it was last looked. */
  atRisk(id: RolloutId): Promise<ReadonlySet<string>>;
  saveAtRisk(
    id: RolloutId,
    change: { readonly added: readonly string[]; readonly removed: readonly string[] },
  ): Promise<void>;
  /** Writes a round down, once, and counts it in the totals of its phase. A repeat changes nothing. */
  saveRound(id: RolloutId, record: RoundRecord): Promise<void>;
  /** Counts what has an outcome in a round that has stragglers, until the round is written down. A repeat changes nothing. */
  saveStragglers(id: RolloutId, soFar: RoundRecord): Promise<void>;
  hasRound(id: RolloutId, where: RoundKey): Promise<boolean>;
  phaseTotals(id: RolloutId, phase: PhaseId): Promise<PhaseTotals>;
  rounds(id: RolloutId, phase: PhaseId, region?: string): Promise<readonly RoundRecord[]>;
}

const parseApproval = parsedOnce(Approval);
const parseHalt = parsedOnce(Halt);
const parsePhaseRecord = parsedOnce(PhaseRecord);
export const parseRolloutControl = parsedOnce(RolloutControl);
const parsePhaseTotals = parsedOnce(PhaseTotals);
const parseRoundRecord = parsedOnce(RoundRecord);

export function rolloutStore(store: Store): RolloutStore {
  const table = store.table('rollouts');
  const rounds = store.table('rounds');
  const update: RolloutStore['update'] = (id, change) => updateControl(table, id, change);
  const halts: RolloutStore['halts'] = async (id) =>
    (await table.list(id, { from: 'halt~', before: 'halt~~' })).map(({ value }) => parseHalt(value));
  return {
    list: async () =>
      (await table.list(CONTROL, { before: BEHIND_ROLLOUTS })).map(({ value }) => parseRolloutControl(value)),
    read: async (id) => {
      const row = await table.get(CONTROL, id);
      return row && parseRolloutControl(row.value);
    },
    create: (control) => table.insert(CONTROL, control.rolloutId, control),
    update,
    phases: async (id) =>
      (await table.list(id, { from: 'phase~', before: 'phase~~' }))
        .map(({ value }) => parsePhaseRecord(value))
        .sort((a, b) => numberOfPhase(a.phase) - numberOfPhase(b.phase)),
    readPhase: async (id, phase) => {
      const row = await table.get(id, `phase~${phase}`);
      return row && parsePhaseRecord(row.value);
    },
    savePhase: (id, record) => table.upsert(id, `phase~${record.phase}`, record),
    halts,
    haltsOf: async ({ rolloutId, hasHalts }) => (hasHalts === false ? [] : halts(rolloutId)),
    addHalt: async (id, halt) => {
      // The row first: a crash in between leaves a word too many, never a halt that is not looked for.
      await update(id, (control) => (control.hasHalts === false ? { ...control, hasHalts: true } : null));
      return table.insert(id, `halt~${halt.haltId}`, halt);
    },
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
    saveApproval: (id, value, seen) =>
      writeInstead(table, [id, `approval~${value.phase}`], { value, seen, parse: parseApproval }),
    atRisk: async (id) =>
      new Set((await table.list(`${id}~atRisk`)).map(({ value }) => AtRisk.parse(value).vmId)),
    saveAtRisk: (id, { added, removed }) =>
      table.write(`${id}~atRisk`, {
        upsert: added.map((vmId) => ({ row: keyOf(vmId), value: { vmId } })),
        remove: removed.map(keyOf),
      }),
    saveRound: (id, record) => saveRound(rounds, id, record),
    saveStragglers: (id, soFar) => saveStragglers(rounds, id, soFar),
    hasRound: async (id, where) => (await rounds.get(id, roundRow(where))) !== null,
    phaseTotals: async (id, phase) => {
      const row = await rounds.get(id, totalsRow(phase));
      return row === null ? noTotals : parsePhaseTotals(row.value);
    },
    rounds: async (id, phase, region) => {
      const prefix = region === undefined ? phase : `${phase}~${region}`;
      const rows = await rounds.list(id, { from: `${prefix}~`, before: `${prefix}~~` });
      return rows.map(({ value }) => parseRoundRecord(value));
    },
  };
}

async function updateControl(
  table: Table,
  id: RolloutId,
  change: (control: RolloutControl) => RolloutControl | null,
): Promise<RolloutControl | null> {
  for (;;) {
    const row = await table.get(CONTROL, id);
    if (!row) return null;
    const before = parseRolloutControl(row.value);
    const after = change(before);
    if (after === null) return before;
    if (await table.replace(CONTROL, id, after, row.etag)) return after;
  }
}

/** In one transaction the round and the totals of its phase: a crash counts nothing twice. A catch-up has no gate, and no totals. */
async function saveRound(rounds: Table, id: RolloutId, record: RoundRecord): Promise<void> {
  const round = { row: roundRow(record), value: record };
  const totals = isCatchUp(record.phase) ? null : totalsRow(record.phase);
  for (;;) {
    const [known, before] = await Promise.all([
      rounds.get(id, round.row),
      totals === null ? null : rounds.get(id, totals),
    ]);
    if (known !== null) return;
    if (totals === null) {
      await rounds.insert(id, round.row, round.value);
      return;
    }
    const value = withRound(before === null ? noTotals : parsePhaseTotals(before.value), record);
    const written =
      before === null
        ? await rounds.commit(id, { insert: [round, { row: totals, value }] })
        : await rounds.commit(id, { insert: [round], replace: [{ row: totals, value, etag: before.etag }] });
    if (written) return;
  }
}

const roundRow = ({ phase, region, stage, group, round }: RoundKey): string =>
  [phase, region, stage, group, round].join('~');

/** Beside the rounds, whose keys begin with their phase. */
const totalsRow = (phase: PhaseId): string => `totals~${phase}`;

function withRound({ underWay, ...totals }: PhaseTotals, record: RoundRecord): PhaseTotals {
  const { [roundRow(record)]: _, ...others } = underWay ?? {};
  return {
    counts: addCounts(totals.counts, record.counts),
    regions: withRegion(totals, record),
    ...(Object.keys(others).length > 0 && { underWay: others }),
  };
}

const withRegion = (
  { regions }: Pick<PhaseTotals, 'regions'>,
  { region }: RoundRecord,
): PhaseTotals['regions'] => (regions.includes(region) ? regions : [...regions, region].sort());

async function saveStragglers(rounds: Table, id: RolloutId, soFar: RoundRecord): Promise<void> {
  const [key, row] = [roundRow(soFar), totalsRow(soFar.phase)];
  for (;;) {
    const [known, before] = await Promise.all([rounds.get(id, key), rounds.get(id, row)]);
    const totals = before === null ? noTotals : parsePhaseTotals(before.value);
    if (known !== null || totals.underWay?.[key] !== undefined) return;
    const underWay = { ...totals.underWay, [key]: soFar.counts };
    const value: PhaseTotals = { ...totals, regions: withRegion(totals, soFar), underWay };
    if ((await writeOne(rounds, id, { row, value, etag: before?.etag ?? null })) !== null) return;
  }
}
