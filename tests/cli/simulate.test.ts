import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulationReport } from '../../local/simulateMonth';
import type { DriverEvent } from '../../drivers/driver';
import { partOfContoso } from '../support/contoso';
import { startLowtide } from './lowtideProcess';

const folder = mkdtempSync(join(tmpdir(), 'lowtide-simulate-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Month {
  readonly report: SimulationReport;
  readonly events: readonly DriverEvent[];
  readonly log: string;
}

async function simulated(name: string, seed: number, fleet: string): Promise<Month> {
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

test('INV-12: the same seed gives the same log, byte for byte, and another seed another one', async () => {
  const fleet = partOfContoso(folder, 5);
  const month = await simulated('once', 7, fleet);
  const again = await simulated('again', 7, fleet);
  const other = await simulated('other', 8, fleet);
  expect([month.report.vmCount, month.report.violations]).toEqual([120, []]);
  expect(month.events.length).toBeGreaterThan(1000);
  expect(again.log === month.log).toBe(true);
  expect(again.report.traceHash).toBe(month.report.traceHash);
  expect(other.report.traceHash).not.toBe(month.report.traceHash);
});
