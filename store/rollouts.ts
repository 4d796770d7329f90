import { z } from 'zod';
import { Halt, RolloutControl, type Decision } from '../domain/control';
import { OutcomeCounts } from '../domain/gates';
import { Utc, type RolloutId } from '../domain/ids';
import { PhaseId } from '../domain/phaseId';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

export const PhaseRecord = z.object({
  phase: PhaseId,
  regions: z.array(z.string()),
  vmCount: z.number().int(),
  startedUtc: Utc.nullable(),
  /** Null while the gate is not decided. */
  gate: z.object({ kind: z.enum(['open', 'stopped']), atUtc: Utc, why: z.string() }).nullable(),
  attemptMax: z.number().int().nullable(),
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
  saveRound(id: RolloutId, record: RoundRecord): Promise<void>;
  rounds(id: RolloutId, phase: PhaseId, region?: string): Promise<readonly RoundRecord[]>;
}

const parseHalt = parsedOnce(Halt);
const parsePhaseRecord = parsedOnce(PhaseRecord);
const parseRolloutControl = parsedOnce(RolloutControl);
const parseRoundRecord = parsedOnce(RoundRecord);

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
      (await table.list(id, { from: 'phase~', before: 'phase~~' })).map(({ value }) =>
        parsePhaseRecord(value),
      ),
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
    saveRound: (id, record) =>
      rounds.upsert(
        id,
        [record.phase, record.region, record.stage, record.group, record.round].join('~'),
        record,
      ),
    rounds: async (id, phase, region) => {
      const prefix = region === undefined ? phase : `${phase}~${region}`;
      const rows = await rounds.list(id, { from: `${prefix}~`, before: `${prefix}~~` });
      return rows.map(({ value }) => parseRoundRecord(value));
    },
  };
}
