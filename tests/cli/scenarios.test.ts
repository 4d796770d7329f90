import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DriverEvent } from '../../drivers/driver';
import type * as SimulateMonth from '../../local/simulateMonth';
import type { SimulationReport } from '../../local/simulateMonth';
import { CONTOSO } from '../support/contoso';
import { loadNatively } from '../emulator/support/nativeHost';

// As `npm run simulate` does, but all months in one process, where the app is warm.
const { simulateMonth } = loadNatively('dist/local/simulateMonth.js') as typeof SimulateMonth;

const RELEASED = '2026-11-10T18:00:00.000Z';
const DAY_MS = 86_400_000;
const ROOT = join(__dirname, '..', '..');
const DOCS = join(ROOT, 'docs', 'scenarios.md');
const SECTION = '## Results\n';

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

interface ShippedMonth {
  readonly report: SimulationReport;
  readonly events: readonly DriverEvent[];
}

const months = new Map<string, Promise<ShippedMonth>>();

/** The month of a scenario on the default fleet with the default seed: simulated once, whatever is asked of it. */
function monthOf(scenario: string): Promise<ShippedMonth> {
  const known = months.get(scenario) ?? simulated(scenario);
  months.set(scenario, known);
  return known;
}

async function simulated(scenario: string): Promise<ShippedMonth> {
  const events: DriverEvent[] = [];
  const report = await simulateMonth(
    { fleet: CONTOSO, seed: 1, month: '2026-11', scenario, keepApp: true },
    {
      events: (lines) => {
        for (const line of lines) events.push(JSON.parse(line) as DriverEvent);
      },
    },
  );
  return { report, events };
}

/** What is documented of a month: its first halt, and how its VMs ended. */
function cellsOf({ report: { halts, outcomes }, events }: ShippedMonth): readonly string[] {
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

test.each(shipped)('the month of %s ends as docs/scenarios.md says', async (scenario) => {
  const month = await monthOf(scenario);
  expect(month.report.violations).toEqual([]);
  const cells = cellsOf(month);
  if (process.env['UPDATE_GOLDEN'] === '1') rewrite(scenario, cells);
  expect(cells).toEqual(documented().get(scenario));
});

describe('a calm month of Contoso', () => {
  test('INV-8: every VM of the file has its outcome after thirty days', async () => {
    const { vmCount, outcomes, virtualDays } = (await monthOf('calm')).report;
    expect([vmCount, virtualDays]).toEqual([600, 30]);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(600);
  });

  test('R-107: a VM that takes part and is on is assessed several times in the thirty days', async () => {
    const times = new Map<string, number>();
    for (const { action, vm } of (await monthOf('calm')).events)
      if (action === 'assessmentCompleted') times.set(vm, (times.get(vm) ?? 0) + 1);
    const counts = [...times.values()].sort((a, b) => a - b);
    expect(counts.length).toBeGreaterThan(400);
    expect(counts[Math.floor(counts.length / 2)]).toBeGreaterThanOrEqual(5);
  });

  test('R-109: every installation of the rollout is over within thirty days of the release', async () => {
    const end = Date.parse(RELEASED) + 30 * DAY_MS;
    const installs = (await monthOf('calm')).events.filter(({ action }) => action === 'installCompleted');
    expect(installs.length).toBeGreaterThan(400);
    for (const { at } of installs) expect(Date.parse(at)).toBeLessThanOrEqual(end);
  });

  test('R-114: nothing is installed on a VM whose patch extension is not there', async () => {
    const { report, events } = await monthOf('calm');
    const { outcomes, reasons, virtualMachines } = report;
    expect(outcomes['skipped']).toBeGreaterThan(0);
    const skipped = new Set(virtualMachines.filter(({ kind }) => kind === 'skipped').map(({ vm }) => vm));
    const installed = new Set(
      events.filter(({ action }) => action === 'installStarted').map(({ vm }) => vm.toLowerCase()),
    );
    expect(Object.keys(reasons['skipped'] ?? {})).toContain('patchModeNotPlatform');
    expect([...skipped].filter((vm) => installed.has(vm.toLowerCase()))).toEqual([]);
  });
});
