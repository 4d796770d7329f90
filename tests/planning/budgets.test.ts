import { BudgetsInUse } from '../../planning/budgets';

describe('a budget in the forecast', () => {
  it('serves rounds of an earlier phase first, then those that asked earlier, as its ledger does', () => {
    const inUse = new BudgetsInUse({ bits: Int32Array.of(1, 1), max: [1] });
    const served: string[] = [];
    const ask = (name: string, turn: number): void => {
      inUse.wait(turn, () => served.push(name));
    };
    inUse.take([0]);
    expect(inUse.fit([1])).toBe(false);
    ask('of the second phase', 1);
    ask('of the first phase', 0);
    ask('of the first phase, later', 0);
    inUse.release([0]);
    expect(served).toEqual(['of the first phase', 'of the first phase, later', 'of the second phase']);
  });
});
