import { aSet, audit, aVm, event, install, violated } from './logBuilders';

const OTHER = '/subscriptions/00000000-0000-0000-0000-000000000002';
const shares = { setSharePercent: 20, setOneByOneBelow: 10, standaloneSharePercent: 20 };

describe('INV-15: the standalone VMs that a subscription has in a region', () => {
  const ten = Array.from({ length: 10 }, (_, n) => aVm(`web-${n}`));
  const first = (count: number, vms = ten): ReturnType<typeof install>[] =>
    vms.slice(0, count).map((vm) => install(vm, 0, 60));

  it('a fifth of them may be down at once, and one more may not', () => {
    expect(violated(audit(ten, first(2), { shares }))).toEqual([]);
    const report = audit(ten, first(3), { shares });
    expect(violated(report)).toEqual(['INV-15']);
    expect(report.violations[0]?.detail).toMatch(
      /^3 of the 10 standalone VMs .* in eastus are down: at most 2/,
    );
  });

  it('one may always be down, and the next when it is back', () => {
    const four = ten.slice(0, 4);
    const [a, b] = four as [(typeof ten)[number], (typeof ten)[number]];
    expect(violated(audit(four, [install(a, 0, 60), install(b, 60, 90)], { shares }))).toEqual([]);
    expect(violated(audit(four, [install(a, 0, 60), install(b, 59, 90)], { shares }))).toEqual(['INV-15']);
  });

  it('each subscription and each region has a share of its own, and VMs of sets count in none', () => {
    const others = ten.map((vm) => ({ ...vm, id: `${vm.id}-b`, subscription: OTHER }));
    const elsewhere = ten.map((vm) => ({ ...vm, id: `${vm.id}-c`, region: 'japaneast' }));
    const inSet = aSet('db', 20);
    const log = [first(2), first(2, others), first(2, elsewhere), [install(inSet[0] ?? aVm('none'), 0, 60)]];
    expect(violated(audit([...ten, ...others, ...elsewhere, ...inSet], log.flat(), { shares }))).toEqual([]);
  });

  it('where nothing is said of a share, nothing is said of it', () => {
    expect(violated(audit(ten, first(9)))).toEqual([]);
  });
});

describe('INV-1: members of a set that are off', () => {
  const set = aSet('web', 20);
  const evens = set.filter((_, n) => n % 2 === 0);
  const together = (count: number): ReturnType<typeof install>[] =>
    evens.slice(0, count).map((vm) => install(vm, 60, 120));
  const stopped = (count: number, minute = 0): ReturnType<typeof event>[] =>
    set
      .filter((_, n) => n % 2 === 1)
      .slice(0, count)
      .map((vm) => event(vm, minute, 'poweredOff'));

  it('use up its share: of twenty with two off two may go at once, and not three', () => {
    expect(violated(audit(set, [stopped(2), ...together(2)]))).toEqual([]);
    expect(violated(audit(set, [stopped(2), ...together(3)]))).toEqual(['INV-1']);
  });

  it('leave one at a time when most are off', () => {
    const most = set.map((vm, n) => ({ ...vm, isOff: n >= 4 }));
    const [a, , b] = most as [(typeof most)[number], unknown, (typeof most)[number]];
    expect(violated(audit(most, [install(a, 0, 60)]))).toEqual([]);
    expect(violated(audit(most, [install(a, 0, 60), install(b, 30, 90)]))).toEqual(['INV-1']);
  });

  it('count once there has been time to see it, and no more when they are on again', () => {
    expect(violated(audit(set, [stopped(2, 58), ...together(4)]))).toEqual([]);
    const backAgain = stopped(2).map((off) => ({
      ...off,
      action: 'poweredOn' as const,
      at: together(1)[0]?.[0]?.at ?? '',
    }));
    expect(violated(audit(set, [stopped(2), backAgain, ...together(4)]))).toEqual([]);
  });
});

describe('INV-15: the budget of an application', () => {
  const vms = ['eastus', 'japaneast', 'northeurope'].map((region) =>
    aVm(`shop-${region}`, { region, tags: { App: 'Shop', 'lowtide-timezone': 'UTC' } }),
  );
  const log = vms.map((vm) => install(vm, 0, 60));
  const budgets = (max: number | string) => [{ name: 'shop', selector: { tag: 'app=shop' }, max }];

  it('is across regions: as many as it has may be down at once, and one more may not', () => {
    expect(violated(audit(vms, log, { budgets: budgets(3) }))).toEqual([]);
    const report = audit(vms, log, { budgets: budgets(2) });
    expect(violated(report)).toEqual(['INV-15']);
    expect(report.violations.map(({ detail }) => detail)).toEqual([
      '3 of the 3 VMs of budget shop are down: at most 2 may be',
    ]);
  });

  describe('members that are down by themselves use it up, so that of three with a budget of two', () => {
    const [a, , c] = vms as [(typeof vms)[number], (typeof vms)[number], (typeof vms)[number]];
    const together = [install(vms[0] ?? a, 60, 120), install(vms[1] ?? a, 60, 120)];
    const found = (...before: ReturnType<typeof event>[]): unknown =>
      audit(vms, [before, ...together], { budgets: budgets(2) }).violations.map(({ detail }) => detail);
    const more = '2 of the 3 VMs of budget shop are down, 1 more are off or unhealthy: at most 2 may be';

    it('no two may go while the third is off', () => {
      expect(found(event(c, 0, 'poweredOff'))).toEqual([more]);
      expect(
        audit([...vms.slice(0, 2), { ...c, isOff: true }], together, { budgets: budgets(2) }).violations,
      ).toHaveLength(1);
    });

    it('no two may go while the third is unhealthy', () => {
      expect(found(event(c, 0, 'healthProbed', { answer: 'unhealthy' }))).toEqual([more]);
    });

    it('near miss: two may go when the third is back, was switched off just now, is healthy again, or is gone', () => {
      expect(found(event(c, 0, 'poweredOff'), event(c, 59, 'poweredOn'))).toEqual([]);
      expect(found(event(c, 58, 'poweredOff'))).toEqual([]);
      expect(
        found(
          event(c, 0, 'healthProbed', { answer: 'unhealthy' }),
          event(c, 59, 'healthProbed', { answer: 'healthy' }),
        ),
      ).toEqual([]);
      expect(found(event(c, 0, 'poweredOff'), event(c, 30, 'deleted'))).toEqual([]);
    });

    it('near miss: one may go while another is off, and not two', () => {
      const one = audit(vms, [[event(c, 0, 'poweredOff')], install(a, 60, 120)], { budgets: budgets(2) });
      expect(one.violations).toEqual([]);
    });
  });

  it('may be a share of its VMs, rounded down, at least one', () => {
    expect(audit(vms, log, { budgets: budgets('99%') }).violations).toHaveLength(1);
    expect(audit(vms, log.slice(0, 1), { budgets: budgets('1%') }).violations).toEqual([]);
  });
});
