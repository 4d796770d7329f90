import { mayBeAssessed, nextOpeningUtc } from '../domain/assessmentTimes';
import { earlier } from '../domain/instants';
import { NEVER_UTC } from '../store/agenda';
import { batchKey, type AssessmentBatch, type ScheduledAssessment } from '../store/assessments';
import * as contracts from './contracts';
import { seenDue } from './fleet/seenDue';
import { activity, type AnswerTo, type Services } from './services';
import { turnFor } from './slices';

/** Of a batch. Its row has some 400 bytes a VM at most twice that, and a call that starts all of them takes about a minute. */
const TOGETHER_MAX = 100;

/** What a call takes is noted first, in the batch: a call that is repeated, because its answer was lost, takes the same VMs. */
export const collectDueAssessments = activity(
  contracts.collectDueAssessments,
  async (
    services,
    { nowUtc, call, seen: given },
  ): Promise<AnswerTo<typeof contracts.collectDueAssessments>> => {
    const { agenda, assessments } = services;
    const seen = await seenDue(services, 'assessments', given);
    const { due: rows, taken: last } = await assessments.next(TOGETHER_MAX + 1);
    await turnFor(rows.length);
    const isRepeat = last?.sweepUtc === nowUtc && last.call >= call;
    const wanted = isRepeat ? null : due(services, rows, nowUtc);
    const key = batchKey({ sweepUtc: nowUtc, call });
    const batch =
      wanted === null
        ? ((await assessments.readBatch(key))?.batch ?? null)
        : wanted.vms.length === 0
          ? wanted // by day: a repeat moves what is left of them
          : await assessments.take({ sweepUtc: nowUtc, call }, wanted, last);
    // Nothing waits for the answer of a call that is repeated after its batch was begun: what it would take would not be assessed.
    if (batch === null || batch.call > 0) return { more: true, batch: null };
    const { moves, more, vms } = batch;
    // A repeat long afterwards finds them where they went since.
    const standing = new Set(rows.map(keyAt));
    const open = moves.filter(({ vmId, fromUtc }) => standing.has(keyAt({ vmId, dueUtc: fromUtc })));
    if (open.length > 0) await assessments.move(open.map(asMove));
    const moved = new Set(open.map(({ vmId, fromUtc }) => keyAt({ vmId, dueUtc: fromUtc })));
    const following = rows.find((row) => !moved.has(keyAt(row)));
    if (!more && (!isRepeat || open.length > 0)) {
      const soonest = [...moves.map(({ toUtc }) => toUtc), following?.dueUtc ?? NEVER_UTC].reduce(earlier);
      await agenda.reschedule(seen, 'assessments', soonest);
    }
    return { more, batch: vms.length === 0 ? null : key };
  },
);

/** The VMs that are due, where each goes, and which of them are assessed now. */
function due(
  { policy }: Pick<Services, 'policy'>,
  rows: readonly ScheduledAssessment[],
  nowUtc: string,
): AssessmentBatch {
  const taken = rows.slice(0, TOGETHER_MAX).filter(({ dueUtc }) => dueUtc <= nowUtc);
  const following = rows[taken.length];
  // A VM that stands there twice (two workers moved it at once) moves to one row.
  const zones = new Map(taken.map(({ vmId, timeZone }) => [vmId, timeZone]));
  const moves = taken.map(({ vmId, timeZone: own, dueUtc: fromUtc }) => {
    const timeZone = zones.get(vmId) ?? own;
    return { vmId, timeZone, fromUtc, toUtc: nextOpeningUtc(timeZone, policy, nowUtc) };
  });
  const vms = new Map(moves.map((move) => [move.vmId, asMove(move).to]));
  return {
    call: 0,
    answer: { dueUtc: nowUtc, assessed: 0, failed: 0, because: null },
    startedUtc: nowUtc,
    moves,
    more: following !== undefined && following.dueUtc <= nowUtc,
    vms: [...vms.values()]
      .filter(({ timeZone }) => mayBeAssessed(timeZone, policy, nowUtc))
      .map(({ vmId, timeZone, dueUtc }) => ({ vmId, timeZone, dueUtc, operationId: null, againUtc: nowUtc })),
  };
}

const keyAt = ({ vmId, dueUtc }: Pick<ScheduledAssessment, 'vmId' | 'dueUtc'>): string => `${dueUtc} ${vmId}`;

function asMove({ vmId, timeZone, fromUtc, toUtc }: AssessmentBatch['moves'][number]): {
  from: ScheduledAssessment;
  to: ScheduledAssessment;
} {
  return { from: { vmId, timeZone, dueUtc: fromUtc }, to: { vmId, timeZone, dueUtc: toUtc } };
}
