import { z } from 'zod';
import { keyOf, Utc, VmId, type RolloutId } from '../domain/ids';
import { Outcome } from '../domain/outcome';
import {
  changeTotals,
  goesFirst,
  isUnfinished,
  isWaiting,
  noTotals,
  OutcomeTotals,
  sumTotals,
  uncounted,
  wasAttempted,
  withJoined,
} from '../domain/outcomeTotals';
import { PhaseId } from '../domain/phaseId';
import { PatchInstallationSummary } from '../domain/patches';
import { LastWritten } from './lastWritten';
import { listPage, type ListPage } from './listPage';
import { parsedOnce } from './parsedOnce';
import { keyPart } from './rowValue';
import type { Row, Store, Table } from './store';

/** How a VM stands in a rollout. The last word counts: a second chance overwrites the first try. */
export const OutcomeRecord = Outcome.extend({
  phase: PhaseId,
  region: z.string(),
  installation: PatchInstallationSummary.nullable(),
});
export type OutcomeRecord = Readonly<z.infer<typeof OutcomeRecord>>;

/** As it is kept, and counted. */
export const KeptOutcome = OutcomeRecord.extend({
  /** How often it was tried in this rollout. */
  attempts: z.number().int().default(0),
  /** It waits for a second chance. */
  waits: z.boolean().default(false),
  /** From when to when it was installed before, in the order of time: at most as often as it may be tried. Absent when it was not. */
  installedBefore: z.array(z.tuple([Utc, Utc])).exactOptional(),
});
export type KeptOutcome = Readonly<z.infer<typeof KeptOutcome>>;

/** With `movedTo` the VM has another id since, under which its outcome stands: the row only keeps others from being written. */
const OutcomeRow = KeptOutcome.extend({ movedTo: VmId.exactOptional() });
type OutcomeRow = Readonly<z.infer<typeof OutcomeRow>>;

export interface OutcomeStore {
  read(id: RolloutId, vmId: VmId): Promise<KeptOutcome | null>;
  /** All of them, for what looks at a whole fleet. */
  list(id: RolloutId): Promise<readonly KeptOutcome[]>;
  /** In the order of the VMs' keys, from behind `after`. */
  page(id: RolloutId, after: string, size?: number): Promise<ListPage<KeptOutcome>>;
  /**
   * Records outcomes, and counts them in the same transaction. What is older than what stands is dropped: it comes from a duplicate that was
   * slow. Returns the outcomes that stand by now as they were given. `areJoining`: a VM without an outcome came after the plan was made.
   */
  save(
    id: RolloutId,
    records: readonly OutcomeRecord[],
    areJoining?: boolean,
  ): Promise<readonly KeptOutcome[]>;
  /**
   * The VM `from` has another id now: its outcome is that of `to`, and nothing is recorded of `from` any more. Without an outcome of its own it
   * gets this one, and so does one that was taken for deleted. Returns what stands for it.
   */
  move(id: RolloutId, from: VmId, unlessKnown: OutcomeRecord): Promise<KeptOutcome | null>;
  /** The VMs that go first in the next rollout, in the order of their keys, from behind `after`: of the others none is read. */
  carriedOver(id: RolloutId, after: string): Promise<ListPage<VmId>>;
  /** The VMs whose outcome is not the last word, in the order of their keys, from behind `after`: of the others none that never had such a one is read. */
  unfinished(id: RolloutId, after: string): Promise<ListPage<KeptOutcome>>;
  /** How many VMs ended how, and how many wait for a second chance: a row for each region. */
  totals(id: RolloutId): Promise<OutcomeTotals>;
  /** Every outcome there ever was, those that were overwritten included, in order of time; from behind `after`, a key of it. */
  inOrderOfTime(id: RolloutId, range: TimeRange): Promise<readonly TimedOutcome[]>;
  /** Everything that ever happened to a VM, oldest first. */
  history(vmId: VmId): Promise<readonly unknown[]>;
}

export interface TimeRange {
  /** `<instant>~<key of the VM>`, or an instant alone; only what is behind it is returned. */
  readonly after: string;
  readonly beforeUtc: string;
  readonly take: number;
}

export interface TimedOutcome {
  /** `<instant>~<key of the VM>`. */
  readonly key: string;
  readonly outcome: KeptOutcome;
}

const VM = 'vm~';
const TIME = 'at~';
const UNFINISHED = 'unfinished~';
const TOTALS = ' totals~'; // sorts before every VM

/**
 * VMs in one transaction of at most 100 changes: each is three rows, as it stands, in order of time, and among those that are not finished, and
 * the totals of their region are one more.
 */
const TOGETHER_MAX = 33;

/** A row for each VM that ever had an outcome that was not the last word. Null: it has another by now. */
const Unfinished = z.object({ outcome: KeptOutcome.nullable() });
type Unfinished = Readonly<z.infer<typeof Unfinished>>;

const parseOutcomeRecord = parsedOnce(OutcomeRow);
const parseTotals = parsedOnce(OutcomeTotals);
const parseUnfinished = parsedOnce(Unfinished);

/** Regions of rollouts whose totals are known as this process wrote them. */
const TOTALS_KNOWN_MAX = 200;

/** What the outcomes of a VM or region are changed by. */
interface Outcomes {
  readonly table: Table;
  /** How often a VM is tried in a rollout. */
  readonly attemptsMax: number;
  /** By rollout and row. */
  readonly totals: LastWritten<OutcomeTotals>;
}

/** A VM is tried at most `attemptsMax` times in a rollout. */
export function outcomeStore(store: Store, attemptsMax = Infinity): OutcomeStore {
  const table = store.table('outcomes');
  const outcomes: Outcomes = { table, attemptsMax, totals: new LastWritten(TOTALS_KNOWN_MAX) };
  const history = store.table('vmEvents');
  const unfinished: OutcomeStore['unfinished'] = async (id, after) => {
    const { value, next } = await listPage(table, id, { after, prefix: UNFINISHED }, parseUnfinished);
    return { value: value.flatMap(({ outcome }) => outcome ?? []), next };
  };
  return {
    read: async (id, vmId) => {
      const row = await table.get(id, VM + keyOf(vmId));
      const kept = row && parseOutcomeRecord(row.value);
      return kept?.movedTo === undefined ? kept : null;
    },
    list: async (id) =>
      (await table.list(id, { from: VM, before: `${VM}~` }))
        .map(({ value }) => parseOutcomeRecord(value))
        .filter(isHere),
    page: async (id, after, size) => {
      const from = { after, prefix: VM, ...(size !== undefined && { size }) };
      const { value, next } = await listPage(table, id, from, parseOutcomeRecord);
      return { value: value.filter(isHere), next };
    },
    unfinished,
    carriedOver: async (id, after) => {
      const { value, next } = await unfinished(id, after);
      return { value: value.filter(goesFirst).map(({ vmId }) => vmId), next };
    },
    move: (id, from, unlessKnown) => moveOutcome(table, id, from, unlessKnown, attemptsMax),
    save: async (id, records, areJoining = false) => {
      const standing: KeptOutcome[] = [];
      for (const together of inOneRegion(records)) {
        const saved = await saveTogether(outcomes, id, together, areJoining);
        await Promise.all(
          saved.map((record) =>
            history.upsert(keyOf(record.vmId), `${record.atUtc}~${id}`, { rolloutId: id, ...record }),
          ),
        );
        standing.push(...saved);
      }
      return standing;
    },
    totals: async (id) =>
      (await table.list(id, { from: TOTALS, before: `${TOTALS}~` }))
        .map((row) => totalsIn(outcomes, id, row))
        .reduce(sumTotals, noTotals),
    inOrderOfTime: async (id, { after, beforeUtc, take }) => {
      const range = { from: TIME + after, before: TIME + beforeUtc, take: take + 1 };
      return (await table.list(id, range))
        .map(({ row, value }) => ({ key: row.slice(TIME.length), outcome: parseOutcomeRecord(value) }))
        .filter(({ key }) => key > after)
        .slice(0, take);
    },
    history: async (vmId) => (await history.list(keyOf(vmId))).map(({ value }) => value),
  };
}

function* inOneRegion(records: readonly OutcomeRecord[]): Generator<readonly OutcomeRecord[]> {
  const regions = new Map<string, OutcomeRecord[]>();
  for (const record of records) regions.set(record.region, [...(regions.get(record.region) ?? []), record]);
  for (const [, ofRegion] of regions)
    for (let start = 0; start < ofRegion.length; start += TOGETHER_MAX)
      yield ofRegion.slice(start, start + TOGETHER_MAX);
}

/** Reads, decides and writes, again and again until no other writer came between. */
async function saveTogether(
  outcomes: Outcomes,
  id: RolloutId,
  records: readonly OutcomeRecord[],
  areJoining: boolean,
): Promise<readonly KeptOutcome[]> {
  const { table, attemptsMax, totals } = outcomes;
  const totalsRow = TOTALS + keyPart(records[0]?.region ?? '');
  for (;;) {
    const [before, ...rows] = await Promise.all([
      table.get(id, totalsRow),
      ...records.map(({ vmId }) => table.get(id, VM + keyOf(vmId))),
    ]);
    const changes = records.flatMap((record, n) => changeOf(record, rows[n] ?? null, attemptsMax));
    const fresh = changes.filter(({ isNew }) => isNew);
    if (fresh.length === 0) return changes.map(({ after }) => after);
    const known = before === null ? noTotals : totalsIn(outcomes, id, before);
    const joined = areJoining ? fresh.filter(({ found }) => found === null).length : 0;
    const total = fresh.reduce(
      (sum, change) => changeTotals(sum, change.before, change.after),
      withJoined(known, (known.joined ?? 0) + joined),
    );
    const written: WrittenRow[] = fresh.map(({ row, found, after }) => ({ row, found, value: after }));
    const changed = fresh.map(({ before: was, after }) => unfinishedChange(table, id, was, after));
    for (const rows of await Promise.all(changed)) written.push(...rows);
    written.push(...(await Promise.all(fresh.map((change) => timeChange(table, id, change)))));
    written.push({ row: totalsRow, found: before, value: total });
    const etags = await table.commit(id, conditions(written));
    if (etags === null) continue;
    const etag = etags.get(totalsRow);
    if (etag !== undefined) totals.keep(`${id} ${totalsRow}`, etag, total);
    return changes.map(({ after }) => after);
  }
}

const totalsIn = ({ totals }: Outcomes, id: RolloutId, row: Row): OutcomeTotals =>
  totals.of(`${id} ${row.row}`, row) ?? parseTotals(row.value);

interface WrittenRow {
  readonly row: string;
  readonly found: Row | null;
  readonly value: unknown;
}

/** Of the same instant there is a row already: another reason was given for it. */
async function timeChange(
  table: Table,
  id: RolloutId,
  { before, after }: OutcomeChange,
): Promise<WrittenRow> {
  const row = timeKey(after);
  return { row, found: before?.atUtc === after.atUtc ? await table.get(id, row) : null, value: after };
}

/** Nothing of a VM that was finished, and is. */
async function unfinishedChange(
  table: Table,
  id: RolloutId,
  before: OutcomeRecord | null,
  after: KeptOutcome,
): Promise<WrittenRow[]> {
  const is = isUnfinished(after);
  if (!is && (before === null || !isUnfinished(before))) return [];
  return [await unfinishedRow(table, id, after.vmId, is ? after : null)];
}

async function unfinishedRow(
  table: Table,
  id: RolloutId,
  vmId: VmId,
  outcome: KeptOutcome | null,
): Promise<WrittenRow> {
  const value: Unfinished = { outcome };
  const row = UNFINISHED + keyOf(vmId);
  return { row, found: await table.get(id, row), value };
}

const timeKey = ({ atUtc, vmId }: OutcomeRecord): string => `${TIME}${atUtc}~${keyOf(vmId)}`;

interface OutcomeChange {
  readonly row: string;
  readonly found: Row | null;
  readonly before: KeptOutcome | null;
  readonly after: KeptOutcome;
  /** False for what stands already: this is a repeat. */
  readonly isNew: boolean;
}

/** Nothing for an outcome that is older than the one that stands. */
function changeOf(record: OutcomeRecord, found: Row | null, attemptsMax: number): OutcomeChange[] {
  const before = found === null ? null : parseOutcomeRecord(found.value);
  if (before !== null && (before.movedTo !== undefined || before.atUtc > record.atUtc)) return [];
  const row = VM + keyOf(record.vmId);
  const isRepeat =
    before?.atUtc === record.atUtc && before.reason === record.reason && before.phase === record.phase;
  if (isRepeat) return [{ row, found, before, after: before, isNew: false }];
  const attempts = (before?.attempts ?? 0) + (wasAttempted(record) ? 1 : 0);
  const waits = isWaiting({ ...record, attempts }, attemptsMax);
  const installedBefore = installationsOf(before);
  const after = { ...record, attempts, waits, ...(installedBefore.length > 0 && { installedBefore }) };
  return [{ row, found, before, after, isNew: true }];
}

/** Those that an outcome has, which is about to be overwritten. */
function installationsOf(before: KeptOutcome | null): [string, string][] {
  const { installedBefore = [], installation, atUtc } = before ?? { installation: null, atUtc: '' };
  return installation === null ? installedBefore : [...installedBefore, [installation.startTime, atUtc]];
}

const isHere = ({ movedTo }: OutcomeRow): boolean => movedTo === undefined;

/** An outcome that says only that a VM has not had its turn under this id. */
const WITHOUT_A_TURN: ReadonlySet<string> = new Set(['joinedLate', 'moved', 'vmDeleted']);

async function moveOutcome(
  table: Table,
  id: RolloutId,
  from: VmId,
  unlessKnown: OutcomeRecord,
  attemptsMax: number,
): Promise<KeptOutcome | null> {
  const to = unlessKnown.vmId;
  const keep = ({ value }: Row): OutcomeRow => parseOutcomeRecord(value);
  for (;;) {
    const [fromRow, toRow] = await Promise.all([
      table.get(id, VM + keyOf(from)),
      table.get(id, VM + keyOf(to)),
    ]);
    const before = fromRow && keep(fromRow);
    const [had, has] = [before, toRow && keep(toRow)].map((kept) => (kept && isHere(kept) ? kept : null));
    if (before?.movedTo === to) return has ?? null;
    const attempts = had?.attempts ?? 0;
    const first = { ...unlessKnown, attempts, waits: isWaiting({ ...unlessKnown, attempts }, attemptsMax) };
    const brought = had && had.reason !== 'vmDeleted' ? { ...had, vmId: to } : first;
    const stands = has && !WITHOUT_A_TURN.has(has.reason) ? has : brought;
    const region = had?.region ?? stands.region;
    const kept: KeptOutcome = { ...stands, region };
    const totalsRow = TOTALS + keyPart(region);
    const totals = await table.get(id, totalsRow);
    const counted = totals === null ? noTotals : parseTotals(totals.value);
    const left = [had, has].reduce((sum, kept) => (kept ? uncounted(sum, kept) : sum), counted);
    const marker: OutcomeRow = { ...(before ?? first), vmId: from, waits: false, movedTo: to };
    const done = await table.commit(
      id,
      conditions([
        { row: VM + keyOf(from), found: fromRow, value: marker },
        { row: VM + keyOf(to), found: toRow, value: kept },
        { row: totalsRow, found: totals, value: changeTotals(left, null, stands) },
        ...(await unfinishedMoved(table, id, { from, had }, { has, stands: kept })),
        ...(stands === first ? [await inTime(table, id, first)] : []),
      ]),
    );
    if (done) return stands;
  }
}

/** What looks for it from now on finds it by the id that it has now. */
async function unfinishedMoved(
  table: Table,
  id: RolloutId,
  { from, had }: { readonly from: VmId; readonly had: OutcomeRow | null | undefined },
  { has, stands }: { readonly has: OutcomeRow | null | undefined; readonly stands: KeptOutcome },
): Promise<WrittenRow[]> {
  const left = had && isUnfinished(had) ? [await unfinishedRow(table, id, from, null)] : [];
  return [...left, ...(await unfinishedChange(table, id, has ?? null, stands))];
}

async function inTime(table: Table, id: RolloutId, value: KeptOutcome): Promise<WrittenRow> {
  const row = timeKey(value);
  return { row, found: await table.get(id, row), value };
}

function conditions(written: readonly WrittenRow[]): Parameters<Table['commit']>[1] {
  return {
    insert: written.flatMap(({ row, found, value }) => (found === null ? [{ row, value }] : [])),
    replace: written.flatMap(({ row, found, value }) =>
      found === null ? [] : [{ row, value, etag: found.etag }],
    ),
  };
}
