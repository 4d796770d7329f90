import type { Freeze } from '../../domain/freezes';
import { defaultPolicy } from '../../domain/policy';
import { lastStart, nextStart, startQuestion } from '../../planning/nextStart';
import { aVm } from '../support/builders';

const POLICY = { ...defaultPolicy, assessmentPollSeconds: 0 };
/** Off-peak hours of a VM in UTC: 22:00 to 06:00. An installation and its reserve take 85 minutes. */
function question(freezes: readonly Pick<Freeze, 'from' | 'to'>[]): Parameters<typeof nextStart>[0] {
  const all = freezes.map(({ from, to }, index): Freeze => ({
    id: `freeze-${index}`,
    kind: 'freeze',
    selector: {},
    from,
    to,
    timeZone: null,
    reason: 'The launch.',
    owner: 'ops',
    createdUtc: '2026-11-01T00:00:00.000Z',
    createdBy: 'ops',
  }));
  const facts = { policy: POLICY, vm: aVm(), timeZone: 'UTC', freezes: all, outcome: null };
  return startQuestion(facts, '2026-11-12T22:00:00.000Z', '2026-11-15T00:00:00.000Z');
}

it('a VM starts in its window as long as an installation can end before the next freeze', () => {
  const before = question([{ from: '2026-11-12T23:30:00Z', to: '2026-11-13T04:00:00Z' }]);
  expect(nextStart(before, POLICY)).toMatchObject({
    opensUtc: '2026-11-12T22:00:00.000Z',
    startByUtc: '2026-11-12T22:05:00.000Z',
  });
});

it('a VM waits for the end of a freeze before which no installation could end', () => {
  const soon = question([{ from: '2026-11-12T23:20:00Z', to: '2026-11-13T04:00:00Z' }]);
  expect(nextStart(soon, POLICY)).toMatchObject({ opensUtc: '2026-11-13T04:00:00.000Z' });
});

it('the last start of a VM is as long before a freeze as an installation takes', () => {
  const toTheEnd = question([{ from: '2026-11-14T02:00:00Z', to: '2026-11-20T00:00:00Z' }]);
  expect(lastStart(toTheEnd, POLICY)).toBe('2026-11-14T00:35:00.000Z');
});

it('a VM that failed in one of two windows that lie in one another starts in the next that opens', () => {
  const open = [
    { opens: '01:00', closes: '03:00' },
    { opens: '00:00', closes: '04:00' },
  ];
  const policy = { ...POLICY, ownWindows: [{ name: 'two', selector: {}, open }] };
  const failed = {
    ...question([]),
    timeZone: 'UTC#two',
    fromUtc: '2026-11-13T02:00:00.000Z',
    freshAfterUtc: '2026-11-13T00:00:00.000Z',
  };
  expect(nextStart(failed, policy)?.opensUtc).toBe('2026-11-14T00:00:00.000Z');
});
