import { mayBeAssessed, nextOpeningUtc } from '../domain/assessmentTimes';
import { earlier } from '../domain/instants';
import type { Policy } from '../domain/policy';
import { NEVER_UTC } from '../store/agenda';
import type { ScheduledAssessment } from '../store/assessments';
import * as contracts from './contracts';
import { activity, type AnswerTo } from './services';

/** A batch's VMs pass through its orchestration as messages of under 16 KB. */
const TOGETHER_MAX = 30;

/** */
export const collectDueAssessments = activity(
  contracts.collectDueAssessments,
  async (services, { nowUtc }): Promise<AnswerTo<typeof contracts.collectDueAssessments>> => {
    const { policy, agenda, assessments } = services;
    const seen = await agenda.read('assessments');
    const rows = await assessments.next(TOGETHER_MAX + 1);
    const due = rows.slice(0, TOGETHER_MAX).filter(({ dueUtc }) => dueUtc <= nowUtc);
    // A VM that stands there twice (two workers moved it at once) moves to one row.
    const zones = new Map(due.map(({ vmId, timeZone }) => [vmId, timeZone]));
    const moves = due.map((from) => ({
      from,
      to: nextWindowOf({ ...from, timeZone: zones.get(from.vmId) ?? from.timeZone }, policy, nowUtc),
    }));
    if (moves.length > 0) await assessments.move(moves);
    const [following] = rows.slice(due.length);
    const more = following !== undefined && following.dueUtc <= nowUtc;
    if (!more) {
      const soonest = [...moves.map(({ to }) => to.dueUtc), following?.dueUtc ?? NEVER_UTC].reduce(earlier);
      await agenda.settle(seen, 'assessments', soonest);
    }
    return {
      more,
      vms: [...new Map(moves.map(({ to }) => [to.vmId, to])).values()].filter(({ timeZone }) =>
        mayBeAssessed(timeZone, policy, nowUtc),
      ),
      pace: contracts.Pace.parse(policy),
    };
  },
);

function nextWindowOf(from: ScheduledAssessment, policy: Policy, nowUtc: string): ScheduledAssessment {
  return { ...from, dueUtc: nextOpeningUtc(from.timeZone, policy, nowUtc) };
}
