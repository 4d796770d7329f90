import { renderCertificate } from '../audit/certificate';
import { vmsText } from '../domain/listed';
import { readAppSettings } from '../local/appSettings';
import { say } from '../local/say';
import { simulateMonth, type SimulationOptions, type SimulationReport } from '../local/simulateMonth';
import { terminalWidth, wrap } from '../local/wrap';
import { checkOutputs, writeJson, writeOutput } from '../local/writeOutput';

/** `npm run simulate`: returns the exit code. */
export async function runSimulate(
  options: Omit<SimulationOptions, 'settings'> & {
    readonly settings?: string | undefined;
    readonly json?: string | undefined;
    readonly events?: string | undefined;
    readonly audit?: string | undefined;
  },
): Promise<0 | 2> {
  const { json, events, audit, settings: file, ...month } = options;
  checkOutputs(json, events, audit);
  const settings = readAppSettings({ file, fleet: month.fleet });
  say.line(settings.summary);
  const report = await simulateMonth(
    { ...month, settings },
    {
      ...(events !== undefined && { events: writing(events) }),
      ...(audit !== undefined && { audit: writing(audit) }),
    },
  );
  if (json !== undefined) writeJson(json, report);
  say.line(describe(report));
  return report.violations.length === 0 && (report.azure?.disagreements.length ?? 0) === 0 ? 0 : 2;
}

const writing =
  (path: string) =>
  (lines: Iterable<string>): void => {
    writeOutput(path, lines);
  };

function describe(report: SimulationReport): string {
  const rows = Object.entries(report.outcomes)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => {
      const reasons = Object.entries(report.reasons[kind] ?? {}).map(([reason, n]) => `${reason} ${n}`);
      return wrap(reasons.join(', '), `  ${kind.padEnd(10)} ${String(count).padStart(6)}   `);
    });
  const phases = report.phases.map(({ phase, regions, startedUtc, endedUtc, gate }) => {
    const from = startedUtc?.slice(0, 16) ?? 'never started   ';
    return [
      wrap(regions.join(' '), `  ${phase}  ${from} … ${endedUtc?.slice(0, 16) ?? ''}  `),
      wrap(gate?.why ?? 'not decided', PHASE_INDENT),
    ].join('\n');
  });
  const halts = report.halts.map(({ haltId, why }) => wrap(`halted at ${haltId}: ${why}`, '  '));
  return [
    `${report.rolloutId}: ${vmsText(report.vmCount)}, ${report.virtualDays} days in ${report.wallSeconds} s, ${report.durableSteps} durable steps`,
    ...['', 'Outcomes', ...rows, '', 'Phases', ...phases, ...halts, ''],
    renderCertificate(report.audit, terminalWidth()),
    ...azureLines(report),
  ].join('\n');
}

const PHASE_INDENT = ' '.repeat(11);

/** What the simulated Azure says of the same month. */
function azureLines({ azure }: SimulationReport): readonly string[] {
  if (azure === undefined) return [];
  const { requests, platformAudit, disagreements } = azure;
  const counts = Object.entries(requests).map(([kind, count]) => `${kind} ${count}`);
  const shown = disagreements.slice(0, DISAGREEMENTS_SHOWN_MAX).map((one) => `  ${one}`);
  const verdict =
    disagreements.length === 0
      ? "The driver's log and the platform's own agree on every installation."
      : `The driver's log and the platform's own differ ${disagreements.length} times:`;
  return [
    '',
    `The platform's own log: ${platformAudit.violations.length} violations.`,
    ...[verdict, ...shown, `Requests: ${counts.sort().join(', ')}.`],
  ];
}

const DISAGREEMENTS_SHOWN_MAX = 20;
