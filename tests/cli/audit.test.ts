import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Simulation from '../../local/simulateMonth';
import { runCli } from '../../cli/program';
import { loadNatively } from '../emulator/support/nativeHost';
import { windowsFleet } from '../support/windowsVm';

const { simulateMonth } = loadNatively('dist/local/simulateMonth.js') as typeof Simulation;

const fleet = windowsFleet(['eastus', 'northeurope', 'japaneast'], 2);

describe('npm run audit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-audit-'));
  const file = (name: string): string => join(folder, name);
  const lines = (name: string): string[] => readFileSync(file(name), 'utf8').trim().split('\n');
  let said = '';

  const audit = async (more: string[]): Promise<number> => {
    said = '';
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      said += String(chunk);
      return true;
    });
    try {
      return await runCli([
        'audit',
        '--fleet',
        file('fleet.json'),
        '--events',
        file('events.jsonl'),
        ...more,
      ]);
    } finally {
      write.mockRestore();
    }
  };

  beforeAll(async () => {
    writeFileSync(file('fleet.json'), JSON.stringify(fleet));
    const keep =
      (name: string) =>
      (rows: Iterable<string>): void => {
        writeFileSync(file(name), [...rows].join(''));
      };
    const report = await simulateMonth(
      { fleet: file('fleet.json'), seed: 1, month: '2026-11', keepApp: true },
      { events: keep('events.jsonl'), audit: keep('audit.jsonl') },
    );
    writeFileSync(file('report.json'), JSON.stringify(report));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('judges a simulated month by every invariant, from its files alone', async () => {
    expect(await audit(['--report', file('report.json'), '--audit', file('audit.jsonl')])).toBe(0);
    expect(said).toContain('Verdict: clean.');
    for (const invariant of ['INV-6', 'INV-8', 'INV-9', 'INV-10', 'INV-11'])
      expect(said).toMatch(new RegExp(`ok +${invariant} `));
  });

  it('leaves what needs more than the log unjudged without it', async () => {
    expect(await audit([])).toBe(0);
    for (const invariant of ['INV-6', 'INV-8', 'INV-9', 'INV-10', 'INV-11'])
      expect(said).toMatch(new RegExp(`- +${invariant} (?:(?!INV-)[^])* given`)); // up to the next one: its text may wrap
  });

  it('ends with 2 and says what was violated when the audit hides an install', async () => {
    const rows = lines('audit.jsonl');
    const hidden = rows.filter((row) => !row.includes('"installStarted"'));
    writeFileSync(file('hidden.jsonl'), `${hidden.join('\n')}\n`);
    expect(await audit(['--audit', file('hidden.jsonl')])).toBe(2);
    expect(said).toMatch(/BROKEN +INV-11/);
    expect(said).toMatch(/the audit says nowhere that/);
  });

  it('has nothing to judge in an empty log, and says so with exit code 1', async () => {
    writeFileSync(file('empty.jsonl'), '\n');
    const errors = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await audit(['--events', file('empty.jsonl')])).toBe(1);
    const reported = errors.mock.calls.join('\n');
    errors.mockRestore();
    expect(reported).toMatch(/There is nothing to audit in .*empty\.jsonl/);
    expect(said).not.toContain('Verdict');
  });

  it.each([
    ['a list', JSON.stringify(fleet)],
    ['a list over several lines', JSON.stringify(fleet, null, 2)],
    ['a VM a line', '{"id":"/subscriptions/s","location":"eastus"}'],
  ])('recognises a fleet that is given as a log: %s', async (_shape, text) => {
    writeFileSync(file('swapped.json'), text);
    let wrong = '';
    const write = jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      wrong += String(chunk);
      return true;
    });
    expect(await audit(['--events', file('swapped.json')])).toBe(1);
    write.mockRestore();
    expect(wrong).toContain('It looks like a fleet, which is for --fleet.');
  });

  it('refuses a report and an audit that are none, and says which would do', async () => {
    const errors = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await audit(['--report', file('audit.jsonl')])).toBe(1);
    expect(await audit(['--audit', file('events.jsonl')])).toBe(1);
    const reported = errors.mock.calls.join('\n');
    errors.mockRestore();
    expect(reported).toMatch(/is not the report of a month/);
    expect(reported).toMatch(/line 1, is not a row of a rollout's audit/);
  });
});
