import { isClean } from '../../audit/certificate';
import type { DriverEvent } from '../../drivers/driver';
import { aSet, at, audit, aVm, event, install, violated } from './logBuilders';

const first = <T>(items: readonly T[], index = 0): T => {
  const item = items[index];
  if (item === undefined) throw new Error(`There is no item ${index}.`);
  return item;
};

describe('INV-8: outcomes', () => {
  const [a, b] = [aVm('a'), aVm('b')];
  const upToDate = (vm: ReturnType<typeof aVm>) => ({
    vm: vm.id.toLowerCase(),
    kind: 'upToDate',
    reason: 'nothingToInstall',
  });

  it('is content when every VM of the fleet has one', () => {
    expect(violated(audit([a, b], [], { outcomes: [upToDate(a), upToDate(b)] }))).toEqual([]);
  });

  it.each([
    ['none', [upToDate(a)]],
    ['two', [upToDate(a), upToDate(b), upToDate(b)]],
    ['one of no known kind', [upToDate(a), { ...upToDate(b), kind: 'lost' }]],
    ['one without a reason', [upToDate(a), { ...upToDate(b), reason: '' }]],
    ['one that is not in the fleet', [upToDate(a), upToDate(b), upToDate(aVm('c'))]],
  ])('catches a VM with %s', (_, outcomes) => {
    expect(violated(audit([a, b], [], { outcomes }))).toEqual(['INV-8']);
  });
});

describe('a log in doubt', () => {
  const vm = aVm('vm');

  it.each([
    ['ends an installation that never started', [event(vm, 1, 'installCompleted', { operationId: 'o' })]],
    ['ends an installation twice', [...install(vm, 0, 60), event(vm, 70, 'installCompleted')]],
    ['installs a patch outside any installation', [event(vm, 1, 'patchInstalled', { patchId: 'KB1' })]],
    ['has a time that is none', [{ ...event(vm, 1, 'poweredOn'), at: 'yesterday' }]],
    ['has a health answer that is none', [event(vm, 1, 'healthProbed')]],
    ['starts an operation twice', [event(vm, 1, 'installStarted'), event(vm, 2, 'installStarted')]],
    [
      'has an installation without a maximum duration',
      [event(vm, 0, 'installStarted', { rolloutId: 'rollout-2026-11' }), event(vm, 9, 'installCompleted')],
    ],
  ])('is not called clean when it %s', (_, log) => {
    const report = audit([vm], [install(aVm('other'), 0, 60), log]);
    expect(report.doubts.length).toBeGreaterThan(0);
    expect(isClean(report)).toBe(false);
  });

  it('is not called clean when nothing was installed', () => {
    expect(isClean(audit([vm], []))).toBe(false);
    expect(isClean(audit([vm], [install(vm, 0, 60)]))).toBe(true);
  });

  it('is judged by its times, whatever the order of its lines', () => {
    const [one, two] = [aVm('one', { zone: '1' }), aVm('two', { zone: '2' })];
    const overlapping = [...install(one, 0, 60), ...install(two, 30, 90)].reverse();
    const touching = [...install(one, 0, 60), ...install(two, 60, 90)].reverse();
    expect(violated(audit([one, two], overlapping))).toEqual(['INV-3']);
    expect(violated(audit([one, two], touching))).toEqual([]);
    const untimed = { ...event(one, 1, 'poweredOn'), at: 'yesterday' };
    const [last, ...others] = overlapping;
    expect(violated(audit([one, two], [last ?? [], untimed, ...others]))).toEqual(['INV-3', 'doubt']);
  });

  it('is judged alike as a stream, which is read once; one that goes back in time is refused, for it cannot be put in order', () => {
    const vms = [aVm('one', { zone: '1' }), aVm('two', { zone: '2' })];
    const log = [...install(vms[0] ?? aVm('one'), 0, 60), ...install(vms[1] ?? aVm('two'), 90, 120)];
    let read = 0;
    const streamed = (of: readonly DriverEvent[]): Iterable<DriverEvent> => ({
      *[Symbol.iterator]() {
        read += 1;
        yield* of;
      },
    });
    expect(audit(vms, [], { events: streamed(log) })).toEqual(audit(vms, log));
    expect(read).toBe(1);
    expect(() => audit(vms, [], { events: streamed([...log].reverse()) })).toThrow('goes back in time');
  });
});

describe('the blast radius', () => {
  it('is the largest share of anything that was ever down at once, when, and how much is allowed', () => {
    const set = aSet('web', 20);
    const vms = [
      ...set,
      ...Array.from({ length: 20 }, (_, i) => aVm(`vm-${i}`, { region: 'japaneast', zone: '1' })),
    ];
    const log = [
      ...[0, 2, 4].map((i) => install(first(set, i), 10, 60)),
      install(first(vms, 20), 0, 60),
      install(first(vms, 21), 60, 90),
    ];
    expect(audit(vms, log).blastRadius.peaks).toEqual([
      { scope: 'fleet', name: 'all VMs', count: 4, size: 40, limit: null, at: at(10) },
      { scope: 'region', name: 'eastus', count: 3, size: 20, limit: null, at: at(10) },
      { scope: 'zone', name: 'japaneast zone 1', count: 1, size: 20, limit: null, at: at(0) },
      { scope: 'availabilitySet', name: 'web', count: 3, size: 20, limit: 4, at: at(10) },
      { scope: 'updateDomain', name: 'web update domain 0', count: 3, size: 10, limit: null, at: at(10) },
      { scope: 'subscription', name: first(vms).subscription, count: 4, size: 40, limit: null, at: at(10) },
    ]);
  });

  it('does not take two VMs for down at once when one begins as the other ends', () => {
    const [a, b] = [aVm('a'), aVm('b')];
    const [fleet] = audit([a, b], [install(a, 0, 60), install(b, 60, 90)]).blastRadius.peaks;
    expect(fleet).toMatchObject({ count: 1, at: at(0) });
  });
});
