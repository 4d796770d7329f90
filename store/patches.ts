import { createHash } from 'node:crypto';
import { z } from 'zod';
import { keyOf, Utc, VmId } from '../domain/ids';
import { AvailablePatchSummary, isAutomatic, ListedPatch } from '../domain/patches';
import { listPage, type ListPage } from './listPage';
import { parsedOnce } from './parsedOnce';
import type { Row, Store, Table } from './store';

/** Assessments that found the same, from the first to the last of them. */
const AssessedSpan = z.object({ fromUtc: Utc, untilUtc: Utc, list: z.string() });
const KeptInstallation = z.object({
  atUtc: Utc,
  /** Null for what a person ordered. */
  rolloutId: z.string().nullable(),
  activityId: z.string(),
  list: z.string(),
});

/** What was found missing on a VM, and what became of each patch, as far back as there is room. Oldest first. */
export const VmPatches = z.object({
  vmId: VmId,
  /** What the latest assessment came to; null before the first. */
  lastAssessment: AvailablePatchSummary.nullable().default(null),
  assessed: z.array(AssessedSpan),
  installed: z.array(KeptInstallation),
});
export type VmPatches = Readonly<z.infer<typeof VmPatches>>;

export interface AssessedPatches {
  readonly vmId: VmId;
  readonly atUtc: string;
  readonly summary: AvailablePatchSummary;
  /** Null where the driver does not name them. */
  readonly patches: readonly ListedPatch[] | null;
}

export interface InstalledPatches {
  readonly vmId: VmId;
  readonly atUtc: string;
  readonly patches: readonly ListedPatch[];
  readonly rolloutId: string | null;
  readonly activityId: string;
}

export interface PatchStore {
  /** Keeps the Critical and Security patches that assessments of some VMs found, together. A repeat, or an older one, changes nothing. */
  keepAssessed(found: readonly AssessedPatches[]): Promise<void>;
  keepInstalled(done: InstalledPatches): Promise<void>;
  /** Another VM has the id now: what the latest assessment came to is not true of it. */
  forgetLastAssessment(vmId: VmId): Promise<void>;
  read(vmId: VmId): Promise<VmPatches | null>;
  /** In the order of the VMs' keys. */
  page(after: string, size: number): Promise<ListPage<VmPatches>>;
  /** What stands behind a `list`. */
  list(list: string): Promise<readonly ListedPatch[]>;
}

/** A VM is assessed every few days and finds something new at most as often: about a year. */
const ASSESSED_MAX = 80;
/** Two years of monthly rollouts. */
const INSTALLED_MAX = 24;
/** Lists that are known to be kept. Thousands of VMs of an image miss the same patches: a list is written once. */
const KNOWN_MAX = 20_000;

/** Rows of VMs that are known as this process wrote them: the next assessment of such a VM need not read it. Some kilobytes each. */
const ROWS_MAX = 4_000;

/** VMs in one transaction. */
const TOGETHER_MAX = 50;

const VMS = 'vms';
const LISTS = 'lists';

const Patches = z.object({ patches: z.array(ListedPatch) });
const parseVm = parsedOnce(VmPatches);

export function patchStore(store: Store): PatchStore {
  const table = store.table('patches');
  const { keepList, keepAutomatic, list } = listsOf(table);
  const written = new Map<string, KnownRow>();
  /** Reads, changes and writes, again and again until no other writer came between. Null: nothing to write. */
  const rewrite = async (vmId: VmId, change: (before: VmPatches) => VmPatches | null): Promise<void> => {
    const key = keyOf(vmId);
    for (;;) {
      const row = await table.get(VMS, key);
      written.delete(key);
      const after = change(vmOf(vmId, knownRow(row)));
      if (after === null) return;
      const isWritten =
        row === null ? await table.insert(VMS, key, after) : await table.replace(VMS, key, after, row.etag);
      if (isWritten) return;
    }
  };
  return {
    keepAssessed: async (found) => {
      for (let start = 0; start < found.length; start += TOGETHER_MAX) {
        const together = [];
        for (const { vmId, atUtc, summary, patches } of found.slice(start, start + TOGETHER_MAX)) {
          const keptAs = patches && (await keepAutomatic(patches));
          together.push({ vmId, atUtc, summary, list: keptAs });
        }
        if (await commitAssessed(table, written, together)) continue;
        for (const one of together) await rewrite(one.vmId, (before) => withAssessed(before, one));
      }
    },
    forgetLastAssessment: (vmId) =>
      rewrite(vmId, (before) =>
        before.lastAssessment === null ? null : { ...before, lastAssessment: null },
      ),
    keepInstalled: async ({ vmId, atUtc, rolloutId, activityId, patches }) => {
      const keptAs = await keepList(patches);
      await rewrite(vmId, ({ installed, ...rest }) => {
        if (installed.some((one) => one.activityId === activityId)) return null;
        return {
          ...rest,
          installed: [...installed, { atUtc, rolloutId, activityId, list: keptAs }].slice(-INSTALLED_MAX),
        };
      });
    },
    read: async (vmId) => {
      const row = await table.get(VMS, keyOf(vmId));
      return row && parseVm(row.value);
    },
    page: (after, size) => listPage(table, VMS, { after, size }, parseVm),
    list,
  };
}

interface PatchLists extends Pick<PatchStore, 'list'> {
  /** Answers the name that the list is kept under. */
  readonly keepList: (patches: readonly ListedPatch[]) => Promise<string>;
  /** Of these the Critical and Security ones. */
  readonly keepAutomatic: (patches: readonly ListedPatch[]) => Promise<string>;
}

function listsOf(table: Table): PatchLists {
  const known = new Map<string, readonly ListedPatch[]>();
  const automaticOf = new WeakMap<readonly ListedPatch[], string>();
  const remember = (list: string, patches: readonly ListedPatch[]): readonly ListedPatch[] => {
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(list, patches);
    return patches;
  };
  const keepList = async (patches: readonly ListedPatch[]): Promise<string> => {
    const text = JSON.stringify(patches);
    const list = createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
    if (known.has(list)) return list;
    await table.insert(LISTS, list, { patches });
    remember(list, patches);
    return list;
  };
  return {
    keepList,
    // Some drivers find the same list, which cannot change, on all VMs that miss the same.
    keepAutomatic: async (patches) => {
      const before = automaticOf.get(patches);
      if (before !== undefined && known.has(before)) return before;
      const keptAs = await keepList(patches.filter(isAutomatic));
      if (Object.isFrozen(patches)) automaticOf.set(patches, keptAs);
      return keptAs;
    },
    list: async (list) => {
      const found = known.get(list);
      if (found !== undefined) return found;
      const row = await table.get(LISTS, list);
      return row === null ? [] : remember(list, Patches.parse(row.value).patches);
    },
  };
}

interface KnownRow {
  readonly value: VmPatches;
  readonly etag: string;
}

/** An assessment, and the list that holds what it found. */
type Assessed = Omit<AssessedPatches, 'patches'> & { readonly list: string | null };

/** In one transaction. False when another writer came between; then what was known of the rows is forgotten, too. */
async function commitAssessed(
  table: Table,
  written: Map<string, KnownRow>,
  found: readonly Assessed[],
): Promise<boolean> {
  const keys = found.map(({ vmId }) => keyOf(vmId));
  const rows = await Promise.all(
    keys.map(async (key) => written.get(key) ?? knownRow(await table.get(VMS, key))),
  );
  const changes = keys.flatMap((key, n) => {
    const one = found[n];
    const row = rows[n] ?? null;
    const value = one === undefined ? null : withAssessed(vmOf(one.vmId, row), one);
    return value === null ? [] : [{ row: key, value, etag: row?.etag ?? null }];
  });
  if (changes.length === 0) return true;
  const wereKnown = keys.some((key) => written.has(key));
  for (const key of keys) written.delete(key);
  const etags = await table.commit(VMS, {
    insert: changes.flatMap(({ row, value, etag }) => (etag === null ? [{ row, value }] : [])),
    replace: changes.flatMap(({ row, value, etag }) => (etag === null ? [] : [{ row, value, etag }])),
  });
  if (etags === null) return wereKnown && commitAssessed(table, written, found);
  if (written.size + etags.size > ROWS_MAX) written.clear();
  for (const { row, value } of changes) {
    const etag = etags.get(row);
    if (etag !== undefined) written.set(row, { value, etag });
  }
  return true;
}

/** A row that is read to be written anew is read once: nothing is remembered of it. */
const knownRow = (row: Row | null): KnownRow | null =>
  row && { value: VmPatches.parse(row.value), etag: row.etag };

const vmOf = (vmId: VmId, row: KnownRow | null): VmPatches =>
  row?.value ?? { vmId, lastAssessment: null, assessed: [], installed: [] };

const HASH_DIGITS = 24;

/** Null: a repeat, or an older one. */
function withAssessed(before: VmPatches, { atUtc, summary, list }: Assessed): VmPatches | null {
  const last = before.assessed.at(-1);
  if (last !== undefined && last.untilUtc >= atUtc) return null;
  if (before.lastAssessment !== null && before.lastAssessment.startTime >= summary.startTime) return null;
  const kept = { ...before, lastAssessment: summary };
  if (list === null) return kept;
  const assessed =
    last?.list === list
      ? [...before.assessed.slice(0, -1), { ...last, untilUtc: atUtc }]
      : [...before.assessed, { fromUtc: atUtc, untilUtc: atUtc, list }];
  return { ...kept, assessed: assessed.slice(-ASSESSED_MAX) };
}

/** What a VM lacked at an instant, as far as it had been assessed by then. Null: it had not been. */
export async function lackedAt(
  patches: Pick<PatchStore, 'list'>,
  { assessed, installed }: VmPatches,
  utc: string,
): Promise<{ readonly assessedUtc: string; readonly lacked: readonly ListedPatch[] } | null> {
  const span = assessed.findLast(({ fromUtc }) => fromUtc <= utc);
  if (span === undefined) return null;
  const assessedUtc = span.untilUtc <= utc ? span.untilUtc : span.fromUtc;
  const since = installed.filter(({ atUtc }) => atUtc > span.untilUtc && atUtc <= utc);
  const names = new Set<string>();
  for (const { list } of since)
    for (const patch of await patches.list(list)) if (patch.state === 'Installed') names.add(nameOf(patch));
  const lacked = (await patches.list(span.list)).filter((patch) => !names.has(nameOf(patch)));
  return { assessedUtc, lacked };
}

const nameOf = ({ kbId, name, version }: ListedPatch): string => `${kbId ?? name}~${version}`;
