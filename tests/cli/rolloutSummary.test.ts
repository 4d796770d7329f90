import { describeOutcome } from '../../cli/rolloutSummary';
import type { RolloutView } from '../../cli/rolloutView';
import { drawTimeline } from '../../cli/timeline';
import { expectGolden } from '../support/golden';

type Phase = RolloutView['phases'][number];

function phase(n: number, over: Partial<Phase>): Phase {
  return {
    phase: `phase-${n}`,
    regions: ['eastus'],
    vmCount: n * 10,
    startedUtc: null,
    endedUtc: null,
    gate: null,
    ...over,
  };
}

const halted: RolloutView = {
  id: 'rollout-2026-11',
  month: '2026-11',
  state: 'ended',
  releasedUtc: '2026-11-10T18:00:00.000Z',
  endsUtc: '2026-12-08T18:00:00.000Z',
  endedUtc: '2026-11-20T06:00:00.000Z',
  vmCount: 45,
  eligibleCount: 35,
  outcomes: { patched: 20, unhealthy: 3, skipped: 22 },
  reasons: {
    patched: { installed: 20 },
    unhealthy: { unhealthyAfterUpdate: 3 },
    skipped: { operatorSkipped: 12, excluded: 10 },
  },
  phases: [
    phase(1, {
      startedUtc: '2026-11-10T18:05:00.000Z',
      endedUtc: '2026-11-11T06:30:00.000Z',
      gate: { kind: 'open', why: '10 VMs are healthy, 0 unhealthy; 0 installations failed.' },
    }),
    phase(2, {
      regions: ['westeurope', 'japaneast'],
      startedUtc: '2026-11-12T04:00:00.000Z',
      endedUtc: '2026-11-15T09:00:00.000Z',
      gate: { kind: 'stopped', why: 'A person gave it up.' },
    }),
    phase(3, {}),
  ],
  halts: [
    {
      haltId: 'phase-2',
      kind: 'halt',
      phase: 'phase-2',
      region: null,
      why: '3 of 13 VMs are unhealthy.',
      atUtc: '2026-11-13T04:00:00.000Z',
      decision: { kind: 'skip' },
    },
  ],
};

test('a person reads how a rollout went: when each phase was, its gate, every outcome with its reasons, what halted it', () => {
  expectGolden('rollout-summary.txt', describeOutcome(halted, 100));
});

test('what was not decided waits for a decision as long as the rollout does, and no longer', () => {
  const halts = halted.halts.map((halt) => ({ ...halt, decision: null }));
  for (const [state, says] of [
    ['halted', 'no decision yet'],
    ['cancelling', 'no decision yet'],
    ['ended', 'never decided'],
    ['cancelled', 'never decided'],
  ] as const)
    expect(describeOutcome({ ...halted, state, halts }, 100)).toContain(`(${says})`);
});

test('a phase without a gate says what is expected of it, what it waits for, or that its rollout was cancelled: no date of the past', () => {
  const expected = {
    expectedStartUtc: '2026-11-16T03:00:00.000Z',
    expectedEndUtc: '2026-11-17T03:00:00.000Z',
  };
  const said = (state: string, over: Partial<Phase>): string =>
    describeOutcome({ ...halted, state, phases: [phase(3, over)] }, 200);
  expect(said('running', { expected })).toContain(
    'gate not decided, expected Mon 16 Nov 2026 03:00 to Tue 17 Nov 2026 03:00',
  );
  expect(said('halted', { waitsFor: '3 VMs are unhealthy.' })).toContain(
    'gate not decided, waits: 3 VMs are unhealthy.',
  );
  const startedUtc = '2026-11-12T04:00:00.000Z';
  expect(said('cancelled', {})).toContain('not begun: the rollout was cancelled');
  expect(said('cancelling', { startedUtc })).toContain('not finished: the rollout was cancelled');
  expect(said('ended', { startedUtc })).toContain('not finished when the rollout ended');
});

test.each([60, 80, 200])('its lines fit a terminal of %d columns, and nothing is cut off', (width) => {
  const regions = ['brazilsoutheast', 'centralus', 'eastasia', 'eastus', 'japaneast', 'southcentralus'];
  const [first] = halted.phases;
  const long = { ...halted, phases: [{ ...phase(1, {}), ...first, regions }] };
  const text = describeOutcome(long, width);
  const [picture = '', described = ''] = text.split('Phases');
  for (const line of picture.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(width);
  for (const word of [...regions, 'operatorSkipped 12', 'excluded 10']) expect(described).toContain(word);
  const wrapped = described.split('\n').filter((line) => line.startsWith(' '.repeat(12)));
  for (const line of wrapped) expect(line.length).toBeLessThanOrEqual(width);
});

test('the picture of a long month fits a terminal', () => {
  const lines = drawTimeline([
    {
      name: 'phase-1',
      startUtc: '2026-11-10T18:00:00.000Z',
      endUtc: '2026-11-11T18:00:00.000Z',
      note: '1 VM',
    },
    {
      name: 'phase-2',
      startUtc: '2026-11-12T18:00:00.000Z',
      endUtc: '2026-12-08T18:00:00.000Z',
      note: '9 VMs',
    },
  ]);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
});

test('nothing that lasted, no picture', () => {
  expect(drawTimeline([])).toEqual([]);
});
