import { RequestBudgets, BUDGETS, type BudgetName, type Clock } from '../../drivers/azure/requestBudgets';
import { patchCallDelaySeconds, PATCH_CALLS_A_VM } from '../../domain/patchCalls';

/** A clock that goes only when a test says so. */
function aClock(): Clock & { pass(seconds: number): void } {
  let ms = 0;
  return {
    nowMs: () => ms,
    sleep: (milliseconds) => Promise.resolve(void (ms += milliseconds)),
    pass: (seconds) => void (ms += seconds * 1_000),
  };
}

/** How many calls are allowed now. */
function taken(budgets: RequestBudgets, name: BudgetName, of: string): number {
  let calls = 0;
  while (budgets.take([[name, of]]) === 0) calls += 1;
  return calls;
}

describe('the budgets of calls', () => {
  it.each<[BudgetName, number, number]>([
    ['guestPatch', 600, 200],
    ['guestPatchOfVm', 6, 2],
    ['readOfVm', 36, 12],
    ['pollOfOperation', 45, 15],
    ['armReads', 250, 1_500],
    ['armWrites', 200, 600],
    ['resourceGraph', 15, 180],
  ])(
    'are those that Azure documents: %s has %d at once and %d a minute after that',
    (name, burst, perMinute) => {
      const clock = aClock();
      const budgets = new RequestBudgets(clock);
      expect(taken(budgets, name, 'one')).toBe(burst);
      // Half of it comes back in so many seconds, and a bucket holds no more than it did at first.
      const seconds = Math.floor((burst * 60) / perMinute / 2);
      clock.pass(seconds);
      expect(taken(budgets, name, 'one')).toBe(Math.floor((perMinute * seconds) / 60));
      clock.pass(86_400);
      expect(taken(budgets, name, 'one')).toBe(burst);
    },
  );

  it('are counted apart: by subscription and region, by VM, without regard to case', () => {
    const budgets = new RequestBudgets(aClock());
    expect(taken(budgets, 'guestPatchOfVm', '/subscriptions/A/vm')).toBe(6);
    expect(taken(budgets, 'guestPatchOfVm', '/SUBSCRIPTIONS/a/VM')).toBe(0);
    expect(taken(budgets, 'guestPatchOfVm', '/subscriptions/A/vm2')).toBe(6);
  });

  it('one call takes from all that count it, or from none', () => {
    const clock = aClock();
    const budgets = new RequestBudgets(clock);
    taken(budgets, 'guestPatchOfVm', 'vm');
    expect(
      budgets.take([
        ['guestPatch', 's r'],
        ['guestPatchOfVm', 'vm'],
      ]),
    ).toBeCloseTo(30);
    expect(taken(budgets, 'guestPatch', 's r')).toBe(600);
  });

  it('after a refusal nothing of that budget is sent before the time that Azure named', () => {
    const clock = aClock();
    const budgets = new RequestBudgets(clock);
    budgets.pause('armWrites', 's', 90);
    expect(budgets.take([['armWrites', 's']])).toBeCloseTo(90);
    clock.pass(89);
    expect(budgets.take([['armWrites', 's']])).toBeGreaterThan(0);
    clock.pass(1);
    expect(budgets.take([['armWrites', 's']])).toBe(0);
  });

  it('what Azure says is left counts when it is less: others use the same budget', () => {
    const budgets = new RequestBudgets(aClock());
    budgets.atMost('resourceGraph', 'principal', 2);
    expect(taken(budgets, 'resourceGraph', 'principal')).toBe(2);
  });

  it('the planner spreads rounds by the numbers that the driver keeps to', () => {
    const { burst, perMinute } = BUDGETS.guestPatch;
    const vms = burst / PATCH_CALLS_A_VM;
    expect(patchCallDelaySeconds(vms)).toBe(0);
    expect(patchCallDelaySeconds(vms + perMinute / PATCH_CALLS_A_VM)).toBe(60);
  });
});
