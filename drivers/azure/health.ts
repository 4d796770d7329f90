import type { HealthSignals } from '../../domain/health';
import type { PatchInstallationSummary } from '../../domain/patches';
import type { InstanceView } from './instanceView';
import { textAt } from './json';
import type { ArmAnswer } from './refusals';

/** How far two signals are trusted that no source says enough about (azure-driver-facts, sections 6 and 12). */
export interface HealthSettings {
  /** `veto`: Resource Health can object, and its silence is no objection. `required`: it has to say Available. `off`: it is not asked. */
  readonly resourceHealth: 'veto' | 'required' | 'off';
  /** `reportTime`: the agent has to have reported lately, and since the installation. `ready`: that it is Ready is enough. */
  readonly heartbeat: 'reportTime' | 'ready';
}

/** An agent that has not reported for so long is silent. No source says how often it does; about every minute is what is said. */
const REPORT_AGE_MAX_MS = 15 * 60_000;

export interface HealthFacts {
  readonly view: InstanceView;
  readonly installation: PatchInstallationSummary | null;
  /** What Resource Health answered; null when it was not asked. */
  readonly resourceHealth: ArmAnswer | null;
  readonly nowUtc: string;
}

export function signalsOf(facts: HealthFacts, settings: HealthSettings): HealthSignals {
  const { view } = facts;
  if (view.powerState !== 'running')
    return {
      powerState: view.powerState,
      vmAgent: 'unknown',
      resourceHealth: 'notDeclared',
      reboot: 'none',
      heartbeat: 'notDeclared',
    };
  const signals: HealthSignals = {
    powerState: view.powerState,
    vmAgent: view.agent.status,
    resourceHealth: resourceHealthOf(facts, settings),
    reboot: rebootOf(facts),
    heartbeat: heartbeatOf(facts, settings),
  };
  return view.applicationHealth === null
    ? signals
    : { ...signals, applicationHealth: view.applicationHealth };
}

/**
 * A reboot that did not come about (`Failed`) leaves the VM in a state that is not known. One is pending when the newest result says so,
 * be it an installation that was not to reboot or an assessment after it, whoever installed what waits for it.
 */
function rebootOf({ view, installation }: HealthFacts): HealthSignals['reboot'] {
  const { lastAssessment: assessed } = view;
  const isAssessedLater =
    assessed !== null &&
    (installation === null ||
      Date.parse(assessed.lastModifiedTime) > Date.parse(installation.lastModifiedTime));
  const pending = isAssessedLater && assessed.rebootPending ? 'pending' : 'none';
  if (installation === null || installation.status === 'InProgress') return pending;
  switch (installation.rebootStatus) {
    case 'Completed':
      return pending === 'pending' ? pending : 'completed';
    case 'Started':
      return 'inProgress';
    case 'Failed':
      return 'unknown';
    case 'Required':
      return isAssessedLater ? pending : 'pending';
    case 'NotNeeded':
    case 'Unknown':
      return pending;
  }
}

/** The report has to be later than the installation, whose end is after its reboot: an older one is of the system before. */
function heartbeatOf(
  { view, installation, nowUtc }: HealthFacts,
  { heartbeat }: HealthSettings,
): HealthSignals['heartbeat'] {
  if (heartbeat === 'ready') return 'notDeclared';
  const { agentReportedUtc: reportedUtc } = view;
  if (reportedUtc === null) return 'unknown';
  if (Date.parse(nowUtc) - Date.parse(reportedUtc) > REPORT_AGE_MAX_MS) return 'stale';
  const isOver = installation !== null && installation.status !== 'InProgress';
  // Azure cuts the fractions of seconds, and not always in the same way.
  return isOver && Date.parse(reportedUtc) + 1_000 < Date.parse(installation.lastModifiedTime)
    ? 'stale'
    : 'fresh';
}

function resourceHealthOf(
  { resourceHealth: answer }: HealthFacts,
  { resourceHealth: trust }: HealthSettings,
): HealthSignals['resourceHealth'] {
  if (trust === 'off' || answer === null) return 'notDeclared';
  const state = answer.status === 200 ? availabilityStateOf(answer.body) : 'unknown';
  return state === 'unknown' && trust === 'veto' ? 'notDeclared' : state;
}

/** «Unknown» says that nothing has been heard for ten minutes. */
function availabilityStateOf(body: unknown): 'available' | 'degraded' | 'unavailable' | 'unknown' {
  const state = textAt(body, 'properties', 'availabilityState')?.toLowerCase();
  return state === 'available' || state === 'degraded' || state === 'unavailable' ? state : 'unknown';
}
