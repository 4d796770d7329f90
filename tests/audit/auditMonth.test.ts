import type { AuditPhase } from '../../audit/auditInput';
import { aSet, at, audit, aVm, event, install, probe, setId, violated } from './logBuilders';

const first = <T>(items: readonly T[], index = 0): T => {
  const item = items[index];
  if (item === undefined) throw new Error(`There is no item ${index}.`);
  return item;
};

describe('INV-1: inside an availability set', () => {
  const set = aSet('web', 20);
  const [a0, b0, a1, b1, a2] = [0, 1, 2, 3, 4].map((i) => first(set, i)) as [Vm, Vm, Vm, Vm, Vm];

  it('catches two update domains of one set that are down together', () => {
    const report = audit(set, [install(a0, 0, 60), probe(a0, 61, 'healthy'), install(b0, 59, 119)]);
    expect(violated(report)).toEqual(['INV-1']);
    expect(report.violations).toMatchObject([{ vm: b0.id, at: at(59) }]);
  });

  it('lets one update domain begin as the other ends and is healthy', () => {
    expect(
      violated(audit(set, [install(a0, 0, 60), probe(a0, 60, 'healthy'), install(b0, 60, 120)])),
    ).toEqual([]);
  });

  it('lets two sets go on at once', () => {
    const other = aSet('db', 20);
    const report = audit([...set, ...other], [install(a0, 0, 60), install(first(other, 1), 0, 60)]);
    expect(violated(report)).toEqual([]);
  });

  it('catches more than a fifth of a set, rounded down', () => {
    const five = [0, 2, 4, 6, 8].map((i) => install(first(set, i), 0, 60));
    expect(violated(audit(set, five.slice(0, 4)))).toEqual([]);
    expect(violated(audit(set, five))).toEqual(['INV-1']);
    expect(violated(audit(set.slice(0, 19), five.slice(0, 3)))).toEqual([]);
    expect(violated(audit(set.slice(0, 19), five.slice(0, 4)))).toEqual(['INV-1']);
  });

  it('catches two at once in a set of nine, and lets two be in a set of ten', () => {
    const two = [install(a0, 0, 60), install(a1, 0, 60)];
    expect(violated(audit(set.slice(0, 9), two))).toEqual(['INV-1']);
    expect(violated(audit(set.slice(0, 10), two))).toEqual([]);
    expect(
      violated(audit(set.slice(0, 9), [install(a0, 0, 60), probe(a0, 60, 'healthy'), install(a1, 60, 90)])),
    ).toEqual([]);
  });

  it.each(['unhealthy', 'unknown'])(
    'counts a member that is %s after its update towards the share',
    (answer) => {
      const ten = set.slice(0, 10);
      const rounds = [install(a0, 0, 60), probe(a0, 61, answer), install(a1, 70, 90), install(a2, 70, 90)];
      expect(violated(audit(ten, rounds))).toEqual(['INV-1']);
      expect(violated(audit(ten, [...rounds, probe(a0, 69, 'healthy')]))).toEqual([]);
    },
  );

  it('knows sets and VMs in whatever case they are written', () => {
    const shouting = { ...b0, id: b0.id.toUpperCase(), availabilitySet: setId('WEB').toUpperCase() };
    expect(violated(audit(set, [install(a0, 0, 60), install(shouting, 30, 90)]))).toContain('INV-1');
  });

  it('takes the update domain from the log where the fleet has none', () => {
    const silent = set.map((vm) => ({ ...vm, updateDomain: null }));
    expect(violated(audit(silent, [install(a0, 0, 60), install(a1, 0, 60)]))).toEqual([]);
    expect(violated(audit(silent, [install(a0, 0, 60), install(b1, 0, 60)]))).toEqual(['INV-1']);
    const [one, other] = silent as [Vm, Vm]; // not in the log either: two domains
    expect(violated(audit(silent, [install(one, 0, 60), install(other, 0, 60)]))).toEqual(['INV-1']);
  });
});

type Vm = ReturnType<typeof aVm>;

describe('INV-13: a set with a VM that is not proven healthy', () => {
  const [a0, b0, a1] = aSet('web', 20) as [Vm, Vm, Vm];
  const set = aSet('web', 20);

  it.each([
    ['has not been probed', []],
    ['is unhealthy', [probe(a0, 61, 'unhealthy')]],
    ['is unknown', [probe(a0, 61, 'unknown')]],
    ['was healthy before its update only', [probe(a0, -5, 'healthy'), probe(a0, 59, 'healthy')]],
    ['was healthy and is no longer', [probe(a0, 61, 'healthy'), probe(a0, 62, 'unhealthy')]],
    [
      'was stopped, started, and is unhealthy',
      [event(a0, 61, 'poweredOff'), event(a0, 62, 'poweredOn'), probe(a0, 63, 'unhealthy')],
    ],
  ])('catches the next update domain while a VM %s', (_, learnt) => {
    expect(violated(audit(set, [install(a0, 0, 60), learnt, install(b0, 70, 90)]))).toEqual(['INV-13']);
  });

  it('catches the next update domain while a VM is healthy in its soak', () => {
    const log = (healthyAt: number): unknown =>
      violated(
        audit(set, [install(a0, 0, 60), probe(a0, healthyAt, 'healthy'), install(b0, 80, 90)], {
          soakSeconds: 600,
        }),
      );
    expect(log(69)).toEqual(['INV-13']);
    expect(log(70)).toEqual([]);
  });

  it('does not take a VM that was off and came back before its update for stopped', () => {
    const power = [event(a0, -20, 'poweredOff'), event(a0, -10, 'poweredOn')];
    expect(violated(audit(set, [power, install(a0, 0, 60), install(b0, 70, 90)]))).toEqual(['INV-13']);
  });

  it('counts a VM once that is down again, whatever probes say of it meanwhile', () => {
    const again = [
      install(a0, 0, 60),
      probe(a0, 61, 'healthy'),
      install(a0, 70, 130),
      probe(a0, 80, 'unknown'),
    ].flat();
    expect(violated(audit(set.slice(0, 10), [again, install(a1, 90, 120)]))).toEqual([]);
  });

  it.each([
    ['is healthy', [probe(a0, 61, 'healthy')]],
    ['is healed', [probe(a0, 61, 'unhealthy'), probe(a0, 62, 'unknown'), probe(a0, 70, 'healthy')]],
    ['is stopped by its owner', [probe(a0, 61, 'unhealthy'), event(a0, 62, 'poweredOff')]],
    ['is found stopped', [probe(a0, 61, 'stopped')]],
    ['was stopped during the installation', [event(a0, 30, 'poweredOff')]],
  ])('lets the next update domain go when the VM %s', (_, learnt) => {
    expect(violated(audit(set, [install(a0, 0, 60), learnt, install(b0, 70, 90)]))).toEqual([]);
  });

  it('lets the next update domain go when an operator waived the VM, from then on', () => {
    const log = [install(a0, 0, 60), probe(a0, 61, 'unhealthy'), install(b0, 70, 90)];
    expect(violated(audit(set, log, { waivers: [{ vm: a0.id, at: at(70) }] }))).toEqual([]);
    expect(violated(audit(set, log, { waivers: [{ vm: a0.id, at: at(71) }] }))).toEqual(['INV-13']);
  });

  it('lets the set go on in the next month when it was healthy after the update of the month before', () => {
    const next = { rolloutId: 'rollout-2026-12' };
    const later = (...learnt: ReturnType<typeof probe>[]): unknown =>
      violated(audit(set, [install(a0, 0, 60), learnt, install(b0, 70, 90, next)]));
    expect(later(probe(a0, 61, 'healthy'), probe(a0, 65, 'unknown'))).toEqual([]);
    expect(later(probe(a0, 65, 'unknown'))).toEqual(['INV-13']);
  });

  it('holds neither the rest of the same update domain nor other sets', () => {
    const other = aSet('db', 20);
    const log = [
      install(a0, 0, 60),
      probe(a0, 61, 'unhealthy'),
      install(a1, 70, 90),
      install(first(other, 1), 70, 90),
    ];
    expect(violated(audit([...set, ...other], log))).toEqual([]);
  });

  it('asks the same of what a person installs by hand', () => {
    const log = [install(a0, 0, 60, { rolloutId: null }), install(b0, 70, 90, { rolloutId: null })];
    expect(violated(audit(set, log))).toEqual(['INV-13']);
  });
});

describe('INV-2: geo-paired regions', () => {
  const east = aVm('east', { region: 'eastus' });
  const west = aVm('west', { region: 'West US' });

  it('catches both ends of a pair down together, whoever began', () => {
    expect(violated(audit([east, west], [install(east, 0, 60), install(west, 30, 90)]))).toEqual(['INV-2']);
    expect(violated(audit([east, west], [install(west, 0, 60), install(east, 59, 90)]))).toEqual(['INV-2']);
  });

  it('catches it also when the installs are by hand', () => {
    const byHand = { rolloutId: null };
    const log = [install(east, 0, 60, byHand), install(west, 30, 90, byHand)];
    expect(violated(audit([east, west], log))).toEqual(['INV-2']);
  });

  it('lets one end begin as the other ends', () => {
    expect(violated(audit([east, west], [install(east, 0, 60), install(west, 60, 90)]))).toEqual([]);
  });

  it('knows pairs that only one end names: brazilsouth and southcentralus', () => {
    const [brazil, texas] = [aVm('b', { region: 'brazilsouth' }), aVm('t', { region: 'southcentralus' })];
    expect(violated(audit([brazil, texas], [install(texas, 0, 60), install(brazil, 30, 90)]))).toEqual([
      'INV-2',
    ]);
  });

  it('lets regions that are no pair be down together', () => {
    const others = [aVm('n', { region: 'northeurope' }), aVm('m', { region: 'japaneast' })];
    expect(
      violated(
        audit([east, ...others], [install(east, 0, 60), others.map((vm) => install(vm, 0, 60)).flat()]),
      ),
    ).toEqual([]);
  });

  it('catches a pair in one phase of the rollout, without any install', () => {
    expect(violated(audit([east, west], [], { phases: [aPhase(1, ['eastus', 'westus'])] }))).toEqual([
      'INV-2',
    ]);
    const apart = [aPhase(1, ['eastus', 'northeurope']), aPhase(2, ['westus'])];
    expect(violated(audit([east, west], [], { phases: apart }))).toEqual([]);
  });

  it('counts overlaps of pairs in the certificate', () => {
    const report = audit([east, west], [install(east, 0, 60), install(west, 30, 90), install(west, 95, 99)]);
    expect(report.blastRadius.pairOverlaps).toBe(1);
  });
});

const aPhase = (phase: number, regions: string[], gateOpenedUtc: string | null = at(0)): AuditPhase => ({
  phase,
  regions,
  startedUtc: at(0),
  endedUtc: null,
  gateOpenedUtc,
});

describe('INV-3: zones of a region', () => {
  const [one, two, none] = ['1', '2', null].map((zone) => aVm(`vm-${String(zone)}`, { zone })) as [
    Vm,
    Vm,
    Vm,
  ];

  it('catches two zones of a region down together', () => {
    expect(violated(audit([one, two], [install(one, 0, 60), install(two, 59, 90)]))).toEqual(['INV-3']);
  });

  it('catches a VM without a zone beside any zone, whoever began: it may sit in any', () => {
    expect(violated(audit([one, none], [install(one, 0, 60), install(none, 30, 90)]))).toEqual(['INV-3']);
    expect(violated(audit([one, none], [install(none, 0, 60), install(one, 30, 90)]))).toEqual(['INV-3']);
  });

  it('lets one zone begin as the other ends, and VMs of one zone go together', () => {
    const like = [aVm('x', { zone: '1' }), aVm('y')];
    expect(violated(audit([one, two], [install(one, 0, 60), install(two, 60, 90)]))).toEqual([]);
    expect(violated(audit([one, ...like], [install(one, 0, 60), install(first(like), 0, 60)]))).toEqual([]);
    expect(violated(audit([none, ...like], [install(none, 0, 60), install(first(like, 1), 0, 60)]))).toEqual(
      [],
    );
  });

  it('lets like-named and other zones of other regions go together', () => {
    const far = aVm('far', { region: 'northeurope', zone: '2' });
    expect(violated(audit([one, far], [install(one, 0, 60), install(far, 0, 60)]))).toEqual([]);
  });
});

describe('INV-4: off-peak hours', () => {
  const vm = aVm('vm');

  it.each([
    ['that starts before they open', install(vm, -1, 60)],
    ['that starts as they close', install(vm, 480, 490)],
    ['that ends after they close', install(vm, 400, 481, { maximumDurationMinutes: 80 })],
    ['that could outlast them', install(vm, 400, 410, { maximumDurationMinutes: 81 })],
    ['that never ends', install(vm, 400, 410).slice(0, 1)],
    ['in the middle of the day', install(vm, 900, 960)],
  ])('catches an install by a rollout %s', (_, log) => {
    expect(violated(audit([vm], [log]))).toEqual(['INV-4']);
  });

  it('lets an install fill them from the first to the last instant', () => {
    expect(violated(audit([vm], [install(vm, 0, 480)]))).toEqual([]);
  });

  it('lets people install by hand whenever they want', () => {
    expect(violated(audit([vm], [install(vm, 900, 1500, { rolloutId: null })]))).toEqual([]);
  });

  it('knows no violation where it is always off-peak', () => {
    const offPeak = { opens: '22:00', closes: '22:00' };
    const report = audit([vm], [install(vm, 900, 3000)], { offPeak });
    expect(violated(report)).toEqual([]);
    expect(report.blastRadius.secondsOutOfWindow).toBe(0);
  });

  it('measures disruption outside them, by rollouts only', () => {
    const log = [install(vm, 470, 490), install(vm, 900, 901), install(vm, 950, 999, { rolloutId: null })];
    expect(audit([vm], log).blastRadius.secondsOutOfWindow).toBe(11 * 60);
  });

  it('uses the time zone of each VM', () => {
    const kolkata = aVm('k', { tags: {}, timeZone: 'India Standard Time' });
    // 22:00 in Kolkata is 16:30 UTC, that is minute -330.
    expect(violated(audit([kolkata], [install(kolkata, -330, 150)]))).toEqual([]);
    expect(violated(audit([kolkata], [install(kolkata, -331, 150)]))).toEqual(['INV-4']);
    expect(violated(audit([kolkata], [install(kolkata, -330, 151)]))).toEqual(['INV-4']);
  });
});

describe('INV-5: classifications', () => {
  const vm = aVm('vm');
  const patched = (classification?: string, rolloutId: string | null = 'rollout-2026-11') => {
    const patch = { patchId: 'KB1', ...(classification === undefined ? {} : { classification }) };
    return audit([vm], [install(vm, 0, 60, { rolloutId, patches: [patch] })]);
  };

  it.each(['Definition', 'Updates', 'UpdateRollUp', 'security', undefined])(
    'catches a rollout that installs a patch classified %s',
    (classification) => {
      expect(violated(patched(classification))).toEqual(['INV-5']);
    },
  );

  it.each(['Critical', 'Security'])('lets a rollout install a %s patch', (classification) => {
    expect(violated(patched(classification))).toEqual([]);
  });

  it('lets people install by hand whatever they want', () => {
    expect(violated(patched('Definition', null))).toEqual([]);
  });
});

describe('INV-6: gates between phases', () => {
  const [canary, rest] = [aVm('c', { region: 'northeurope' }), aVm('r', { region: 'japaneast' })];
  const phases = (opened: string | null) => [
    aPhase(2, ['japaneast'], null),
    aPhase(1, ['North Europe'], opened),
  ];

  it.each([
    ['before the gate of the one before it opened', at(101)],
    ['although the gate of the one before it never opened', null],
  ])('catches an install in a phase %s', (_, opened) => {
    const report = audit([canary, rest], [install(canary, 0, 60), install(rest, 100, 160)], {
      phases: phases(opened),
    });
    expect(violated(report)).toEqual(['INV-6']);
  });

  it('lets a phase begin as the gate opens, and stragglers of the one before go on', () => {
    const log = [install(canary, 0, 60), install(rest, 100, 160), install(canary, 300, 360)];
    expect(violated(audit([canary, rest], log, { phases: phases(at(100)) }))).toEqual([]);
  });

  it('catches an install that skips over a gate two phases back', () => {
    const three = [
      aPhase(1, ['northeurope'], at(200)),
      aPhase(2, ['uksouth'], at(50)),
      aPhase(3, ['japaneast']),
    ];
    expect(violated(audit([rest], [install(rest, 100, 160)], { phases: three }))).toEqual(['INV-6']);
  });

  it('catches an install by a rollout in a region of none of its phases', () => {
    expect(violated(audit([rest], [install(rest, 0, 60)], { phases: [aPhase(1, ['uksouth'])] }))).toEqual([
      'INV-6',
    ]);
  });

  it('judges each rollout by its own phases, and not what people install by hand', () => {
    const own = [
      { ...aPhase(1, ['northeurope'], null), rolloutId: 'rollout-2026-11' },
      { ...aPhase(2, ['japaneast'], null), rolloutId: 'rollout-2026-11' },
      { ...aPhase(1, ['japaneast'], null), rolloutId: 'rollout-2026-12' },
    ];
    const by = (rolloutId: string | null) =>
      violated(audit([rest], [install(rest, 0, 60, { rolloutId })], { phases: own }));
    expect(by('rollout-2026-11')).toEqual(['INV-6']);
    expect(by('rollout-2026-12')).toEqual([]);
    expect(by(null)).toEqual([]);
  });
});

describe('INV-7: once', () => {
  const vm = aVm('vm');
  const patch = (patchId: string) => ({ patches: [{ patchId, classification: 'Security' }] });

  it('catches an install that starts while one is in flight, also by hand', () => {
    expect(violated(audit([vm], [install(vm, 0, 60), install(vm, 59, 90)]))).toEqual(['INV-7']);
    expect(violated(audit([vm], [install(vm, 0, 60), install(vm, 59, 90, { rolloutId: null })]))).toEqual([
      'INV-7',
    ]);
  });

  it('lets an install start as the one before it ends', () => {
    expect(violated(audit([vm], [install(vm, 0, 60), install(vm, 60, 90)]))).toEqual([]);
  });

  it('catches a patch that is installed twice on a VM', () => {
    const log = [install(vm, 0, 60, patch('KB1')), install(vm, 100, 160, patch('KB1'))];
    expect(violated(audit([vm], log))).toEqual(['INV-7']);
  });

  it('lets a VM get two patches, and two VMs the same', () => {
    const other = aVm('other');
    const log = [
      install(vm, 0, 60, patch('KB1')),
      install(vm, 100, 160, patch('KB2')),
      install(other, 0, 60, patch('KB1')),
    ];
    expect(violated(audit([vm, other], log))).toEqual([]);
  });

  it('goes on counting a VM as down until the last of its installs has ended', () => {
    const beside = aVm('beside', { zone: '1' });
    const log = [install(vm, 0, 60), install(vm, 10, 20), install(beside, 30, 40)];
    expect(violated(audit([vm, beside], log))).toEqual(['INV-7', 'INV-3']);
  });
});
