import { writeFileSync } from 'node:fs';
import { renderCertificate } from '../audit/certificate';
import { say } from '../local/say';
import { simulateMonth, type SimulationOptions, type SimulationReport } from '../local/simulateMonth';

/** `npm run simulate`: returns the exit code. */
export async function runSimulate(
  options: SimulationOptions & {
    readonly json?: string | undefined;
    readonly events?: string | undefined;
    readonly audit?: string | undefined;
  },
): Promise<0 | 2> {
  const { json, events, audit } = options;
  const report = await simulateMonth(options, {
    events: (lines) => {
      if (events !== undefined) writeLines(events, lines);
    },
    audit: (lines) => {
      if (audit !== undefined) writeLines(audit, lines);
    },
  });
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  say.line(describe(report));
  return report.violations.length === 0 ? 0 : 2;
}

function writeLines(file: string, lines: Iterable<string>): void {
  writeFileSync(file, '');
  let chunk: string[] = [];
  const flush = (): void => {
    writeFileSync(file, chunk.join(''), { flag: 'a' });
    chunk = [];
  };
  for (const line of lines) if (chunk.push(line) >= 10_000) flush();
  flush();
}

function describe(report: SimulationReport): string {
  const rows = Object.entries(report.outcomes)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => {
      const reasons = Object.entries(report.reasons[kind] ?? {}).map(([reason, n]) => `${reason} ${n}`);
      return `  ${kind.padEnd(10)} ${String(count).padStart(6)}   ${reasons.join(', ')}`;
    });
  const phases = report.phases.map(({ phase, regions, startedUtc, endedUtc, gate }) => {
    const from = startedUtc?.slice(0, 16) ?? 'never started   ';
    return `  ${phase}  ${from} … ${endedUtc?.slice(0, 16) ?? ''}  ${regions.join(' ')}\n           ${gate?.why ?? 'not judged'}`;
  });
  const halts = report.halts.map(({ haltId, why }) => `  halted at ${haltId}: ${why}`);
  return [
    `${report.rolloutId}: ${report.vmCount} VMs, ${report.virtualDays} days in ${report.wallSeconds} s, ${report.durableSteps} durable steps`,
    ...['', 'Outcomes', ...rows, '', 'Phases', ...phases, ...halts, ''],
    renderCertificate(report.audit),
  ].join('\n');
}
