import { assessmentSweep } from '../../orchestrations/assessmentSweep';
import { replay } from '../support/replay';

const SWEEP = '2026-11-13T03:00:00.000Z';
const READ = '2026-11-13T03:15:00.000Z';

describe('the sweep of assessments', () => {
  it('of a few VMs needs no batch beside it: it assesses them itself, and reads them once most have ended', async () => {
    const run = await replay(assessmentSweep, {
      input: { sweepUtc: SWEEP },
      nowUtc: SWEEP,
      activities: {
        collectDueAssessments: () => ({ batch: 'a', more: false }),
        advanceAssessments: ({ call }) =>
          call === 1
            ? { dueUtc: READ, assessed: 0, failed: 0, because: null }
            : { dueUtc: null, assessed: 1, failed: 0, because: null },
      },
    });
    expect(run.output).toEqual({ assessed: 1, failed: 0, because: null });
    expect(run.names).toEqual(['collectDueAssessments', 'advanceAssessments', 'advanceAssessments']);
    expect(run.endedUtc).toBe(READ);
  });
});
