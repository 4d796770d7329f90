import { controlFor, decidedUntil, type Halt } from '../../domain/control';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import { aControl, IN_THE_WINDOW, WINDOW_OPENS } from '../support/fakeServices';

const HERE = { phase: phaseIdOf(2), region: 'eastus' };
const PHASE = { phase: phaseIdOf(2), region: null };

function aHalt(over: Partial<Halt> = {}): Halt {
  return {
    haltId: 'phase-2.eastus.zone-1',
    kind: 'halt',
    phase: phaseIdOf(2),
    region: 'eastus',
    why: '2 of 3 VMs are unhealthy',
    atUtc: WINDOW_OPENS,
    decision: null,
    ...over,
  };
}

const decided = (kind: 'resume' | 'skip' | 'cancel', atUtc = IN_THE_WINDOW): Halt['decision'] => ({
  kind,
  by: 'ann',
  reason: 'seen to',
  atUtc,
});

describe('INV-9: paused means that nothing new starts', () => {
  it('a running rollout may go on, a paused one waits', () => {
    expect(controlFor(aControl(), [], HERE, IN_THE_WINDOW)).toEqual({ kind: 'go' });
    expect(controlFor(aControl({ mode: 'paused' }), [], HERE, IN_THE_WINDOW)).toMatchObject({
      kind: 'wait',
      reason: 'rolloutPaused',
    });
  });
});

describe('INV-6: a halt', () => {
  it.each([
    ['in its region', HERE],
    ['in its phase', PHASE],
    ['in every other region', { phase: phaseIdOf(2), region: 'japaneast' }],
    ['in stragglers of another phase', { phase: phaseIdOf(1), region: 'westus' }],
    ['in catch-ups', { phase: PhaseId.parse('catchup-2026-11-14t03'), region: 'eastus' }],
  ])('stops new starts %s', (_where, where) => {
    expect(controlFor(aControl(), [aHalt()], where, IN_THE_WINDOW)).toEqual({
      kind: 'wait',
      reason: 'rolloutHalted',
      why: '2 of 3 VMs are unhealthy',
    });
  });

  it('that was answered stops nothing any more', () => {
    const halts = [aHalt({ decision: decided('resume') })];
    expect(controlFor(aControl(), halts, HERE, IN_THE_WINDOW)).toEqual({ kind: 'go' });
  });

  it('that comes after an answered one stops again: an answer is for one halt', () => {
    const halts = [aHalt({ decision: decided('resume') }), aHalt({ haltId: 'phase-2.eastus.zone-2' })];
    expect(controlFor(aControl(), halts, HERE, IN_THE_WINDOW).kind).toBe('wait');
  });
});

describe('a hold', () => {
  const hold = aHalt({ kind: 'hold' });

  it('stops its region, and no other', () => {
    expect(controlFor(aControl(), [hold], HERE, IN_THE_WINDOW).kind).toBe('wait');
    expect(controlFor(aControl(), [hold], { ...HERE, region: 'japaneast' }, IN_THE_WINDOW).kind).toBe('go');
  });

  it('leaves the phase as a whole to its own gate', () => {
    expect(controlFor(aControl(), [hold], PHASE, IN_THE_WINDOW).kind).toBe('go');
  });
});

describe('an operator who skips', () => {
  it('the halt of a region gives up the region, and lets the others go on', () => {
    const halts = [aHalt({ decision: decided('skip') })];
    expect(controlFor(aControl(), halts, HERE, IN_THE_WINDOW)).toEqual({
      kind: 'stop',
      reason: 'operatorSkipped',
    });
    expect(controlFor(aControl(), halts, { ...HERE, region: 'japaneast' }, IN_THE_WINDOW).kind).toBe('go');
    expect(controlFor(aControl(), halts, { ...HERE, phase: phaseIdOf(3) }, IN_THE_WINDOW).kind).toBe('go');
  });

  it('the halt of a phase gives up the phase', () => {
    const halts = [aHalt({ region: null, decision: decided('skip') })];
    expect(controlFor(aControl(), halts, HERE, IN_THE_WINDOW).kind).toBe('stop');
    expect(controlFor(aControl(), halts, PHASE, IN_THE_WINDOW).kind).toBe('stop');
  });
});

describe('a rollout that is over', () => {
  it.each([
    ['cancelled', aControl({ mode: 'cancelled' }), 'rolloutCancelled'],
    ['superseded', aControl({ endsUtc: IN_THE_WINDOW }), 'superseded'],
    ['too late', aControl({ endsUtc: IN_THE_WINDOW, endsBecause: 'deadlinePassed' }), 'deadlinePassed'],
    ['ended', aControl({ mode: 'ended' }), 'superseded'],
  ])('stops, also when it is paused or halted: %s', (_why, control, reason) => {
    expect(controlFor(control, [aHalt()], HERE, IN_THE_WINDOW)).toEqual({ kind: 'stop', reason });
  });
});

describe('evidence that a person has decided on', () => {
  it('is that until the decision, in the region and in the phase', () => {
    const halts = [aHalt({ decision: decided('resume') })];
    expect(decidedUntil(halts, HERE)).toBe(IN_THE_WINDOW);
    expect(decidedUntil(halts, PHASE)).toBe(IN_THE_WINDOW);
    expect(decidedUntil(halts, { ...HERE, region: 'japaneast' })).toBeNull();
    expect(decidedUntil(halts, { ...PHASE, phase: phaseIdOf(3) })).toBeNull();
  });

  it('is that until the latest of several decisions, skips among them; an open halt decides nothing', () => {
    const halts = [
      aHalt({ haltId: '1', decision: decided('resume', '2026-11-14T03:00:00.000Z') }),
      aHalt({ haltId: '2', decision: decided('resume') }),
      aHalt({ haltId: '3', decision: decided('skip', '2026-11-15T03:00:00.000Z') }),
      aHalt({ haltId: '4' }),
    ];
    expect(decidedUntil(halts, HERE)).toBe('2026-11-15T03:00:00.000Z');
  });
});
