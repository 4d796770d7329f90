import { nextAssessmentUtc } from '../../domain/assessmentTimes';
import { addSeconds, earlier } from '../../domain/instants';
import type { ScheduledAssessment } from '../../store/assessments';
import type { Services } from '../services';

/** A VM that was due and was assessed: when it was put off to, when its assessment began, and whether its extension was not the latest by then. */
export interface AssessedVm extends ScheduledAssessment {
  readonly startedUtc: string;
  readonly extensionIsBehind: boolean;
}

/**
 * a VM that was assessed is due again in a few days. One that could not be was put off to its next window when it was taken. The days count from
 * the assessment, so that a repeat moves a VM to the same row and not to a second one.
 */
export async function scheduleAssessed(services: Services, assessed: readonly AssessedVm[]): Promise<void> {
  if (assessed.length === 0) return;
  const { policy, agenda, assessments } = services;
  const nowUtc = services.nowUtc();
  const moves = assessed.map(({ vmId, timeZone, dueUtc, startedUtc }) => {
    const sinceUtc = earlier(addSeconds(startedUtc, 0), nowUtc);
    return {
      from: { vmId, timeZone, dueUtc },
      to: { vmId, timeZone, dueUtc: nextAssessmentUtc(timeZone, policy, sinceUtc) },
    };
  });
  await noteExtensions(services, assessed);
  await assessments.move(moves);
  // Later than they were put off to, the agenda needs no word of it.
  const sooner = moves.filter(({ from, to }) => to.dueUtc < from.dueUtc).map(({ to }) => to.dueUtc);
  if (sooner.length > 0) await agenda.soonest('assessments', sooner.reduce(earlier), nowUtc);
}

/** the extension is not updated by hand, so Lowtide has to notice that it is behind. */
async function noteExtensions(services: Services, assessed: readonly AssessedVm[]): Promise<void> {
  const outdated = assessed.flatMap(({ vmId, timeZone, extensionIsBehind }) =>
    extensionIsBehind ? [{ vmId, timeZone }] : [],
  );
  if (outdated.length === 0) return;
  await services.enablements.mark(outdated, 'outdated');
  await services.agenda.soonest('extensions', services.nowUtc(), services.nowUtc());
}
