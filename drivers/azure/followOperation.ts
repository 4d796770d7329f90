import type { PatchInstallationSummary } from '../../domain/patches';
import { addSeconds } from '../../domain/instants';
import type { OperationAnswer } from '../driver';
import { eventOf, patchEvents, type EventSink } from './driverLog';
import { instantAt, member, textAt } from './json';
import { placeOfHandle, RUNNING_HOURS_MAX, type AzureOperation, type OperationTable } from './operationTable';
import {
  assessmentSummary,
  installationSummary,
  namedPatches,
  patchLines,
  type PatchLine,
} from './patchResults';
import { NotRead, type Reader } from './reader';
import type { ArmAnswer } from './refusals';
import { messageIn } from './errorBody';
import { retryAfterSeconds } from './retryAfter';
import { withRebootStatus, type VmState } from './vmState';

export interface FollowSources {
  readonly reader: Reader;
  readonly operations: OperationTable;
  readonly log: EventSink;
  readonly nowUtc: () => string;
  /** Of the VM, for an extension that came with an assessment; null when there is none. */
  readonly extensionVersion: (operation: AzureOperation) => Promise<string | null>;
}

/** How an operation stands at Azure, before it is put into Lowtide's words. */
type Standing =
  | { readonly kind: 'running'; readonly retryAfterSeconds: number | null }
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly error: { readonly code: string; readonly message: string } }
  | { readonly kind: 'succeeded'; readonly result: unknown; readonly endedUtc: string };

/** Asks how an operation stands. Its end is kept, so that asking again costs nothing and gives the same, also when Azure has forgotten it. */
export async function followOperation(sources: FollowSources, operationId: string): Promise<OperationAnswer> {
  const { operations, nowUtc } = sources;
  const handle = placeOfHandle(operationId);
  const found = handle === null ? null : await operations.find(handle.vmKey, handle.lane);
  if (found?.operationId !== operationId) return { kind: 'lost' };
  if (found.answer !== null) return found.answer;
  if (found.notBeforeUtc !== null && nowUtc() < found.notBeforeUtc)
    return { kind: 'running', retryAfterSeconds: secondsUntil(found.notBeforeUtc, nowUtc()) };
  const standing = await standingOf(sources, found);
  switch (standing.kind) {
    case 'running': {
      const { retryAfterSeconds: seconds } = standing;
      if (seconds !== null) await operations.put({ ...found, notBeforeUtc: addSeconds(nowUtc(), seconds) });
      return standing;
    }
    case 'lost':
      return standing;
    case 'failed':
      return end(sources, found, standing, { endedUtc: nowUtc(), lines: [] });
    case 'succeeded': {
      const { result, endedUtc } = standing;
      const answer = await answerTo(sources, found, standing);
      return end(sources, found, answer, { endedUtc, lines: patchLines(result) });
    }
  }
}

async function standingOf(
  { reader, nowUtc }: FollowSources,
  { statusUrl, resultUrl, place, operationId }: AzureOperation,
): Promise<Standing> {
  const url = statusUrl ?? resultUrl;
  if (url === null) return { kind: 'lost' };
  const budgets = [
    ['pollOfOperation', operationId],
    ['armReads', place.subscription],
  ] as const;
  let answer: ArmAnswer;
  try {
    answer = await reader.read({ method: 'GET', url }, { budgets });
  } catch (error) {
    // That the reading was refused or failed says nothing of the operation.
    if (error instanceof NotRead) return { kind: 'running', retryAfterSeconds: error.retryAfterSeconds };
    throw error;
  }
  // Gone, or its signature has run out: the VM itself says what became of it.
  if ([401, 403, 404, 410].includes(answer.status)) return { kind: 'lost' };
  const seconds = retryAfterSeconds(answer, nowUtc());
  if (statusUrl === null) return ofResultAlone(answer, seconds, nowUtc());
  const status = textAt(answer.body, 'status')?.toLowerCase() ?? '';
  if (status.includes('fail') || status.includes('cancel'))
    return { kind: 'failed', error: errorIn(answer.body) };
  if (!status.includes('succeeded')) return { kind: 'running', retryAfterSeconds: seconds };
  const endedUtc = instantAt(answer.body, 'endTime') ?? nowUtc();
  const output = member(answer.body, 'properties', 'output');
  if (output !== undefined && output !== null) return { kind: 'succeeded', result: output, endedUtc };
  if (resultUrl === null) return { kind: 'lost' };
  const result = await reader.read({ method: 'GET', url: resultUrl }, { budgets });
  return result.status === 200 ? { kind: 'succeeded', result: result.body, endedUtc } : { kind: 'lost' };
}

function ofResultAlone(answer: ArmAnswer, seconds: number | null, nowUtc: string): Standing {
  if (answer.status === 202) return { kind: 'running', retryAfterSeconds: seconds };
  if (answer.status === 200) return { kind: 'succeeded', result: answer.body, endedUtc: nowUtc };
  return { kind: 'failed', error: errorIn(answer.body) };
}

function errorIn(body: unknown): { code: string; message: string } {
  const code = textAt(body, 'error', 'code') ?? 'VMGuestPatchInternalError';
  return { code, message: messageIn(body) || 'Azure gave no reason.' };
}

async function answerTo(
  { extensionVersion }: FollowSources,
  operation: AzureOperation,
  { result, endedUtc }: Extract<Standing, { kind: 'succeeded' }>,
): Promise<OperationAnswer> {
  const times = { startedUtc: operation.sentUtc, endedUtc };
  const patches = namedPatches(result);
  const named = patches === undefined ? {} : { patches };
  if (operation.kind === 'installation') {
    const summary = installationSummary(result, times);
    return summary === null ? { kind: 'failed', error: NO_RESULT } : { kind: 'installed', summary, ...named };
  }
  const summary = assessmentSummary(result, times);
  if (summary === null) return { kind: 'failed', error: NO_RESULT };
  if (operation.kind === 'assessment') return { kind: 'assessed', summary, ...named };
  if (summary.status === 'Failed') return { kind: 'failed', error: summary.error ?? NO_RESULT };
  return { kind: 'extensionInstalled', version: (await extensionVersion(operation)) ?? 'unknown' };
}

const NO_RESULT = {
  code: 'VMGuestPatchInternalError',
  message: 'The operation succeeded without a result that could be read.',
};

interface Ending {
  readonly endedUtc: string;
  readonly lines: readonly PatchLine[];
}

/** The log first: once the row has its end, this is not come to again. */
async function end(
  { operations, log }: Pick<FollowSources, 'operations' | 'log'>,
  operation: AzureOperation,
  answer: OperationAnswer,
  { endedUtc, lines }: Ending,
): Promise<OperationAnswer> {
  const at = answer.kind === 'installed' ? answer.summary.lastModifiedTime : endedUtc;
  if (operation.kind === 'installation') {
    const status = answer.kind === 'installed' ? answer.summary.status : 'Failed';
    const rebootStatus = answer.kind === 'installed' ? answer.summary.rebootStatus : 'Unknown';
    await log.append([
      ...patchEvents(at, operation, lines),
      eventOf(at, 'installCompleted', operation, { status, rebootStatus }),
    ]);
  } else await log.append([eventOf(at, 'assessmentCompleted', { ...operation, rolloutId: null })]);
  await operations.put({ ...operation, state: 'ended', answer, activityId: activityOf(answer) });
  return answer;
}

function activityOf(answer: OperationAnswer): string | null {
  if (answer.kind === 'installed') return answer.summary.installationActivityId;
  return answer.kind === 'assessed' ? answer.summary.assessmentActivityId : null;
}

/**
 * What a reading of a VM says of the driver's own installation on it: that one whose request was never answered did start, and that one ended
 * although it was never polled. Both are logged, once, and written down.
 */
export async function observeInstallation(sources: FollowSources, state: VmState): Promise<VmState> {
  const { ownInstall: own, view } = state;
  const seen = view.lastInstallation;
  if (own === null || seen === null || !isOf(own, seen)) return state;
  const { operations, log } = sources;
  const activityId = seen.installationActivityId;
  let now: AzureOperation = own;
  if (own.state === 'sent') {
    now = { ...own, state: 'accepted', activityId };
    const { maximumDurationMinutes } = own;
    await log.append([
      eventOf(seen.startTime, 'installStarted', own, { maximumDurationMinutes, unanswered: true }),
    ]);
    await operations.put(now);
  }
  if (now.state === 'accepted' && seen.status !== 'InProgress' && seen.status !== 'Unknown')
    now = await endObserved(sources, now, seen);
  return { ...state, ownInstall: now, installation: withRebootStatus(seen, now) };
}

/**
 * The result of the operation says more than the view: which patches, and how the reboot went. The view is taken at its word when that result
 * is lost, or when the operation goes on saying that it runs for longer than anything may.
 */
async function endObserved(
  sources: FollowSources,
  own: AzureOperation,
  seen: PatchInstallationSummary,
): Promise<AzureOperation> {
  const { nowUtc, operations } = sources;
  // That it cannot be asked now is no reason why the VM could not be read.
  const answer = await followOperation(sources, own.operationId).catch(() => null);
  if (answer !== null && answer.kind !== 'running' && answer.kind !== 'lost')
    return (await operations.latest(own.vmId, 'installation')) ?? own;
  if (answer?.kind !== 'lost' && nowUtc() < addSeconds(own.sentUtc, RUNNING_HOURS_MAX * 3_600)) return own;
  const byView: OperationAnswer = { kind: 'installed', summary: seen };
  await end(sources, own, byView, { endedUtc: seen.lastModifiedTime, lines: [] });
  return { ...own, state: 'ended', activityId: seen.installationActivityId, answer: byView };
}

/** A newer one than the VM had before the request; its clock and ours differ by less than this. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

function isOf(own: AzureOperation, seen: PatchInstallationSummary): boolean {
  if (own.state !== 'sent' && own.state !== 'accepted') return false;
  if (own.activityId !== null) return own.activityId === seen.installationActivityId;
  if (seen.installationActivityId === own.previousActivityId) return false;
  return Date.parse(seen.startTime) >= Date.parse(own.sentUtc) - CLOCKS_DIFFER_MS;
}

function secondsUntil(utc: string, nowUtc: string): number {
  return Math.max(1, Math.ceil((Date.parse(utc) - Date.parse(nowUtc)) / 1_000));
}
