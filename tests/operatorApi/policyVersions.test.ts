import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { policyRoutes } from '../../operatorApi/policy';
import { policyStore, type PolicyVersion } from '../../store/policies';
import { memoryStore } from '../../store/memoryTable';
import type { Store } from '../../store/store';

const aVersion = (version: number): PolicyVersion => ({
  version,
  appliedUtc: '2026-11-13T04:00:00.000Z',
  appliedBy: 'ann',
  reason: 'Try.',
  text: 'soak: PT30M\n',
  members: {},
});

interface Page {
  readonly value: readonly { readonly version: number }[];
  readonly nextLink?: string;
}

describe('the policies that were applied', () => {
  let rowsRead: number;
  let page: (query: string) => Promise<Page>;

  beforeAll(async () => {
    const table = memoryStore().table('policies');
    const counting: Store = {
      table: () => ({
        ...table,
        list: async (...asked) => {
          const rows = await table.list(...asked);
          rowsRead += rows.length;
          return rows;
        },
      }),
    };
    const policies = policyStore(counting);
    for (let version = 1; version <= 250; version += 1)
      await policies.apply(aVersion(version), () => Promise.resolve());
    const route = policyRoutes.find(({ name }) => name === 'listPolicyVersions');
    page = async (query) => {
      const asked = new URLSearchParams(query);
      const request = { query: (name: string) => asked.get(name) } as unknown as OperatorRequest;
      const context = { services: { policies } } as unknown as OperatorContext;
      return (await route?.handler(request, context))?.jsonBody as Page;
    };
  });
  beforeEach(() => {
    rowsRead = 0;
  });

  it('are read a page at a time, however many there are, the latest first', async () => {
    const found: number[] = [];
    let pages = 0;
    for (let next: string | undefined = ''; next !== undefined; pages += 1) {
      const { value, nextLink }: Page = await page(next);
      found.push(...value.map(({ version }) => version));
      next = nextLink?.split('?')[1];
    }
    expect(found).toEqual(Array.from({ length: 250 }, (_, n) => 250 - n));
    expect([pages, rowsRead]).toEqual([3, 252]);
  });

  it('are read only as far as the page goes', async () => {
    const { value, nextLink } = await page('limit=2');
    expect([value.map(({ version }) => version), rowsRead]).toEqual([[250, 249], 3]);
    expect(nextLink).toBe('/api/policy/versions?after=249&limit=2');
    expect((await page('after=2')).nextLink).toBeUndefined();
    await expect(page('after=x')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
