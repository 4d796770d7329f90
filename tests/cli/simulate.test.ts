import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Month } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { releaseOf } from '../../domain/release';
import { readFleetFile } from '../../drivers/fleet/fleetFile';
import { planRollout } from '../../planning/planRollout';
import type { SimulationReport } from '../../local/simulateMonth';
import type { DriverEvent } from '../../drivers/driver';
import { partOfContoso } from '../support/contoso';
import { startLowtide } from './lowtideProcess';

const DAY_MS = 86_400_000;

const folder = mkdtempSync(join(tmpdir(), 'lowtide-simulate-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Simulated {
  readonly report: SimulationReport;
  readonly events: readonly DriverEvent[];
  readonly log: string;
}

async function simulated(name: string, seed: number, fleet: string): Promise<Simulated> {
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

const fleet = partOfContoso(folder, 5);
const once = simulated('once', 7, fleet);
const other = simulated('other', 8, fleet);

test('INV-12: the same seed gives the same log, byte for byte, and another seed another one', async () => {
  const month = await once;
  const again = await simulated('again', 7, fleet);
  expect([month.report.vmCount, month.report.violations]).toEqual([120, []]);
  expect(month.events.length).toBeGreaterThan(1000);
  expect(again.log === month.log).toBe(true);
  expect(again.report.traceHash).toBe(month.report.traceHash);
  expect((await other).report.traceHash).not.toBe(month.report.traceHash);
});

test('R-109: the gate of each phase opens when the plan said, within a tenth of the time since the release or a window', async () => {
  const { vms } = readFleetFile(fleet, { keepModels: false });
  const month = Month.parse('2026-11');
  const plan = planRollout({ vms, month, policy: defaultPolicy, seed: month, nowUtc: releaseOf(month) });
  const since = (utc: string | null | undefined): number =>
    (Date.parse(utc ?? '') - Date.parse(plan.releasedUtc)) / DAY_MS;
  for (const { report } of [await once, await other]) {
    const off = plan.phases.map(({ expectedGateUtc }, n) => {
      const forecast = since(expectedGateUtc);
      return Math.abs(since(report.phases[n]?.endedUtc) - forecast) / Math.max(1, forecast / 10);
    });
    expect(off.length).toBeGreaterThan(3);
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
  }
});
