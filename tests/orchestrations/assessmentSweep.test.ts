import { assessmentSweep } from '../../orchestrations/assessmentSweep';
import { aVm } from '../support/builders';
import { anAssessment } from '../support/fakeDriver';
import { replay } from '../support/replay';
import { pace } from '../support/rolloutScene';

const { id: vmId } = aVm();
const SWEEP = '2026-11-13T03:00:00.000Z';
const dueVm = { vmId, timeZone: 'UTC', dueUtc: SWEEP };

describe('the sweep of assessments', () => {
  it('of a few VMs needs no batch beside it: it assesses them itself, and reads them once most have ended', async () => {
    const operation = { vmId, operationId: 'a' };
    const run = await replay(assessmentSweep, {
      input: { sweepUtc: SWEEP },
      nowUtc: SWEEP,
      activities: {
        collectDueAssessments: () => ({ vms: [dueVm], more: false, pace }),
        startAssessments: () => ({ started: [operation], refused: [], retryAfterSeconds: null }),
        collectAssessments: () => ({
          running: [],
          assessed: [{ vmId, summary: anAssessment() }],
          failed: [],
        }),
      },
    });
    expect(run.output).toEqual({ assessed: 1, failed: 0 });
    expect(run.names).toEqual(['collectDueAssessments', 'startAssessments', 'collectAssessments']);
    expect(Date.parse(run.endedUtc) - Date.parse(SWEEP)).toBe(3 * pace.assessmentPollSeconds * 1000);
  });
});
