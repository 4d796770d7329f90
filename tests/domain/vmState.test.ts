import { applyVmEvent, newVmState, VmState, type VmEvent } from '../../domain/vmState';
import { aVm } from '../support/builders';
import { anAssessment, anInstallation } from '../support/fakeDriver';
import { IN_THE_WINDOW } from '../support/fakeServices';

const { id: vmId } = aVm();
const healthy = { answer: 'healthy' as const, because: '', atUtc: IN_THE_WINDOW };

const ended = (over: Partial<Extract<VmEvent, { kind: 'ended' }>> = {}): VmEvent => ({
  kind: 'ended',
  rolloutId: 'rollout-2026-11',
  outcome: { vmId, kind: 'patched', reason: 'installed', detail: '', atUtc: IN_THE_WINDOW },
  assessment: null,
  installation: anInstallation({ status: 'Succeeded' }),
  health: healthy,
  ...over,
});

const after = (...events: VmEvent[]): VmState => events.reduce(applyVmEvent, newVmState);

describe('what is remembered of a VM', () => {
  it('R-802: the latest assessment of a round, whatever order their ends arrive in', () => {
    const early = anAssessment({ startTime: '2026-11-10T03:00:00.000Z' });
    const late = anAssessment({ startTime: '2026-11-13T03:00:00.000Z', criticalAndSecurityPatchCount: 0 });
    const events = [early, late].map((assessment) => ended({ assessment }));
    expect(after(...events).lastAssessment).toEqual(late);
    expect(after(...events.reverse()).lastAssessment).toEqual(late);
  });

  it('R-803: the latest installation, whatever order they arrive in', () => {
    const early = ended({ installation: anInstallation({ startTime: '2026-11-10T03:00:00.000Z' }) });
    const late = ended({ installation: anInstallation({ startTime: '2026-11-13T03:00:00.000Z' }) });
    expect(after(late, early).lastInstallation?.startTime).toBe('2026-11-13T03:00:00.000Z');
  });

  it('an attempt without an installation leaves the last one as it was', () => {
    const state = after(ended(), ended({ installation: null, health: null }));
    expect(state.lastInstallation).toEqual(anInstallation({ status: 'Succeeded' }));
    expect(state.health).toEqual(healthy);
  });

  it('INV-7: which claim is installing, until it has ended', () => {
    const running = after({ kind: 'installStarted', claimId: 'claim-1' });
    expect(running.installSlot).toBe('claim-1');
    expect(applyVmEvent(running, ended()).installSlot).toBeNull();
  });

  it('R-702: how far its enablement has come', () => {
    const event: VmEvent = { kind: 'enablement', state: 'pending', atUtc: IN_THE_WINDOW, detail: 'waiting' };
    expect(after(event).enablement).toEqual({ kind: 'pending', sinceUtc: IN_THE_WINDOW, detail: 'waiting' });
  });

  it('is less than 8 KB, in JSON that reads back', () => {
    const long = { code: 'E', message: 'x'.repeat(1_000) };
    const state = after(
      { kind: 'enablement', state: 'ready', atUtc: IN_THE_WINDOW, detail: 'y'.repeat(1_000) },
      ended({ assessment: anAssessment({ error: long }), installation: anInstallation({ error: long }) }),
    );
    const json = JSON.stringify(state);
    expect(json.length).toBeLessThan(8_192);
    expect(VmState.parse(JSON.parse(json))).toEqual(state);
  });
});
