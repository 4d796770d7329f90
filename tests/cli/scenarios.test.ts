import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DriverEvent } from '../../drivers/driver';
import type * as SimulateMonth from '../../local/simulateMonth';
import type { SimulationReport } from '../../local/simulateMonth';
import { loadNatively } from '../emulator/support/nativeHost';

// As `npm run simulate` does, but all months in one process, where the app is warm.
const { simulateMonth } = loadNatively('dist/local/simulateMonth.js') as typeof SimulateMonth;

const ROOT = join(__dirname, '..', '..');
const DOCS = join(ROOT, 'docs', 'scenarios.md');
const SECTION = '## What comes of them\n';
const MINUTES_MAX = 4;

/** The cells of the tables of docs/scenarios.md whose first cell is the name of one scenario that ships. */
function documented(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(DOCS, 'utf8');
  const [, section = ''] = text.split(SECTION);
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return new Map(rows.map(([name = '', ...cells]) => [name.replaceAll('`', ''), cells]));
}

/** `UPDATE_GOLDEN=1` writes what was simulated; prettier then aligns the table. */
function rewrite(scenario: string, cells: readonly string[]): void {
  const text = readFileSync(DOCS, 'utf8');
  const [before = '', after = ''] = text.split(SECTION);
  const row = new RegExp(`^\\| \`${scenario}\` .*$`, 'm');
  const written = `| \`${scenario}\` | ${cells.join(' | ')} |`;
  writeFileSync(DOCS, `${before}${SECTION}${after.replace(row, () => written)}`);
}

// What the app warns of, halts that wait among it, every hour of a month, is not looked at here.
beforeAll(() => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});

const shipped = readdirSync(join(ROOT, 'fleets', 'scenarios')).map((file) => file.replace(/\.json$/, ''));

/** What is documented of a month: its first halt, and how its VMs ended. */
async function cellsOf(scenario: string): Promise<readonly string[]> {
  const events: DriverEvent[] = [];
  const { halts, outcomes, violations } = await simulateMonth(
    { fleet: join(ROOT, 'fleets', 'contoso.json'), seed: 1, month: '2026-11', scenario },
    {
      events: (lines) => {
        for (const line of lines) events.push(JSON.parse(line) as DriverEvent);
      },
    },
  );
  expect(violations).toEqual([]);
  const counts = ['patched', 'upToDate', 'deferred', 'failed', 'unhealthy', 'skipped'] as const;
  return [...firstHalt(halts, events), ...counts.map((kind) => String(outcomes[kind] ?? 0))];
}

/** Its rule, its scope, and how many installations had been started by then. */
function firstHalt(halts: SimulationReport['halts'], events: readonly DriverEvent[]): readonly string[] {
  const [first] = [...halts].sort((a, b) => (a.atUtc < b.atUtc ? -1 : 1));
  if (first === undefined) return ['none', ''];
  const [, rule = '', scope = ''] = /^evidence\.([^.]+)\.(.*)\.\d+$/.exec(first.haltId) ?? [];
  const before = events.filter(({ action, at }) => action === 'installStarted' && at <= first.atUtc);
  return [`\`${rule}\`, ${scope}`, String(before.length)];
}

test('docs/scenarios.md says of every scenario that ships what comes of it', () => {
  expect([...documented().keys()].sort()).toEqual([...shipped].sort());
});

test.each(shipped)(
  'the month of %s ends as docs/scenarios.md says',
  async (scenario) => {
    const cells = await cellsOf(scenario);
    if (process.env['UPDATE_GOLDEN'] === '1') rewrite(scenario, cells);
    expect(cells).toEqual(documented().get(scenario));
  },
  MINUTES_MAX * 60_000,
);
