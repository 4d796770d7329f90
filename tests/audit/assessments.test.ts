import type { AuditFreeze, AuditInput, AuditOutcome } from '../../audit/auditInput';
import type { DriverEvent } from '../../drivers/driver';
import { at, audit, aVm, event, install, violated } from './logBuilders';

const DAY = 24 * 60;
const vm = aVm('vm-1');
const patched: AuditOutcome = { vm: vm.id, kind: 'patched', reason: 'installed' };
const assessed = (day: number): DriverEvent => event(vm, day * DAY, 'assessmentStarted');
/** The log begins at day 0 with something about another VM. */
const begins = event(aVm('other'), 0, 'assessmentStarted');

const judge = (events: readonly DriverEvent[], over: Partial<AuditInput> = {}): string[] =>
  violated(
    audit([vm], [begins, ...events], {
      assessmentEverySeconds: 3 * 86_400,
      outcomes: [patched],
      untilUtc: event(vm, 20 * DAY, 'poweredOn').at,
      ...over,
    }),
  ).filter((invariant) => invariant === 'INV-16');

describe('INV-16: a VM that takes part and runs', () => {
  it.each([
    ['is too old for guest patching (R-502)', { isOfLinux: true, isReady: true, version: '2.2.40' }, []],
    ['has not reported', { isOfLinux: false, isReady: false, version: null }, []],
    ['is just new enough', { isOfLinux: true, isReady: true, version: '2.2.53.1' }, ['INV-16']],
    ['is newer', { isOfLinux: true, isReady: true, version: '2.9.1.1' }, ['INV-16']],
    ['is one of Windows', { isOfLinux: false, isReady: true, version: '2.2.40' }, ['INV-16']],
  ])('whose agent %s, and that no rollout came to', (_how, agent, broken) => {
    const outcomes: AuditOutcome[] = [{ vm: vm.id, kind: 'deferred', reason: 'rolloutHalted' }];
    const over = {
      assessmentEverySeconds: 3 * 86_400,
      outcomes,
      untilUtc: event(vm, 20 * DAY, 'poweredOn').at,
    };
    expect(violated(audit([{ ...vm, agent }], [begins], over))).toEqual(broken);
  });

  it('is assessed every three days, or at most two windows later', () => {
    expect(judge([3, 8, 11, 15, 18].map(assessed))).toEqual([]);
  });

  it('may be assessed until the second window closes', () => {
    const assessedAt = (minute: number): DriverEvent => event(vm, minute, 'assessmentStarted');
    const rest = [11, 14, 17, 20].map(assessed);
    expect(judge([assessed(3), assessedAt(8 * DAY + 470), ...rest])).toEqual([]);
    expect(judge([assessed(3), assessedAt(8 * DAY + 490), ...rest])).toEqual(['INV-16']);
  });

  it('is found where the hours are always open', () => {
    const open = { offPeak: { opens: '00:00', closes: '00:00' } };
    expect(judge([3, 8].map(assessed), { ...open, untilUtc: event(vm, 9 * DAY, 'poweredOn').at })).toEqual(
      [],
    );
    expect(judge([3, 9].map(assessed), open)).toEqual(['INV-16']);
  });

  it('is the same after its owner moved it, and is not asked for once it is deleted', () => {
    const to = aVm('moved-to', { id: vm.id.replace('/rg/', '/rg-moved/') });
    const moved = event(vm, 4 * DAY, 'moved', { to: to.id });
    const after = [6, 9, 12, 15, 18].map((day) => event(to, day * DAY, 'assessmentStarted'));
    expect(judge([assessed(3), moved, ...after])).toEqual([]);
    expect(judge([assessed(3), moved, ...after.slice(2)])).toEqual(['INV-16']);
    expect(judge([assessed(3), event(vm, 4 * DAY, 'deleted')])).toEqual([]);
  });

  it('that was off when the log began is asked for from when it runs', () => {
    const off = { ...vm, isOff: true };
    const of = (events: readonly DriverEvent[]): string[] =>
      violated(
        audit([off], [begins, ...events], {
          assessmentEverySeconds: 3 * 86_400,
          outcomes: [patched],
          untilUtc: event(vm, 20 * DAY, 'poweredOn').at,
        }),
      ).filter((invariant) => invariant === 'INV-16');
    expect(of([])).toEqual([]);
    expect(of([event(vm, 2 * DAY, 'poweredOn')])).toEqual(['INV-16']);
  });

  it('is found when it is not, in between or at the end', () => {
    expect(judge([3, 9, 12, 15, 18].map(assessed))).toEqual(['INV-16']);
    expect(judge([3, 6, 9, 12, 14].map(assessed))).toEqual(['INV-16']);
    expect(judge([])).toEqual(['INV-16']);
  });

  it.each([
    ['was off', [event(vm, 4 * DAY, 'poweredOff'), event(vm, 10 * DAY, 'poweredOn')]],
    ['had a silent agent', [event(vm, 4 * DAY, 'agentLost'), event(vm, 10 * DAY, 'agentRestored')]],
  ])('near miss: while it %s nothing is asked, and its time begins again', (_why, pause) => {
    expect(judge([assessed(3), ...pause, ...[14, 17].map(assessed)])).toEqual([]);
    expect(judge([assessed(3), ...pause, ...[16, 19].map(assessed)])).toEqual(['INV-16']);
  });

  it.each([
    ['took no part', { outcomes: [{ ...patched, kind: 'skipped', reason: 'excluded' }] }],
    [
      'was off when it was looked at last',
      { outcomes: [{ ...patched, kind: 'deferred', reason: 'poweredOff' }] },
    ],
    ['was changed by its owner', { changedByOwner: [vm.id] }],
    ['is not spoken of by the policy', { assessmentEverySeconds: undefined }],
  ])('near miss: one that %s need not be', (_why, over) => {
    const { assessmentEverySeconds, ...more } = { assessmentEverySeconds: 3 * 86_400, ...over };
    const period = assessmentEverySeconds === undefined ? {} : { assessmentEverySeconds };
    const report = audit([vm], [begins], { outcomes: [patched], ...more, ...period });
    expect(violated(report).filter((invariant) => invariant === 'INV-16')).toEqual([]);
  });
});

describe('INV-17: nothing is done to a VM against the word of its owner', () => {
  const touched = (
    facts: Parameters<typeof aVm>[1],
    events: (of: ReturnType<typeof aVm>) => DriverEvent[],
  ): string[] => {
    const own = aVm('own', facts);
    return violated(audit([own], events(own))).filter((invariant) => invariant === 'INV-17');
  };
  const excluded = { tags: { 'Lowtide-Exclude': 'TRUE', 'lowtide-timezone': 'UTC' } };
  const byRollout = (of: ReturnType<typeof aVm>): DriverEvent[] => install(of, 10, 40);
  const byHand = (of: ReturnType<typeof aVm>): DriverEvent[] => install(of, 10, 40, { rolloutId: null });
  const afterMove = (of: ReturnType<typeof aVm>): DriverEvent[] => {
    const to = { ...of, id: of.id.replace('/rg/', '/rg-moved/') };
    return [event(of, 5, 'moved', { to: to.id }), ...install(to, 10, 40)];
  };
  const rebooted = (of: ReturnType<typeof aVm>): DriverEvent[] => [
    event(of, 30, 'rebootStarted', { rolloutId: 'rollout-2026-11', operationId: 'o' }),
  ];

  it.each([
    ['an excluded VM is installed on by a rollout', excluded, byRollout],
    [
      'an excluded VM is assessed',
      excluded,
      (of: ReturnType<typeof aVm>) => [event(of, 5, 'assessmentStarted')],
    ],
    ['a VM of its owner’s schedule is installed on by a rollout', { hasOwnSchedule: true }, byRollout],
    ['a VM in Manual is installed on by a rollout', { patchMode: 'Manual' }, byRollout],
    ['a VM in AutomaticByOS is installed on by a rollout', { patchMode: 'AutomaticByOS' }, byRollout],
    ['a VM in ImageDefault is installed on by a rollout', { patchMode: 'ImageDefault' }, byRollout],
    ['a VM whose patch mode is not set is installed on by a rollout', { patchMode: null }, byRollout],
    ['an excluded VM is installed on after it was moved', excluded, afterMove],
    ['a VM that must not reboot is rebooted', { rebootSetting: 'Never' }, rebooted],
  ])('%s: found', (_what, facts, events) => {
    expect(touched(facts, events)).toEqual(['INV-17']);
  });

  it.each([
    ['an excluded VM is installed on because a person asked', excluded, byHand],
    ['a tag that is not true excludes nothing', { tags: { 'lowtide-exclude': 'no' } }, byRollout],
    [
      'a VM in Manual whose own updates are off is Lowtide’s',
      { patchMode: 'Manual', isInCharge: true },
      byRollout,
    ],
    ['a VM of which the fleet does not say its mode', {}, byRollout],
    ['a VM in AutomaticByPlatform, in any case', { patchMode: 'automaticByPlatform' }, byRollout],
    ['a VM in AutomaticByPlatform', { patchMode: 'AutomaticByPlatform' }, byRollout],
    ['a VM that reboots if required', { rebootSetting: 'IfRequired' }, rebooted],
  ])('near miss: %s', (_what, facts, events) => {
    expect(touched(facts, events)).toEqual([]);
  });

  const FREEZE = {
    id: 'launch',
    kind: 'freeze',
    selector: { tag: 'lowtide-timezone=UTC' },
    from: '2026-11-10T22:30',
    to: '2026-11-11',
    timeZone: null,
    sinceUtc: '2026-11-01T00:00:00.000Z',
    liftedUtc: null,
  } as const;
  const frozen = (freeze: Partial<AuditFreeze>, from: number, to: number): string[] => {
    const own = aVm('own', { tags: { 'lowtide-timezone': 'UTC' } });
    const report = audit([own], install(own, from, to), { freezes: [{ ...FREEZE, ...freeze }] });
    return violated(report).filter((invariant) => invariant === 'INV-17');
  };

  it.each([
    ['a rollout installs while a freeze stands', {}, 60, 90],
    ['an installation runs into a freeze that was known', {}, 10, 40],
    ['a rollout installs while an exclusion stands', { kind: 'exclusion', id: 'move' }, 60, 90],
    ['the end of a freeze is a day of the VM, included', { to: '2026-11-10' }, 60, 90],
  ])('%s: found', (_what, freeze, from, to) => {
    expect(frozen(freeze, from, to)).toEqual(['INV-17']);
  });

  it.each([
    ['it is over before the freeze begins', {}, 10, 20],
    ['the freeze came when it had started', { sinceUtc: at(20) }, 10, 40],
    ['the freeze was lifted before it starts', { liftedUtc: at(55) }, 60, 90],
    ['the freeze is for other VMs', { selector: { region: 'eastasia' } }, 60, 90],
    ['the freeze is over', { from: '2026-11-10', to: '2026-11-10T22:55' }, 60, 90],
  ])('near miss: %s', (_what, freeze, from, to) => {
    expect(frozen(freeze, from, to)).toEqual([]);
  });
});
