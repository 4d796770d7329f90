import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Month } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { releaseOf } from '../../domain/release';
import { listFleetFile } from '../../drivers/fleet/fleetFile';
import { makePlan } from '../../planning/makePlan';
import type * as SettingsModule from '../../local/appSettings';
import type * as SimulateModule from '../../local/simulateMonth';
import type { SimulationReport } from '../../local/simulateMonth';
import { loadNatively } from '../emulator/support/nativeHost';
import { partOfContoso } from '../support/contoso';
import { startLowtide } from './lowtideProcess';
import { typed as typedHere } from './typed';

const { simulateMonth } = loadNatively('dist/local/simulateMonth.js') as typeof SimulateModule;
const { readAppSettings } = loadNatively('dist/local/appSettings.js') as typeof SettingsModule;

const DAY_MS = 86_400_000;

const folder = mkdtempSync(join(tmpdir(), 'lowtide-simulate-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Simulated {
  readonly report: SimulationReport;
  readonly log: string;
}

const MONTH = '2026-11';
const fleet = partOfContoso(folder, 5);

/** As a person types it, in a process of its own. */
async function typed(seed: number): Promise<Simulated> {
  const [json, events] = [join(folder, `${seed}.json`), join(folder, `${seed}.jsonl`)];
  const args = ['--fleet', fleet, '--seed', String(seed), '--month', MONTH];
  const run = startLowtide(['simulate', ...args, '--json', json, '--events', events]);
  const code = await run.ended();
  expect([code, run.output()]).toEqual([0, expect.stringContaining('Verdict: clean')]);
  return {
    report: JSON.parse(readFileSync(json, 'utf8')) as SimulationReport,
    log: readFileSync(events, 'utf8'),
  };
}

/** In this process, where the app may have run other months before. */
async function simulated(seed: number): Promise<Simulated> {
  const lines: string[] = [];
  const report = await simulateMonth(
    { fleet, seed, month: MONTH, keepApp: true, settings: readAppSettings({ fleet }) },
    {
      events: (written) => {
        lines.push(...written);
      },
    },
  );
  expect(report.violations).toEqual([]);
  return { report, log: lines.join('') };
}

const once = typed(7);
let other: Simulated;
beforeAll(async () => {
  other = await simulated(8);
});

test('INV-12: the same seed gives the same log, byte for byte, in another process, too, and another seed another one', async () => {
  const month = await once;
  const again = await simulated(7);
  expect([month.report.vmCount, month.report.violations]).toEqual([120, []]);
  expect(month.log.trimEnd().split('\n').length).toBeGreaterThan(1000);
  expect(again.log === month.log).toBe(true);
  expect(again.report.traceHash).toBe(month.report.traceHash);
  expect(other.report.traceHash).not.toBe(month.report.traceHash);
});

test('a month whose log no one asked for is hashed and judged as it streams by, and comes to the same', async () => {
  const options = { fleet, seed: 7, month: MONTH, keepApp: true, settings: readAppSettings({ fleet }) };
  const { report } = await once;
  const { traceHash, eventCount, audit } = await simulateMonth(options);
  expect({ traceHash, eventCount, audit }).toEqual({
    traceHash: report.traceHash,
    eventCount: report.eventCount,
    audit: report.audit,
  });
});

test('R-109: the gate of each phase opens when the plan said, within a tenth of the time since the release or a window', async () => {
  const { vms } = listFleetFile(fleet);
  const month = Month.parse(MONTH);
  const plan = makePlan({ vms, month, policy: defaultPolicy, seed: month, nowUtc: releaseOf(month) });
  const since = (utc: string | null | undefined): number =>
    (Date.parse(utc ?? '') - Date.parse(plan.releasedUtc)) / DAY_MS;
  for (const { report } of [await once, other]) {
    const off = plan.phases.map(({ expectedGateUtc }, n) => {
      const forecast = since(expectedGateUtc);
      return Math.abs(since(report.phases[n]?.endedUtc) - forecast) / Math.max(1, forecast / 10);
    });
    expect(off.length).toBeGreaterThan(3);
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
  }
});

it.each(['--json', '--events', '--audit'])(
  'a month whose %s cannot be written does not begin',
  async (option) => {
    const { code, out, err } = await typedHere(
      'simulate',
      ...['--fleet', fleet, '--seed', '1', '--month', MONTH, option, join(folder, 'missing', 'file')],
    );
    expect([code, out, err]).toEqual([1, '', expect.stringContaining('Its folder does not exist.')]);
  },
);
