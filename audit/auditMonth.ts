import type { AuditInput, AuditWaiver } from './auditInput';
import { type AuditReport, Findings, utcOf } from './auditReport';
import { BlastMeter } from './blastRadius';
import { AssessmentRule } from './assessmentRules';
import { checkHalts, checkPauses } from './controlRules';
import { type DriverLog, type LogEntry, readDriverLog } from './driverLog';
import { checkExposure } from './exposureRules';
import { checkEmergencies, windowsOfRollouts, type WindowsOf } from './emergencyRules';
import { checkEvidence } from './evidenceRules';
import { FleetFacts } from './fleetFacts';
import { checkFreezes } from './freezeRules';
import { checkClassification, checkWindow, OnceRules } from './installRules';
import { OffPeakWindows } from './offPeakWindows';
import { BudgetRules } from './budgetRules';
import { RegionFacts } from './regionFacts';
import { checkPhasePairs, RegionRules } from './regionRules';
import { checkOutcomes, checkRolloutsEnd, GateRule } from './rolloutRules';
import { SetRules, setShareOf } from './setRules';
import { StandaloneRules } from './standaloneRules';
import { UntouchedRule } from './untouchedRules';
import { checkTrail } from './trailRules';

const TIME_ZONE_TAG = 'lowtide-timezone';
const POLL_SECONDS = 300;

/**
 * Judges what really happened, from the driver's own log and the fleet's facts. It shares no code with the app and asks nothing
 * of its state: a mistake there must not blind it here.
 */
export function auditMonth(input: AuditInput): AuditReport {
  const { vms, phases = [], timeZoneTag = TIME_ZONE_TAG } = input;
  const findings = new Findings();
  const regions = new RegionFacts(input.extraRegions ?? []);
  const { ownWindows = [], rings = [] } = input;
  const fleet = new FleetFacts(vms, { tag: timeZoneTag, regions, ownWindows, rings });
  const assessments = new AssessmentRule(fleet, input);
  const untouched = new UntouchedRule(fleet, input);
  const log = readDriverLog(
    { events: input.events, untilUtc: input.untilUtc, waivers: waiversIn(input) },
    fleet,
    findings,
    [assessments, untouched],
  );
  const stretch = { from: log.from ?? log.until, until: log.until };
  const fleets = new OffPeakWindows(input.offPeak, stretch.from, stretch.until);
  const windowsOf = windowsOfRollouts(fleets, input.rollouts ?? [], stretch);

  for (const install of log.installs) checkWindow(install, windowsOf(install), findings);
  for (const patch of log.patches) checkClassification(patch, findings);
  checkPhasePairs(phases, log.from ?? log.until, regions, findings);
  const { exposure, soakSeconds } = input;
  if (exposure !== undefined)
    checkExposure(log, input.rollouts ?? [], { ...exposure, soakSeconds }, findings);
  checkReport(log, fleet, input, findings);
  assessments.check(log, fleets, findings);
  untouched.check(findings);
  const { freezes = [], onItsWaySeconds = 0, changedByOwner = [] } = input;
  checkFreezes(log.installs, freezes, { vms, onItsWaySeconds, changedByOwner }, findings);
  const { peaks, pairOverlaps } = sweep(log, fleet, regions, input, findings);

  return {
    fromUtc: log.from === null ? null : utcOf(log.from),
    untilUtc: utcOf(log.until),
    vmCount: vms.length,
    eventCount: log.eventCount,
    installs: countInstalls(log),
    violations: findings.violations.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    doubts: findings.doubts,
    evaluations: findings.evaluations,
    blastRadius: { peaks, pairOverlaps, secondsOutOfWindow: secondsOutOfWindow(log, windowsOf) },
  };
}

/** Given as such, or in the audit. */
function waiversIn({ waivers = [], trail = [] }: AuditInput): readonly AuditWaiver[] {
  const reported = trail.flatMap(({ what, vmId, atUtc }) =>
    what === 'waived' && vmId !== null ? [{ vm: vmId, at: atUtc }] : [],
  );
  return [...waivers, ...reported];
}

/** Holds what the rollout says of itself, as far as it is given, against what happened. */
function checkReport(log: DriverLog, fleet: FleetFacts, input: AuditInput, findings: Findings): void {
  const { vms, outcomes, rollouts = [], phases = [] } = input;
  // The app's audit has the id that a VM had then; an install that was under way when its VM was moved has both.
  const trail = input.trail?.map((row) =>
    row.vmId === null ? row : { ...row, vmId: fleet.firstIdOf(row.vmId) },
  );
  if (outcomes !== undefined) checkOutcomes(outcomes, vms, { fleet, atMs: log.until }, findings);
  checkRolloutsEnd(rollouts, log.until, findings);
  checkEmergencies(log.installs, rollouts, { vms, trail }, findings);
  checkHalts(log.installs, rollouts, input.pollSeconds ?? POLL_SECONDS, findings);
  const claims = {
    outcomes: outcomes ?? [],
    trail: trail ?? [],
    phases,
    soakSeconds: input.soakSeconds,
    clockSkewMs: (input.clockSkewSeconds ?? 0) * 1000,
  };
  checkEvidence(log, fleet, claims, findings);
  if (trail === undefined) return;
  checkPauses(log.installs, trail, input.onItsWaySeconds ?? 0, findings);
  checkTrail(log, trail, findings);
}

/** Goes through the month once, in order, and asks every rule at every start. */
function sweep(
  log: DriverLog,
  fleet: FleetFacts,
  regionFacts: RegionFacts,
  {
    vms,
    shares,
    budgets: allowed = [],
    phases = [],
    pollSeconds = POLL_SECONDS,
    soakSeconds = 0,
  }: AuditInput,
  findings: Findings,
): { peaks: ReturnType<BlastMeter['peaks']>; pairOverlaps: number } {
  const sets = new SetRules(
    fleet,
    shares,
    { lookMs: pollSeconds * 1000, soakMs: soakSeconds * 1000 },
    findings,
  );
  const { standaloneSharePercent } = shares;
  const standalone =
    standaloneSharePercent === undefined
      ? null
      : new StandaloneRules(fleet, standaloneSharePercent, findings);
  const budgets = new BudgetRules(vms, allowed, pollSeconds * 1000, findings);
  const regions = new RegionRules(regionFacts, findings);
  const once = new OnceRules(findings);
  const gates = new GateRule(phases, findings);
  const blast = new BlastMeter(fleet.fleet(), (size) => setShareOf(size, shares));

  for (const entry of log.logEntries)
    switch (entry.kind) {
      case 'installEnded': {
        const { install } = entry;
        const last = once.ended(install);
        sets.ended(install, last);
        standalone?.ended(install, last);
        budgets.ended(install, last);
        regions.ended(install, last);
        if (last) blast.cameBack(install.place);
        break;
      }
      case 'installStarted': {
        const { install } = entry;
        gates.started(install);
        regions.started(install);
        sets.started(install);
        standalone?.started(install);
        budgets.started(install);
        if (once.started(install)) blast.wentDown(install.place, install.start);
        break;
      }
      case 'probed':
      case 'stopped':
      case 'deleted':
      case 'poweredOn':
      case 'waived':
        learn(entry, sets, budgets);
    }
  for (const patch of log.patches) once.patched(patch);
  return { peaks: blast.peaks(), pairOverlaps: regions.pairOverlaps };
}

/** What is learnt of a VM between its updates. */
function learn(
  entry: Exclude<LogEntry, { kind: 'installStarted' | 'installEnded' }>,
  sets: SetRules,
  budgets: BudgetRules,
): void {
  const { place, at } = entry;
  switch (entry.kind) {
    case 'probed':
      sets.probed(place, entry.health, at);
      budgets.probed(place, entry.health);
      break;
    case 'stopped':
      sets.stopped(place, at);
      budgets.stopped(place, at);
      break;
    case 'deleted':
      sets.waived(place); // a VM that is not there any more holds up nothing
      sets.poweredOn(place);
      budgets.deleted(place);
      break;
    case 'poweredOn':
      sets.poweredOn(place);
      budgets.poweredOn(place);
      break;
    case 'waived':
      sets.waived(place);
      break;
  }
}

function countInstalls({ installs }: DriverLog): AuditReport['installs'] {
  const rollout = installs.filter(({ rolloutId }) => rolloutId !== null).length;
  return { rollout, onDemand: installs.length - rollout };
}

function secondsOutOfWindow({ installs }: DriverLog, windowsOf: WindowsOf): number {
  let milliseconds = 0;
  for (const install of installs)
    if (install.rolloutId !== null) milliseconds += windowsOf(install).outside(install.start, install.end);
  return milliseconds / 1000;
}
