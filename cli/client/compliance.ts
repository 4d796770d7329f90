import type { Report } from './commandOptions';
import { apiClient, queryOf, type HostOptions } from './apiClient';
import { writeStream, type OutputOptions, type Row } from './output';
import { selectorQuery, withIds, type SelectorOptions } from './selectors';

export interface ComplianceOptions extends HostOptions, OutputOptions, SelectorOptions {
  readonly rollout?: string | undefined;
  readonly kind?: string | undefined;
  readonly reason?: string | undefined;
  readonly phase?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly on?: string | undefined;
  readonly patch?: string | undefined;
  readonly state?: string | undefined;
  readonly what?: string | undefined;
  readonly who?: string | undefined;
  readonly limit: number;
}

/** For people; a file has every member. */
const COLUMNS: Readonly<Record<Report, readonly string[]>> = {
  outcomes: ['atUtc', 'rolloutId', 'vmId', 'region', 'phase', 'kind', 'reason', 'installedPatchCount'],
  patches: ['atUtc', 'vmId', 'kbId', 'name', 'version', 'classification', 'state'],
  missing: ['vmId', 'state', 'assessedUtc', 'kbId', 'name', 'version', 'classification'],
  decisions: ['atUtc', 'who', 'chain', 'what', 'subject', 'why'],
};
const ALL: Readonly<Record<Report, readonly string[]>> = {
  outcomes: [
    ...['atUtc', 'rolloutId', 'vmId', 'name', 'subscriptionId', 'resourceGroup', 'region', 'phase', 'kind'],
    ...['reason', 'detail', 'attempts', 'activityId', 'installedPatchCount', 'failedPatchCount'],
    ...['pendingPatchCount', 'rebootStatus'],
  ],
  patches: [
    ...['atUtc', 'rolloutId', 'vmId', 'vmName', 'kbId', 'name', 'version', 'classification', 'state'],
    'activityId',
  ],
  missing: ['vmId', 'vmName', 'state', 'assessedUtc', 'kbId', 'name', 'version', 'classification'],
  decisions: ['atUtc', 'who', 'what', 'subject', 'vmId', 'why', 'evidence', 'chain', 'seq', 'hash'],
};

/** Every page of a report, one after another. */
export async function runCompliance(report: Report, given: ComplianceOptions): Promise<0> {
  const api = apiClient(given);
  const options = await withIds(api, given);
  const { rollout, kind, reason, phase, since, until, on, patch, state, what, who, csv, vm } = options;
  const selected = report === 'decisions' ? { vm } : selectorQuery(options);
  const asked = { ...selected, rollout, kind, reason, phase, since, until, on, patch, state, what, who };
  const path = queryOf(`/api/compliance/${report}`, asked);
  await writeStream(csv ? ALL[report] : COLUMNS[report], api.rows<Row>(path), options);
  return 0;
}
