import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutants } from '../../../lab/mutation/mutants';
import { PACKAGE_ROOT } from '../../../local/packageRoot';

const ROWS = readFileSync(join(PACKAGE_ROOT, 'docs/reliability.md'), 'utf8').matchAll(
  /^\| (\d+) +\| .+? \| `(tests\/[^`]+)` *\| (.+?) *\|$/gm,
);
const rules = [...ROWS].map(([, row, test = '', bug = '']) => ({ row: Number(row), test, bug }));

describe('the rules that a small fleet does not test', () => {
  it('are one at least for each of the 23 rows', () => {
    const rows = new Set(rules.map(({ row }) => row));
    expect([...rows]).toEqual(Array.from({ length: 23 }, (_, index) => index + 1));
  });

  it.each(rules)('row $row has a bug that its test is to notice: $bug', ({ test, bug }) => {
    expect(mutants.find((mutant) => mutant.bug === bug)?.tests).toContain(test);
  });
});
