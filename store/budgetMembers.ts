import { z } from 'zod';
import { keyOf, Utc, VmId } from '../domain/ids';
import { hash53 } from '../domain/seed';
import { parsedOnce } from './parsedOnce';
import type { Store } from './store';

const HEADS = 'budgetMembers';
/** Members of a page: its row stays far below what a row may have. */
const PAGE_SIZE = 64;

/** Where the members of a budget are. `selector`: what they were found by; of another selector the list says nothing. */
const MemberList = z.object({ selector: z.string(), pages: z.number().int().positive() });
export type MemberList = Readonly<z.infer<typeof MemberList>>;
const Page = z.object({ vmIds: z.array(VmId) });
const PageLook = z.object({ page: z.number().int(), lookedUtc: Utc });

/** A member that was found down by itself: off, unhealthy, or not to be read. */
const DownMember = z.object({
  vmId: VmId,
  sinceUtc: Utc,
  probedUtc: Utc,
  /** It was not healthy after its update: only a probe that says healthy takes it off the list. */
  isUnproven: z.boolean(),
});
export type DownMember = Readonly<z.infer<typeof DownMember>>;

/**
 * The VMs of each budget, in pages, and which of them are down. A VM is in the page that its id says, so that one that comes or goes changes one row,
 * and a list that was written in part is as good as one that is a listing older.
 */
export interface BudgetMemberStore {
  /** Null before they were listed. */
  list(budget: string): Promise<MemberList | null>;
  save(budget: string, selector: string, vmIds: readonly VmId[]): Promise<void>;
  /** Null for a page that is not there: the list is not whole. */
  page(budget: string, list: MemberList, page: number): Promise<readonly VmId[] | null>;
  /** When each page was looked at last; absent for never. */
  looks(budget: string, list: MemberList): Promise<ReadonlyMap<number, string>>;
  saveLooks(budget: string, list: MemberList, pages: readonly number[], lookedUtc: string): Promise<void>;
  down(budget: string): Promise<readonly DownMember[]>;
  changeDown(
    budget: string,
    changes: { readonly upsert: readonly DownMember[]; readonly remove: readonly VmId[] },
  ): Promise<void>;
}

const parseList = parsedOnce(MemberList);
const parsePage = parsedOnce(Page);
const parseLook = parsedOnce(PageLook);
const parseDown = parsedOnce(DownMember);

export function budgetMemberStore(store: Store): BudgetMemberStore {
  const table = store.table('inventory');
  const members = (budget: string): string => `members~${budget}`;
  const looks = (budget: string): string => `looks~${budget}`;
  const down = (budget: string): string => `down~${budget}`;
  return {
    list: async (budget) => {
      const row = await table.get(HEADS, budget);
      return row && parseList(row.value);
    },
    save: async (budget, selector, vmIds) => {
      const list = { selector, pages: pagesFor(vmIds.length) };
      const known = new Map((await table.list(members(budget))).map(({ row, value }) => [row, value]));
      const own = pagesOf(list, vmIds);
      const changed = [...own].filter(
        ([row, value]) => JSON.stringify(known.get(row)) !== JSON.stringify(value),
      );
      if (changed.length > 0)
        await table.write(members(budget), { upsert: changed.map(([row, value]) => ({ row, value })) });
      const head = await table.get(HEADS, budget);
      if (JSON.stringify(head?.value) !== JSON.stringify(list)) await table.upsert(HEADS, budget, list);
      // Only when nothing points to them any more.
      const old = [...known.keys()].filter((row) => !own.has(row));
      if (old.length === 0) return;
      await table.write(looks(budget), { remove: old });
      await table.write(members(budget), { remove: old });
    },
    page: async (budget, list, page) => {
      const row = await table.get(members(budget), rowOf(list, page));
      return row && parsePage(row.value).vmIds;
    },
    looks: async (budget, list) => {
      const [from, before] = [rowOf(list, 0), `${prefixOf(list)}~`];
      const rows = await table.list(looks(budget), { from, before });
      return new Map(
        rows.map(({ value }) => parseLook(value)).map(({ page, lookedUtc }) => [page, lookedUtc]),
      );
    },
    saveLooks: (budget, list, pages, lookedUtc) =>
      table.write(looks(budget), {
        upsert: pages.map((page) => ({ row: rowOf(list, page), value: { page, lookedUtc } })),
      }),
    down: async (budget) => (await table.list(down(budget))).map(({ value }) => parseDown(value)),
    changeDown: async (budget, { upsert, remove }) => {
      if (upsert.length + remove.length === 0) return;
      await table.write(down(budget), {
        upsert: upsert.map((member) => ({ row: keyOf(member.vmId), value: member })),
        remove: remove.map(keyOf),
      });
    },
  };
}

/** A power of two: it seldom changes, and with it which page a VM is in. */
function pagesFor(size: number): number {
  let pages = 1;
  while (pages * PAGE_SIZE < size) pages *= 2;
  return pages;
}

const prefixOf = ({ selector, pages }: MemberList): string => `${hash53(selector).toString(36)}-${pages}`;

const PAGE_DIGITS = 6;
const rowOf = (list: MemberList, page: number): string =>
  `${prefixOf(list)}-${String(page).padStart(PAGE_DIGITS, '0')}`;

function pagesOf(list: MemberList, vmIds: readonly VmId[]): Map<string, z.infer<typeof Page>> {
  const pages = Array.from({ length: list.pages }, (): VmId[] => []);
  for (const id of vmIds) pages[hash53(id.toLowerCase()) % list.pages]?.push(id);
  return new Map(pages.map((own, page) => [rowOf(list, page), { vmIds: own.sort() }]));
}
