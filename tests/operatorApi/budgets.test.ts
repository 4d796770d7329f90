import { steeredMonth, type SteeredMonth } from './steeredMonth';

const REGIONS = ['northeurope', 'uksouth'];
const VMS = REGIONS.flatMap((region) =>
  Array.from({ length: 12 }, (_, n) => ({
    name: `${region}-${n}`,
    region,
    ...(n < 5 && { tags: { app: 'shop' } }),
  })),
);
const POLICY = {
  budgets: [{ name: 'shop', selector: { tag: 'app=shop' }, max: '10%' }],
  standaloneSharePercent: 100,
  phasesMin: 1,
  evidenceFirst: 100,
  batchSharePercents: [100],
};

describe('a month with a budget for one application', () => {
  let month: SteeredMonth;
  beforeAll(async () => {
    month = await steeredMonth(VMS, POLICY);
  });
  afterAll(() => month.api.close());

  it('INV-15: never more of its VMs are down at once than its budget, across regions; others go side by side', async () => {
    await month.days(14);
    const { body } = await month.api.send('GET', '/api/simulated/events');
    const events = body['value'] as unknown as { at: string; action: string; vm: string }[];
    const down = { shop: 0, other: 0 };
    const most = { shop: 0, other: 0 };
    const installed = new Set<string>();
    for (const { action, vm } of events) {
      const app = Number(vm.split('-').at(-1)) < 5 ? 'shop' : 'other';
      if (action === 'installStarted') {
        installed.add(vm);
        down[app] += 1;
      }
      if (action === 'installCompleted') down[app] -= 1;
      most[app] = Math.max(most[app], down[app]);
    }
    expect(installed.size).toBe(VMS.length);
    expect(most.shop).toBe(1);
    expect(most.other).toBeGreaterThan(2);
  });

  it('the preview names the budget, and expects its VMs one after another', async () => {
    const preview = await month.get('/api/preview?tag=app=shop');
    expect(preview['budgets']).toEqual([
      { budget: 'shop', vmCount: 10, limit: 1, downCount: 0, room: 1, largestRound: 1 },
    ]);
    const starts = (preview['value'] as { expectedStartUtc: string }[]).map(
      ({ expectedStartUtc }) => expectedStartUtc,
    );
    expect(new Set(starts).size).toBe(10);
  });
});
