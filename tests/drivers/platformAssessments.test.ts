import { wallClock } from '../../drivers/azure/requestBudgets';
import { PlatformAssessments } from '../../drivers/azure/platformAssessments';
import type { ResourceGraph } from '../../drivers/azure/resourceGraph';
import type { VmState } from '../../drivers/azure/vmState';
import type { PatchInstallationSummary } from '../../domain/patches';
import { anInstallation } from '../support/fakeDriver';
import { aVm } from '../support/builders';

/** The release of November 2026 was on the 10th at 18:00. */
const NOW = '2026-11-12T12:00:00.000Z';
const vm = aVm({ name: 'web' });
const rowAt = (at: string, security: number, over: object = {}): object => ({
  id: `${vm.id}/patchAssessmentResults/latest`,
  status: 'Succeeded',
  assessmentActivityId: 'a-1',
  rebootPending: true,
  availablePatchCountByClassification: { Security: security, Critical: 0, Other: 4 },
  startDateTime: at,
  lastModifiedDateTime: at,
  ...over,
});

/** What is taken of a row: its summary, or null when the VM has to be asked itself. */
async function taken(
  row: object,
  {
    nowUtc = NOW,
    installation = null as PatchInstallationSummary | null,
    assessmentMode = 'automaticByPlatform',
  } = {},
): Promise<unknown> {
  const graph = { all: () => Promise.resolve([row]) } as unknown as ResourceGraph;
  const platform = new PlatformAssessments(graph, wallClock);
  const answer = await platform.start(
    { vm, model: { assessmentMode }, installation } as unknown as VmState,
    nowUtc,
  );
  if (answer?.kind !== 'started') return null;
  const found = platform.find(answer.operationId);
  return found?.kind === 'assessed' ? found.summary : null;
}

describe('the assessments that Azure makes by itself', () => {
  it('are taken as they are, with the reboot that is pending', async () => {
    expect(await taken(rowAt('2026-11-12T03:00:00Z', 3))).toMatchObject({
      criticalAndSecurityPatchCount: 3,
      otherPatchCount: 4,
      rebootPending: true,
    });
  });

  it('are not taken of a VM that Azure does not assess daily', async () => {
    expect(await taken(rowAt('2026-11-12T03:00:00Z', 3), { assessmentMode: 'ImageDefault' })).toBeNull();
  });

  it('are not taken when they are older than a day', async () => {
    expect(await taken(rowAt('2026-11-11T09:00:00Z', 3))).toBeNull();
  });

  it('are not taken when they failed, or are from before the last installation', async () => {
    const at = '2026-11-12T03:00:00.000Z';
    expect(await taken(rowAt(at, 3, { status: 'Failed' }))).toBeNull();
    const installation = anInstallation({
      status: 'Succeeded',
      lastModifiedTime: '2026-11-12T04:00:00.000Z',
    });
    expect(await taken(rowAt(at, 3), { installation })).toBeNull();
  });

  it('that found nothing before the release say nothing of the month: what they found is there still', async () => {
    const nowUtc = '2026-11-11T06:00:00.000Z';
    expect(await taken(rowAt('2026-11-10T12:00:00Z', 0), { nowUtc })).toBeNull();
    expect(await taken(rowAt('2026-11-10T12:00:00Z', 2), { nowUtc })).not.toBeNull();
    expect(await taken(rowAt('2026-11-10T20:00:00Z', 0), { nowUtc })).not.toBeNull();
  });
});
