import { catchUpIdOf, isCanary, isCatchUp, NO_PHASE, PhaseId, phaseIdOf } from '../../domain/phaseId';

describe('the id of a phase', () => {
  it('distinguishes the canary, a later phase, a catch-up and no phase', () => {
    const ids = [phaseIdOf(1), phaseIdOf(10), catchUpIdOf('2026-11-14T22:10:00.000Z'), NO_PHASE];
    expect(ids).toEqual(['phase-1', 'phase-10', 'catchup-2026-11-14t2210', 'none']);
    expect(ids.map(isCanary)).toEqual([true, false, false, false]);
    expect(ids.map(isCatchUp)).toEqual([false, false, true, false]);
  });

  it.each(['phase-0', 'phase-', 'Phase-1', 'catch-up', '', 'phase-1~eastus'])('is never «%s»', (text) => {
    expect(PhaseId.safeParse(text).success).toBe(false);
  });
});
