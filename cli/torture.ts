import { LowtideError } from '../domain/lowtideError';
import { runAzureMonth, type AzureMonthReport } from '../lab/faults/azureMonths';
import { FAULT_KINDS, type FaultKind } from '../lab/faults/faults';
import type { MonthOptions, MonthReport } from '../lab/faults/runMonth';
import { describeKills, runRealKills } from '../lab/faults/processKills';
import { commandOf, shrink } from '../lab/faults/shrink';
import { describePoints, sumOf } from '../lab/faults/crashTotals';
import { describeTotals, totalsOf } from '../lab/faults/monthTotals';
import { runMonths, runPoints } from '../lab/faults/workers';
import { interruption } from './interruption';
import { showProgress } from './progress';
import { say } from '../local/say';
import { checkOutputs, writeJson } from '../local/writeOutput';

export interface TortureOptions {
  readonly seeds: number;
  readonly vms: number;
  readonly from: number;
  /** Names of fault kinds, separated by commas; `none` for none; absent for all. */
  readonly kinds?: string | undefined;
  /** Instead: every step at which the host can die. */
  readonly points?: boolean | undefined;
  /** Of those, one in so many. */
  readonly every: number;
  /** And each of them in a rollout of its own. */
  readonly alone?: boolean | undefined;
  /** Instead: real processes, really killed. */
  readonly real?: boolean | undefined;
  /** Instead: months with the Azure driver, whose line to Azure is faulty. */
  readonly azure?: boolean | undefined;
  readonly json?: string | undefined;
}

/** Of so many seeds one runs twice: the same seed gives the same events (INV-12). */
const REPEAT_ONE_IN = 25;
const SHRUNK_MAX = 3;

/** `npm run torture`: returns the exit code. */
export async function runTorture(options: TortureOptions): Promise<0 | 2 | 130> {
  checkOutputs(options.json);
  if (options.points === true) return reportPoints(options);
  if (options.real === true) return reportReal(options);
  if (options.azure === true) return reportAzure(options);
  return reportMonths(options);
}

async function reportPoints({ vms, every, alone = false, json }: TortureOptions): Promise<0 | 2> {
  const started = performance.now();
  const report = {
    ...sumOf(await runPoints({ vms, every, alone })),
    wallSeconds: (performance.now() - started) / 1000,
  };
  say.text(describePoints(vms, report));
  if (json !== undefined) writeJson(json, report);
  return report.violations.length === 0 && report.hit === report.aimed ? 0 : 2;
}

async function reportReal({ seeds: kills, vms, from: seed, json }: TortureOptions): Promise<0 | 2> {
  const progress = showProgress('kills');
  const onProgress = (done: number, note: string): void => {
    progress.update(done, kills, '', note);
  };
  const report = await runRealKills({ seed, vms, kills, onProgress });
  progress.stop();
  say.text(describeKills(report));
  if (json !== undefined) writeJson(json, report);
  return report.violations.length === 0 ? 0 : 2;
}

async function reportAzure({ seeds, vms, from, json }: TortureOptions): Promise<0 | 2> {
  const reports: AzureMonthReport[] = [];
  for (let seed = from; seed < from + seeds; seed += 1) {
    const report = await runAzureMonth({ seed, vms, days: 30 });
    reports.push(report);
    const struck = Object.values(report.struck).reduce((sum, times) => sum + times, 0);
    say.line(
      `Seed ${seed}: ${report.installs} installations, ${struck} faults on the wire, ${report.violations.length} violations.`,
    );
    for (const violation of report.violations.slice(0, 5)) say.line(`  ${violation}`);
  }
  if (json !== undefined) writeJson(json, reports);
  return reports.every(({ violations }) => violations.length === 0) ? 0 : 2;
}

async function reportMonths(options: TortureOptions): Promise<0 | 2 | 130> {
  const kinds = kindsOf(options.kinds);
  const started = performance.now();
  const months = Array.from({ length: options.seeds }, (_, n): MonthOptions => ({
    seed: options.from + n,
    vms: options.vms,
    ...(kinds !== null && { kinds }),
  }));
  const twice = months.filter((_, n) => n % REPEAT_ONE_IN === 0);
  const reports: MonthReport[] = [];
  const again: MonthReport[] = [];
  const progress = showProgress('months');
  const stopped = interruption();
  await runMonths(
    [...months, ...twice],
    (report) => {
      const known = reports.some(({ seed }) => seed === report.seed);
      (known ? again : reports).push(report);
      if (!known && report.violations.length > 0)
        for (const text of describeFailure(report, kinds)) progress.line(text, '  ');
      progress.update(reports.length + again.length, months.length + twice.length, '', noteOf(reports));
    },
    stopped,
  );
  progress.stop();
  const totals = totalsOf(reports, again, (performance.now() - started) / 1000);
  say.text(describeTotals(totals));
  const failed = reports.filter(({ violations }) => violations.length > 0);
  if (options.json !== undefined) writeJson(options.json, { tally: totals, failed });
  for (const seed of totals.different)
    say.line(
      `Seed ${seed}: INV-12, another log the second time. Repeat: ${commandOf({ seed, vms: options.vms, kinds: kinds ?? FAULT_KINDS })}`,
    );
  if (stopped.aborted) {
    say.line(`Interrupted: ${reports.length} of ${months.length} seeds have run.`);
    return totals.violations === 0 ? 130 : 2;
  }
  if (failed.length > 0) say.line(`Seeds that failed: ${failed.map(({ seed }) => seed).join(', ')}`);
  if (kinds === null) for (const report of failed.slice(0, SHRUNK_MAX)) await reportShortest(report);
  return totals.violations === 0 ? 0 : 2;
}

const SHOWN_MAX = 5;

/** The seed, what was violated, and the command that runs it again. */
function describeFailure(
  { seed, month, vms, violations }: MonthReport,
  kinds: readonly FaultKind[] | null,
): readonly string[] {
  return [
    `Seed ${seed} (${month}): ${violations.length} violations. Again: ${commandOf({ seed, vms, kinds: kinds ?? FAULT_KINDS })}`,
    ...violations
      .slice(0, SHOWN_MAX)
      .map(({ invariant, vm, at, detail }) => `  ${invariant} ${at} ${vm ?? ''} ${detail}`),
  ];
}

function noteOf(reports: readonly MonthReport[]): string {
  const failed = reports.filter(({ violations }) => violations.length > 0).length;
  return failed === 0 ? 'no violation' : `${failed} seeds failed`;
}

async function reportShortest(report: MonthReport): Promise<void> {
  const shortest = await shrink(report, runOne);
  say.line(`Seed ${report.seed}: shortest reproduction of ${shortest.runs} tried: ${commandOf(shortest)}`);
}

async function runOne(options: MonthOptions): Promise<MonthReport> {
  const reports: MonthReport[] = [];
  await runMonths([options], (report) => reports.push(report));
  const [report] = reports;
  if (report === undefined) throw new Error(`The month of seed ${options.seed} was not run.`);
  return report;
}

function kindsOf(text: string | undefined): readonly FaultKind[] | null {
  if (text === undefined) return null;
  const names = text === 'none' ? [] : text.split(',');
  return names.map((name) => {
    const kind = FAULT_KINDS.find((one) => one === name);
    if (kind !== undefined) return kind;
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `'${name}' is not a kind of fault.`,
      why: `The kinds are ${FAULT_KINDS.join(', ')}.`,
      fix: 'Give some of them, separated by commas, or `none`.',
    });
  });
}
