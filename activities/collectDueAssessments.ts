import { mayBeAssessed, nextOpeningUtc } from '../domain/assessmentTimes';
import { earlier } from '../domain/instants';
import { NEVER_UTC } from '../store/agenda';
import type { LastTaken, ScheduledAssessment, TakenDue } from '../store/assessments';
import * as contracts from './contracts';
import { seenDue } from './seenDue';
import { activity, type AnswerTo, type Services } from './services';

/** A batch's VMs pass through its orchestration as messages of under 16 KB. */
const TOGETHER_MAX = 30;

/** What a call takes is noted first: a call that is repeated, because its answer was lost, takes the same VMs. */
export const collectDueAssessments = activity(
  contracts.collectDueAssessments,
  async (
    services,
    { nowUtc, call, seen: given },
  ): Promise<AnswerTo<typeof contracts.collectDueAssessments>> => {
    const { policy, agenda, assessments } = services;
    const seen = await seenDue(services, 'assessments', given);
    const { due: rows, taken: last } = await assessments.next(TOGETHER_MAX + 1);
    const before = last?.sweepUtc === nowUtc && last.call >= call ? last : null;
    // Nothing waits for the answer of a call that is repeated after the next one came: what it would take would not be assessed.
    if (before !== null && before.call > call)
      return { more: true, vms: [], pace: contracts.Pace.parse(policy) };
    const { moves, more } = before ?? (await take(services, rows, { nowUtc, call, last }));
    // A repeat long afterwards finds them where they went since.
    const standing = new Set(rows.map(keyAt));
    const open = moves.filter(({ vmId, fromUtc }) => standing.has(keyAt({ vmId, dueUtc: fromUtc })));
    if (open.length > 0) await assessments.move(open.map(asMove));
    const moved = new Set(open.map(({ vmId, fromUtc }) => keyAt({ vmId, dueUtc: fromUtc })));
    const following = rows.find((row) => !moved.has(keyAt(row)));
    if (!more && (before === null || open.length > 0)) {
      const soonest = [...moves.map(({ toUtc }) => toUtc), following?.dueUtc ?? NEVER_UTC].reduce(earlier);
      await agenda.reschedule(seen, 'assessments', soonest);
    }
    const taken = moves.map(asMove).map(({ to }) => to);
    return {
      more,
      vms: [...new Map(taken.map((to) => [to.vmId, to])).values()].filter(({ timeZone }) =>
        mayBeAssessed(timeZone, policy, nowUtc),
      ),
      pace: contracts.Pace.parse(policy),
    };
  },
);

async function take(
  { policy, assessments }: Services,
  rows: readonly ScheduledAssessment[],
  { nowUtc, call, last }: { readonly nowUtc: string; readonly call: number; readonly last: LastTaken },
): Promise<TakenDue> {
  const due = rows.slice(0, TOGETHER_MAX).filter(({ dueUtc }) => dueUtc <= nowUtc);
  const following = rows[due.length];
  // A VM that stands there twice (two workers moved it at once) moves to one row.
  const zones = new Map(due.map(({ vmId, timeZone }) => [vmId, timeZone]));
  const moves = due.map(({ vmId, timeZone: own, dueUtc: fromUtc }) => {
    const timeZone = zones.get(vmId) ?? own;
    return { vmId, timeZone, fromUtc, toUtc: nextOpeningUtc(timeZone, policy, nowUtc) };
  });
  const wanted = {
    sweepUtc: nowUtc,
    call,
    moves,
    more: following !== undefined && following.dueUtc <= nowUtc,
  };
  return moves.length === 0 ? wanted : assessments.take(wanted, last);
}

const keyAt = ({ vmId, dueUtc }: Pick<ScheduledAssessment, 'vmId' | 'dueUtc'>): string => `${dueUtc} ${vmId}`;

function asMove({ vmId, timeZone, fromUtc, toUtc }: TakenDue['moves'][number]): {
  from: ScheduledAssessment;
  to: ScheduledAssessment;
} {
  return { from: { vmId, timeZone, dueUtc: fromUtc }, to: { vmId, timeZone, dueUtc: toUtc } };
}
