import { monthOfLatestRelease, releaseOf } from '../../domain/release';
import type { AvailablePatchSummary } from '../../domain/patches';
import type { OperationAnswer, StartAnswer } from '../driver';
import type { Clock } from './requestBudgets';
import { booleanAt, countAt, instantAt, member, textAt } from './json';
import { errorOf, statusOf } from './patchResults';
import type { ResourceGraph } from './resourceGraph';
import { SharedReadings } from './sharedReadings';
import type { VmState } from './vmState';

/** Rows of a subscription are read together and used for so long. */
const ROWS_AGE_MAX_MS = 10 * 60_000;
/** Azure assesses once a day where it does. */
const ASSESSMENT_AGE_MAX_MS = 26 * 3_600_000;
/** No handle of an operation begins so. */
const PREFIX = 'platform:';

/**
 * The assessments that Azure makes by itself every day of a VM with assessmentMode AutomaticByPlatform. Taking one costs no call of the small
 * budget that installations need (azure-driver-facts, section 3).
 */
export class PlatformAssessments {
  readonly #graph: ResourceGraph;
  readonly #rows: SharedReadings<ReadonlyMap<string, AvailablePatchSummary>>;

  constructor(graph: ResourceGraph, clock: Clock) {
    this.#graph = graph;
    this.#rows = new SharedReadings(clock, ROWS_AGE_MAX_MS);
  }

  /** Null: this VM has to be asked itself. */
  async start({ vm, model, installation }: VmState, nowUtc: string): Promise<StartAnswer | null> {
    if (model.assessmentMode?.toLowerCase() !== 'automaticbyplatform') return null;
    const summary = (await this.#rowsOf(vm.subscriptionId)).get(vm.id);
    if (summary === undefined || !isOfUse(summary, installation?.lastModifiedTime ?? null, nowUtc))
      return null;
    const operationId = `${PREFIX}${Buffer.from(JSON.stringify(summary)).toString('base64url')}`;
    return { kind: 'started', operationId, retryAfterSeconds: null };
  }

  /** Null for a handle of another kind. */
  find(operationId: string): OperationAnswer | null {
    if (!operationId.startsWith(PREFIX)) return null;
    const text = Buffer.from(operationId.slice(PREFIX.length), 'base64url').toString();
    return { kind: 'assessed', summary: JSON.parse(text) as AvailablePatchSummary };
  }

  #rowsOf(subscriptionId: string): Promise<ReadonlyMap<string, AvailablePatchSummary>> {
    const subscription = subscriptionId.toLowerCase();
    return this.#rows.of(subscription, () => this.#readRows(subscription));
  }

  async #readRows(subscription: string): Promise<ReadonlyMap<string, AvailablePatchSummary>> {
    const rows = new Map<string, AvailablePatchSummary>();
    for (const row of await this.#graph.all('assessments', { subscriptions: [subscription] })) {
      const found = assessmentOfRow(row);
      if (found !== null) rows.set(found.vmId, found.summary);
    }
    return rows;
  }
}

/**
 * An assessment from before the release, or from before the last installation, does not know what there is to install: that it found nothing
 * would end the VM as up to date. What it did find is there still, and an installation looks again by itself.
 */
function isOfUse(summary: AvailablePatchSummary, installedUtc: string | null, nowUtc: string): boolean {
  const takenMs = Date.parse(summary.lastModifiedTime);
  if (summary.status !== 'Succeeded' && summary.status !== 'CompletedWithWarnings') return false;
  if (Date.parse(nowUtc) - takenMs > ASSESSMENT_AGE_MAX_MS) return false;
  if (installedUtc !== null && takenMs <= Date.parse(installedUtc)) return false;
  const releasedUtc = releaseOf(monthOfLatestRelease(nowUtc));
  return summary.criticalAndSecurityPatchCount > 0 || takenMs > Date.parse(releasedUtc);
}

/** Names of the documented row; `id` is that of the VM and the result beneath it. */
function assessmentOfRow(
  row: unknown,
): { readonly vmId: string; readonly summary: AvailablePatchSummary } | null {
  const vmId = textAt(row, 'id')?.toLowerCase().split('/patchassessmentresults')[0];
  const lastModifiedTime = instantAt(row, 'lastModifiedDateTime');
  if (vmId === undefined || lastModifiedTime === null) return null;
  const counts = member(row, 'availablePatchCountByClassification');
  const names = typeof counts === 'object' && counts !== null ? Object.keys(counts) : [];
  const sum = (wanted: (name: string) => boolean): number =>
    names.filter(wanted).reduce((total, name) => total + countAt(counts, name), 0);
  const isWanted = (name: string): boolean => ['critical', 'security'].includes(name.toLowerCase());
  const summary: AvailablePatchSummary = {
    status: statusOf(row),
    assessmentActivityId: textAt(row, 'assessmentActivityId') ?? `${vmId} ${lastModifiedTime}`,
    rebootPending: booleanAt(row, 'rebootPending') ?? false,
    criticalAndSecurityPatchCount: sum(isWanted),
    otherPatchCount: sum((name) => !isWanted(name)),
    startTime: instantAt(row, 'startDateTime') ?? lastModifiedTime,
    lastModifiedTime,
    error: errorOf(row),
  };
  return { vmId, summary };
}
