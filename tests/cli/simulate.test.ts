import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulationReport } from '../../local/simulateMonth';
import type { DriverEvent } from '../../drivers/driver';
import { startLowtide } from './lowtideProcess';

/** A month of 600 VMs takes some ten seconds on an idle machine, and many minutes on a busy one. */
const MINUTES_MAX = 15;
const DAY_MS = 86_400_000;

const folder = mkdtempSync(join(tmpdir(), 'lowtide-simulate-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Month {
  readonly report: SimulationReport;
  readonly events: readonly DriverEvent[];
  readonly log: string;
}

const CONTOSO = 'fleets/contoso.json';

async function simulated(name: string, seed: number, fleet = CONTOSO): Promise<Month> {
  const [json, log] = [join(folder, `${name}.json`), join(folder, `${name}.jsonl`)];
  const args = ['--fleet', fleet, '--seed', String(seed), '--month', '2026-11'];
  const run = startLowtide(['simulate', ...args, '--json', json, '--events', log]);
  const code = await run.ended();
  expect([code, run.output()]).toEqual([0, expect.stringContaining('Verdict: clean')]);
  const text = readFileSync(log, 'utf8');
  const lines = text.trimEnd().split('\n');
  return {
    report: JSON.parse(readFileSync(json, 'utf8')) as SimulationReport,
    events: lines.map((line) => JSON.parse(line) as DriverEvent),
    log: text,
  };
}

describe('npm run simulate, a month of Contoso', () => {
  let month: Month;
  beforeAll(async () => {
    month = await simulated('first', 7);
  }, MINUTES_MAX * 60_000);

  test('INV-8: no invariant is violated, and every VM of the file has its outcome', () => {
    const { violations, vmCount, outcomes, virtualDays } = month.report;
    expect([violations, vmCount, virtualDays]).toEqual([[], 600, 30]);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(600);
  });

  test('R-107: a VM that takes part and is on is assessed several times in the thirty days', () => {
    const times = new Map<string, number>();
    for (const { action, vm } of month.events)
      if (action === 'assessmentCompleted') times.set(vm, (times.get(vm) ?? 0) + 1);
    const counts = [...times.values()].sort((a, b) => a - b);
    expect(counts.length).toBeGreaterThan(400);
    expect(counts[Math.floor(counts.length / 2)]).toBeGreaterThanOrEqual(5);
  });

  test('R-109: every installation of the rollout is over within thirty days of the release', () => {
    const end = Date.parse('2026-11-10T18:00:00.000Z') + 30 * DAY_MS;
    const installs = month.events.filter(({ action }) => action === 'installCompleted');
    expect(installs.length).toBeGreaterThan(400);
    for (const { at } of installs) expect(Date.parse(at)).toBeLessThanOrEqual(end);
  });

  test('R-114: nothing is installed on a VM whose patch extension is not there', () => {
    const { outcomes, reasons } = month.report;
    expect(outcomes['skipped']).toBeGreaterThan(0);
    const skipped = new Set(
      month.report.virtualMachines.filter(({ kind }) => kind === 'skipped').map(({ vm }) => vm),
    );
    const installed = new Set(
      month.events.filter(({ action }) => action === 'installStarted').map(({ vm }) => vm.toLowerCase()),
    );
    expect(Object.keys(reasons['skipped'] ?? {})).toContain('patchModeNotPlatform');
    expect([...skipped].filter((vm) => installed.has(vm.toLowerCase()))).toEqual([]);
  });
});

/** Every fifth VM of Contoso, of all kinds: what decides how a month goes is the same, and three months take less long. */
function fifthOfContoso(): string {
  const { virtualMachines } = JSON.parse(readFileSync(join(__dirname, '..', '..', CONTOSO), 'utf8')) as {
    virtualMachines: readonly unknown[];
  };
  const path = join(folder, 'fifth.json');
  writeFileSync(
    path,
    JSON.stringify({ virtualMachines: virtualMachines.filter((_, index) => index % 5 === 0) }),
  );
  return path;
}

test(
  'INV-12: the same seed gives the same log, byte for byte, and another seed another one',
  async () => {
    const fleet = fifthOfContoso();
    const month = await simulated('once', 7, fleet);
    const again = await simulated('again', 7, fleet);
    const other = await simulated('other', 8, fleet);
    expect(month.events.length).toBeGreaterThan(1000);
    expect(again.log === month.log).toBe(true);
    expect(again.report.traceHash).toBe(month.report.traceHash);
    expect(other.report.traceHash).not.toBe(month.report.traceHash);
  },
  2 * MINUTES_MAX * 60_000,
);
