import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { auditVmOf, type AuditPhase } from '../audit/auditInput';
import { auditMonth } from '../audit/auditMonth';
import type { AuditReport } from '../audit/auditReport';
import { renderCertificate } from '../audit/certificate';
import { LowtideError } from '../domain/lowtideError';
import type { Policy } from '../domain/policy';
import type { DriverEvent } from '../drivers/driver';
import { parseFleet, type ParsedFleet } from '../drivers/fleet/parseFleet';
import { readSettings } from '../functions/settings';
import type { RolloutView } from './rolloutView';
import { say } from './say';
import { readText } from './readText';

export interface AuditOptions {
  readonly events: string;
  readonly fleet: string;
  readonly json?: string | undefined;
}

/** Audits the driver's log of a month that somebody kept, by the policy of the LOWTIDE_ settings in the environment. */
export function runAudit({ events: file, fleet: fleetFile, json }: AuditOptions): 0 | 2 {
  const { policy } = readSettings(process.env);
  const fleet = parseFleet(readText(fleetFile), fleetFile);
  const report = judge(readEvents(file), fleet, policy);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  say.text(renderCertificate(report));
  return report.violations.length === 0 ? 0 : 2;
}

/** The auditor's report on what a driver's log says happened to a fleet. */
export function judge(
  events: readonly DriverEvent[],
  { vms }: ParsedFleet,
  policy: Policy,
  rollout: { readonly phases?: readonly AuditPhase[] } = {},
): AuditReport {
  const { offPeakOpens, offPeakCloses, setSharePercent, setOneByOneBelow, timeZoneTag } = policy;
  return auditMonth({
    events,
    vms: vms.map(auditVmOf),
    offPeak: { opens: offPeakOpens, closes: offPeakCloses },
    shares: { setSharePercent, setOneByOneBelow },
    timeZoneTag,
    untilUtc: events.at(-1)?.at ?? new Date(0).toISOString(),
    ...rollout,
  });
}

/** What a rollout says of its phases, for the auditor to hold against the log. */
export function auditPhasesOf({ id, phases }: RolloutView): AuditPhase[] {
  return phases.map(({ phase, regions, startedUtc, endedUtc, gate }) => ({
    rolloutId: id,
    phase: Number(phase.replace('phase-', '')),
    ...{ regions, startedUtc, endedUtc },
    gateOpenedUtc: gate?.kind === 'open' ? endedUtc : null,
  }));
}

/** What every event has, whatever its action; the auditor reads the rest with suspicion of its own. */
const Event = z.looseObject({
  at: z.iso.datetime(),
  action: z.string(),
  vm: z.string(),
  region: z.string(),
  zone: z.string().nullable(),
  availabilitySet: z.string().nullable(),
  updateDomain: z.number().nullable(),
  subscription: z.string(),
  operationId: z.string().nullable(),
  rolloutId: z.string().nullable(),
});

function readEvents(file: string): readonly DriverEvent[] {
  const events: DriverEvent[] = [];
  for (const [index, line] of readText(file).split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = Event.safeParse(parseJson(line));
    if (!parsed.success) throw notAnEvent(file, index + 1, parsed.error);
    events.push(parsed.data as DriverEvent);
  }
  return events;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null;
  }
}

function notAnEvent(file: string, line: number, error: z.ZodError): LowtideError {
  const [first] = error.issues;
  const member = first?.path.join('.') ?? '';
  return new LowtideError('ARGUMENT_INVALID', {
    what: `${file}, line ${line}, is not an event of a driver's log.`,
    why: member === '' ? 'It is not a JSON object.' : `Its member ${member} is missing or of the wrong type.`,
    fix: 'Give a file that `npm run simulate -- --events FILE` wrote: one JSON object a line.',
  });
}
