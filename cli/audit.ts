import { z } from 'zod';
import type { AuditInput } from '../audit/auditInput';
import { renderCertificate } from '../audit/certificate';
import { LowtideError } from '../domain/lowtideError';
import type { DriverEvent } from '../drivers/driver';
import { readAppSettings } from '../local/appSettings';
import { auditEvents } from '../local/auditEvents';
import { readFleet } from '../local/readFleet';
import { auditRollouts, ReportedAuditRow, ReportedOutcome, ReportedRollout } from '../local/reportedRollouts';
import { say } from '../local/say';
import { readText } from '../local/readText';
import { terminalWidth } from '../local/wrap';
import { writeJson } from '../local/writeOutput';
import { EVENTS, type AuditEvidence } from './auditEvidence';
import { evidenceOf } from './auditHost';

export interface AuditOptions {
  readonly events?: string | undefined;
  readonly fleet?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly key?: string | undefined;
  readonly report?: string | undefined;
  readonly audit?: string | undefined;
  /** A file, or instead of what people read. */
  readonly json?: string | true | undefined;
  readonly settings?: string | undefined;
}

/** Audits the driver's log of a month that was kept, or of a host that runs, by the same settings as the other commands. */
export async function runAudit(options: AuditOptions): Promise<0 | 2> {
  const { baseUrl, key, json, settings: settingsFile } = options;
  checkSource(options);
  const { settings, summary } = readAppSettings({ file: settingsFile });
  const evidence = baseUrl === undefined ? readFiles(options) : await evidenceOf(baseUrl, key);
  const { events, rollout } = evidence;
  if (events.length === 0) throw nothingToJudge(baseUrl ?? options.events ?? '');
  const judged = auditEvents(events, evidence, settings.policy, rollout);
  if (json === true) say.line(JSON.stringify(judged, null, 2));
  else {
    if (json !== undefined) writeJson(json, judged);
    say.line(summary);
    say.text(renderCertificate(judged, terminalWidth()));
  }
  return judged.violations.length === 0 ? 0 : 2;
}

/** Either a host, which has everything, or files. */
function checkSource({ baseUrl, events, fleet, report, audit, key }: AuditOptions): void {
  const files = [events, fleet, report, audit].filter((file) => file !== undefined);
  const isHost = baseUrl !== undefined && files.length === 0;
  const isFiles = baseUrl === undefined && key === undefined && events !== undefined && fleet !== undefined;
  if (isHost || isFiles) return;
  throw new LowtideError('ARGUMENT_INVALID', {
    what: 'It is not clear what to audit.',
    why: 'A log is audited with its fleet: both from files, or both from a host.',
    fix: 'Give --events FILE and --fleet FILE, or --base-url URL (with --key if the host needs one) and no file.',
  });
}

function readFiles({ events: file = '', fleet = '', report, audit }: AuditOptions): AuditEvidence {
  const { vms, instances } = readFleet(fleet);
  return {
    vms,
    instances,
    events: readLines(EVENTS, file) as readonly DriverEvent[],
    rollout: {
      ...(report !== undefined && readReport(report)),
      ...(audit !== undefined && { trail: readLines(AUDIT_ROWS, audit) }),
    },
  };
}

function nothingToJudge(file: string): LowtideError {
  return new LowtideError('ARGUMENT_INVALID', {
    what: `There is nothing to audit in ${file}.`,
    why: 'It has no events: an empty log proves nothing.',
    fix: 'Give the log of a month with installations: `npm run simulate -- --events FILE` writes one, and a host has one when its timers have run.',
  });
}

/** What `simulate --json` writes, as far as the auditor holds it against the log. */
const Report = z.looseObject({
  rollouts: z.array(ReportedRollout),
  virtualMachines: z.array(ReportedOutcome),
  audit: z.looseObject({ untilUtc: z.iso.datetime() }),
});

function readReport(
  file: string,
): Partial<Pick<AuditInput, 'phases' | 'rollouts' | 'outcomes' | 'untilUtc'>> {
  const parsed = Report.safeParse(parseJson(readText(file)));
  if (!parsed.success)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `${file} is not the report of a month.`,
      why: `${firstProblem(parsed.error)}.`,
      fix: 'Give a file that `npm run simulate -- --json FILE` wrote.',
    });
  const { rollouts, virtualMachines, audit } = parsed.data;
  return { ...auditRollouts(rollouts), outcomes: virtualMachines, untilUtc: audit.untilUtc };
}

interface Lines<S extends z.ZodType> {
  readonly each: S;
  readonly what: string;
  readonly option: string;
}

const AUDIT_ROWS = { what: "a row of a rollout's audit", option: '--audit', each: ReportedAuditRow };

function readLines<S extends z.ZodType>({ each, what, option }: Lines<S>, file: string): z.output<S>[] {
  const rows: z.output<S>[] = [];
  for (const [index, line] of readText(file).split('\n').entries()) {
    if (line.trim() === '') continue;
    const value = parseJson(line);
    const parsed = each.safeParse(value);
    if (!parsed.success)
      throw new LowtideError('ARGUMENT_INVALID', {
        what: `${file}, line ${index + 1}, is not ${what}.`,
        why: looksLikeFleet(line, value)
          ? 'It looks like a fleet, which is for --fleet.'
          : `${firstProblem(parsed.error)}.`,
        fix: `Give a file that \`npm run simulate -- ${option} FILE\` wrote: one JSON object a line.`,
      });
    rows.push(parsed.data);
  }
  return rows;
}

/** A list of VMs, its first line, or one VM a line. */
function looksLikeFleet(line: string, value: unknown): boolean {
  if (Array.isArray(value) || /^\s*[[{]\s*$/.test(line)) return true;
  const members = Object.keys(value ?? {}).map((name) => name.toLowerCase());
  return ['location', 'virtualmachines', 'value', 'data'].some((name) => members.includes(name));
}

const firstProblem = (error: z.ZodError): string =>
  (z.prettifyError(error).split('\n')[0] ?? '').replace(/^\W+/, '');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
