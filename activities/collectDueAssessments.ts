import { mayBeAssessed, nextOpeningUtc } from '../domain/assessmentTimes';
import { earlier } from '../domain/instants';
import { NEVER_UTC } from '../store/agenda';
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
    const moves = due.map((from) => ({
      from,
      to: { ...from, dueUtc: nextOpeningUtc(from.timeZone, policy, nowUtc) },
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
      vms: moves.flatMap(({ to }) => (mayBeAssessed(to.timeZone, policy, nowUtc) ? [to] : [])),
      pace: contracts.Pace.parse(policy),
    };
  },
);
