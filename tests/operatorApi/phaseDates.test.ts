import type { NeededApproval } from '../../domain/approvals';
import type { Halt } from '../../domain/control';
import { phaseIdOf } from '../../domain/phaseId';
import { phaseDates, type DatesFacts } from '../../operatorApi/phaseDates';
import { aControl, aPhase, ROLLOUT } from '../support/fakeServices';

const [first, second, third] = [phaseIdOf(1), phaseIdOf(2), phaseIdOf(3)];
const day = (n: number): string => `2026-11-${n}T03:00:00.000Z`;

const planned = (
  n: number,
  start: number,
  end: number,
): NonNullable<DatesFacts['plan']>['phases'][number] => ({
  phase: phaseIdOf(n),
  regions: ['eastus'],
  vmCount: 10,
  expectedStartUtc: day(start),
  expectedEndUtc: day(end),
  timeZones: [],
});

const plan = {
  rolloutId: ROLLOUT,
  releasedUtc: '2026-11-10T18:00:00.000Z',
  endsUtc: '2026-12-08T18:00:00.000Z',
  vmCount: 30,
  ineligibleCount: 0,
  lateCount: 0,
  phases: [planned(1, 11, 12), planned(2, 13, 15), planned(3, 17, 20)],
};
const done = aPhase({ phase: first, gate: { kind: 'open', why: 'healthy', atUtc: day(12) } });
const running = aPhase({ phase: second, startedUtc: day(13) });
const toCome = aPhase({ phase: third, startedUtc: null });

const halt: Halt = {
  haltId: 'h',
  kind: 'halt',
  phase: second,
  region: null,
  why: '3 of 13 VMs are unhealthy.',
  atUtc: day(13),
  decision: null,
};

/** Of each phase its days, or what it waits for. */
function said(over: Partial<DatesFacts>): readonly string[] {
  const facts: DatesFacts = {
    control: aControl(),
    phases: [done, running, toCome],
    halts: [],
    plan,
    approvals: [],
    nowUtc: day(14),
    ...over,
  };
  return phaseDates(facts).map(({ expected, waitsFor }) =>
    expected === null
      ? `waits: ${waitsFor ?? 'never'}`
      : `${expected.expectedStartUtc.slice(8, 10)} to ${expected.expectedEndUtc.slice(8, 10)}`,
  );
}

describe('when the phases of a rollout are expected', () => {
  test('is as planned while it keeps to its plan', () => {
    expect(said({})).toEqual(['11 to 12', '13 to 15', '17 to 20']);
  });

  test('is later by whole days when a phase began late, or is not through by its planned end: never in the past', () => {
    expect(said({ phases: [done, { ...running, startedUtc: day(16) }, toCome], nowUtc: day(17) })).toEqual([
      '11 to 12',
      '16 to 18',
      '20 to 23',
    ]);
    expect(said({ nowUtc: '2026-11-18T09:00:00.000Z' })).toEqual(['11 to 12', '17 to 19', '21 to 24']);
    const notBegun = aPhase({ phase: second, startedUtc: null });
    expect(said({ phases: [done, notBegun, toCome], nowUtc: '2026-11-14T09:00:00.000Z' })).toEqual([
      '11 to 12',
      '15 to 17',
      '19 to 22',
    ]);
  });

  test('is not known of a phase that waits for a person, nor of those behind it: it says for what', () => {
    const why = '3 of 13 VMs are unhealthy.';
    expect(said({ halts: [halt] })).toEqual([
      '11 to 12',
      `waits: ${why}`,
      'waits: phase-2 comes first, and waits.',
    ]);
    const regional = { ...halt, kind: 'hold' as const, region: 'eastus' };
    expect(said({ halts: [regional] })[1]).toBe(`waits: eastus: ${why}`);
    expect(said({ control: aControl({ mode: 'paused' }) })[1]).toBe('waits: A person paused the rollout.');
    expect(
      said({ halts: [{ ...halt, decision: { kind: 'resume', by: 'me', atUtc: day(13), reason: 'r' } }] })[1],
    ).toBe('13 to 15');
  });

  test('keeps its dates while an approval that is missing can still be given in time, and then waits for it', () => {
    const missing = { phase: third, state: 'pending', rule: 'before phase 3' } as unknown as NeededApproval;
    expect(said({ approvals: [missing] })[2]).toBe('17 to 20');
    const through = { ...running, gate: done.gate };
    expect(said({ phases: [done, through, toCome], approvals: [missing], nowUtc: day(18) })[2]).toBe(
      'waits: It needs an approval before phase 3: pending.',
    );
  });

  test('is never, of a phase that a cancelled or ended rollout has not come to', () => {
    const never = ['11 to 12', 'waits: never', 'waits: never'];
    expect(said({ control: aControl({ mode: 'cancelled' }) })).toEqual(never);
    expect(said({ control: aControl({ mode: 'ended', endedUtc: day(14) }) })).toEqual(never);
  });
});
