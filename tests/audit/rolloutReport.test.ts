import type {
  AuditHalt,
  AuditInput,
  AuditOutcome,
  AuditRollout,
  AuditTrailRow,
} from '../../audit/auditInput';
import type { DriverEvent } from '../../drivers/driver';
import { aSet, at, audit, aVm, event, install, probe, setId, violated } from './logBuilders';

const ROLLOUT = 'rollout-2026-11';
const [a, b] = [aVm('a'), aVm('b')];
const vms = [a, b];

const aRollout = (over: Partial<AuditRollout> = {}): AuditRollout => ({
  rolloutId: ROLLOUT,
  state: 'ended',
  endsUtc: at(28 * 24 * 60),
  halts: [],
  ...over,
});

const aHalt = (over: Partial<AuditHalt> = {}): AuditHalt => ({
  haltId: 'phase-1.eastus.zone-1',
  kind: 'halt',
  region: 'eastus',
  atUtc: at(10),
  decision: null,
  ...over,
});

const row = (minute: number, what: string, over: Partial<AuditTrailRow> = {}): AuditTrailRow => ({
  rolloutId: ROLLOUT,
  atUtc: at(minute),
  what,
  subject: ROLLOUT,
  vmId: null,
  evidence: {},
  ...over,
});

/** Every row that the app should have written about these events. */
function trailOf(events: readonly DriverEvent[]): AuditTrailRow[] {
  return events.flatMap(({ action, at: atUtc, vm, operationId }) => {
    const what = new Map([
      ['installStarted', 'installStarted'],
      ['installCompleted', 'installEnded'],
    ]).get(action);
    if (what === undefined) return [];
    const vmId = vm.toLowerCase();
    return [row(0, what, { atUtc, vmId, subject: vmId, evidence: { operationId } })];
  });
}

describe('INV-6: a halt', () => {
  const started = (minute: number, halt: Partial<AuditHalt>): unknown =>
    violated(audit(vms, [install(a, minute, 100)], { rollouts: [aRollout({ halts: [aHalt(halt)] })] }));

  it('stops new installs within one poll, everywhere', () => {
    expect(started(16, {})).toEqual(['INV-6']);
    expect(started(16, { region: null })).toEqual(['INV-6']);
    expect(started(16, { region: 'westeurope' })).toEqual(['INV-6']);
  });

  it('lets one poll pass, and what was installing goes on', () => {
    expect(started(15, {})).toEqual([]);
    expect(started(9, {})).toEqual([]);
  });

  it('is over when a person has decided', () => {
    const decision = { kind: 'resume', atUtc: at(60) };
    expect(started(60, { decision })).toEqual([]);
    expect(started(59, { decision })).toEqual(['INV-6']);
  });

  it('that only holds a region stops nothing elsewhere', () => {
    expect(started(16, { kind: 'hold' })).toEqual(['INV-6']);
    expect(started(16, { kind: 'hold', region: 'East US' })).toEqual(['INV-6']);
    expect(started(16, { kind: 'hold', region: 'westeurope' })).toEqual([]);
  });

  it('of another rollout, or what a person installs by hand, is no concern of it', () => {
    const rollouts = [aRollout({ rolloutId: 'rollout-2026-10', halts: [aHalt()] })];
    expect(violated(audit(vms, [install(a, 16, 100)], { rollouts }))).toEqual([]);
    const byHand = install(a, 16, 100, { rolloutId: null });
    expect(violated(audit(vms, [byHand], { rollouts: [aRollout({ halts: [aHalt()] })] }))).toEqual([]);
  });
});

describe('INV-8: a rollout', () => {
  const standing = (over: Partial<AuditRollout>): unknown =>
    violated(audit(vms, [], { rollouts: [aRollout(over)] }));

  it.each(['running', 'ending', 'planning', 'halted', 'paused'])(
    'that is %s when its time is over is caught',
    (state) => {
      expect(standing({ state })).toEqual(['INV-8']);
    },
  );

  it('that has ended or was cancelled is in order, and so is one whose time is not over', () => {
    expect(standing({ state: 'ended' })).toEqual([]);
    expect(standing({ state: 'cancelled' })).toEqual([]);
    expect(standing({ state: 'running', endsUtc: at(30 * 24 * 60) })).toEqual([]);
  });
});

describe('INV-9: a paused rollout', () => {
  const started = (minute: number, trail: AuditTrailRow[], more: Partial<AuditInput> = {}): unknown => {
    const log = install(a, minute, 100);
    return violated(audit(vms, [log], { trail: [...trail, ...trailOf(log)], ...more }));
  };

  it('starts nothing new until it is resumed', () => {
    expect(started(11, [row(10, 'paused')])).toEqual(['INV-9']);
    expect(started(59, [row(60, 'resumed'), row(10, 'paused')])).toEqual(['INV-9']);
    expect(started(9, [row(10, 'paused')])).toEqual([]);
    expect(started(60, [row(10, 'paused'), row(60, 'resumed')])).toEqual([]);
  });

  it('that is paused twice is resumed once, and can be paused again', () => {
    const trail = [row(10, 'paused'), row(20, 'paused'), row(30, 'resumed'), row(40, 'paused')];
    expect(started(25, trail)).toEqual(['INV-9']);
    expect(started(35, trail)).toEqual([]);
    expect(started(45, trail)).toEqual(['INV-9']);
  });

  it('starts nothing when it is cancelled, ever', () => {
    expect(started(11, [row(10, 'cancelled')])).toEqual(['INV-9']);
    expect(started(10, [row(10, 'cancelled')])).toEqual([]);
  });

  it('lets the request through that was on its way', () => {
    expect(started(11, [row(10, 'paused')], { onItsWaySeconds: 60 })).toEqual([]);
    expect(started(12, [row(10, 'paused')], { onItsWaySeconds: 60 })).toEqual(['INV-9']);
  });

  it.each([
    ['its region', { region: 'East US' }, { region: 'westeurope' }],
    ['its set', { availabilitySet: setId('web') }, { availabilitySet: setId('db') }],
    ['itself', { vm: a.id.toLowerCase() }, { vm: b.id.toLowerCase() }],
  ])(
    'a VM is not installed while %s is paused, skipped or cancelled, and is while another is',
    (_what, own, other) => {
      const [first, second] = aSet('web', 2).map((vm, n) => ({ ...vm, id: [a.id, b.id][n] ?? '' }));
      const found = (...said: (readonly [number, string, object | null])[]): unknown => {
        const log = install(first ?? a, 30, 100);
        const trail = said.map(([minute, what, scope]) => {
          const vmId = scope !== null && 'vm' in scope ? String(scope.vm) : null;
          return row(minute, what, {
            subject: JSON.stringify(scope),
            vmId,
            evidence: scope === null ? {} : { scope },
          });
        });
        return violated(audit([first ?? a, second ?? b], [log], { trail: [...trail, ...trailOf(log)] }));
      };
      for (const what of ['paused', 'skipped', 'cancelled']) {
        expect(found([10, what, own])).toEqual(['INV-9']);
        expect(found([10, what, other])).toEqual([]);
        expect(found([31, what, own])).toEqual([]);
      }
      expect(found([10, 'paused', own], [20, 'resumed', own])).toEqual([]);
      expect(found([10, 'paused', own], [20, 'resumed', other])).toEqual(['INV-9']);
      expect(found([10, 'paused', own], [20, 'resumed', null])).toEqual([]);
      expect(found([10, 'paused', null], [20, 'resumed', own])).toEqual(['INV-9']);
      expect(found([10, 'skipped', own], [20, 'resumed', null])).toEqual(['INV-9']);
    },
  );

  it('in a phase alone is not judged: its VMs may be caught up', () => {
    expect(
      started(11, [row(10, 'paused', { subject: 'phase 1', evidence: { scope: { phase: 'phase-1' } } })]),
    ).toEqual([]);
  });

  it('is no concern of another one', () => {
    expect(started(11, [row(10, 'paused', { rolloutId: 'rollout-2026-12' })])).toEqual([]);
  });
});

describe('INV-10: unknown health opens no gate', () => {
  const patched = (minute: number): AuditOutcome => ({
    vm: a.id.toLowerCase(),
    kind: 'patched',
    reason: 'installed',
    atUtc: at(minute),
  });
  const skipped: AuditOutcome = { vm: b.id, kind: 'skipped', reason: 'excluded' };
  const called = (events: DriverEvent[], minute = 80): unknown =>
    violated(audit(vms, events, { outcomes: [patched(minute), skipped] }));

  it.each([
    ['its health was never asked', []],
    ['its last answer was unknown', [probe(a, 61, 'healthy'), probe(a, 75, 'unknown')]],
    ['its last answer was unhealthy', [probe(a, 75, 'unhealthy')]],
    ['it was stopped', [probe(a, 75, 'stopped')]],
    ['it was healthy before the update only', [probe(a, 59, 'healthy')]],
    ['it was healthy only after it was called so', [probe(a, 81, 'healthy')]],
  ])('catches a VM that counts as patched when %s', (_, probes) => {
    expect(called([...install(a, 0, 60), ...probes])).toEqual(['INV-10']);
  });

  it('takes the last answer by then for proof', () => {
    expect(called([...install(a, 0, 60), probe(a, 61, 'unknown'), probe(a, 75, 'healthy')])).toEqual([]);
    expect(called([...install(a, 0, 60), probe(a, 80, 'healthy'), probe(a, 81, 'unknown')])).toEqual([]);
  });

  it('takes an answer that is logged some milliseconds after the outcome for the one that the outcome is based on', () => {
    const logged = { ...probe(a, 80, 'healthy'), at: at(80).replace('.000Z', '.001Z') };
    expect(called([...install(a, 0, 60), probe(a, 61, 'unknown'), logged])).toEqual([]);
  });

  it('takes an answer for proof that is later by the driver’s clock, by no more than a host’s clock may be off', () => {
    const log = [...install(a, 0, 60), probe(a, 61, 'unknown'), probe(a, 81, 'healthy')];
    const outcomes = [patched(80), skipped];
    const off = (clockSkewSeconds: number, more: DriverEvent[] = []): unknown =>
      violated(audit(vms, [...log, ...more], { outcomes, clockSkewSeconds }));
    expect(off(60)).toEqual([]);
    expect(off(60, [probe(a, 82, 'unknown')])).toEqual([]);
    expect(off(59)).toEqual(['INV-10']);
  });

  it('catches a VM that counts as patched although nothing was installed on it', () => {
    expect(called([probe(a, 75, 'healthy')])).toEqual(['INV-10']);
  });

  const gate = (patchedCount: unknown, log: DriverEvent[], rolloutId = ROLLOUT, soakSeconds = 900): unknown =>
    violated(
      audit(vms, log, {
        soakSeconds,
        phases: [
          {
            rolloutId: ROLLOUT,
            phase: 1,
            regions: ['eastus'],
            startedUtc: at(0),
            endedUtc: at(80),
            gateOpenedUtc: at(80),
          },
        ],
        trail: [
          row(80, 'gateOpened', { rolloutId, subject: 'phase-1', evidence: { patched: patchedCount } }),
          ...trailOf(log),
        ],
      }),
    );

  it('catches a gate that counts more patched VMs than were proven healthy', () => {
    const log = [...install(a, 0, 60), probe(a, 75, 'healthy'), ...install(b, 0, 60)];
    expect(gate(2, [...log, probe(b, 75, 'unknown')])).toEqual(['INV-10']);
    expect(gate(2, [...log, probe(b, 81, 'healthy')])).toEqual(['INV-10']);
    const healthy = [...log, probe(b, 75, 'healthy')];
    expect(gate(2, [...healthy, probe(b, 79, 'unknown')])).toEqual(['INV-10']);
    expect(gate(2, [...healthy, probe(b, 80, 'unknown')])).toEqual([]); // the look after a bake of no time
    expect(gate(2, [...log, probe(b, 80, 'healthy')])).toEqual([]);
    expect(gate(1, [...log, probe(b, 75, 'unknown')])).toEqual([]);
  });

  it('takes a VM for proven that its owner stopped after its soak, and for unproven one that he stopped in it', () => {
    const soaked = [...install(a, 0, 40), probe(a, 50, 'healthy'), probe(a, 55, 'healthy')];
    expect(gate(1, [...soaked, probe(a, 78, 'stopped')])).toEqual([]);
    expect(gate(1, [...soaked, probe(a, 78, 'unknown'), probe(a, 79, 'stopped')])).toEqual(['INV-10']);
    expect(gate(1, [...soaked, probe(a, 78, 'stopped')], ROLLOUT, 960)).toEqual(['INV-10']);
  });

  it('asks no proof of a gate that a person opened', () => {
    expect(gate(undefined, install(a, 0, 60))).toEqual([]);
  });
});

describe('INV-11: the audit', () => {
  const log = [...install(a, 0, 60), ...install(b, 70, 100)];
  const trail = trailOf(log);
  const held = (rows: readonly AuditTrailRow[], events = log): unknown =>
    violated(audit(vms, events, { trail: rows }));

  it('reports every install once when it starts and once when it ends', () => {
    expect(held(trail)).toEqual([]);
    expect(held([...trail].reverse())).toEqual([]);
  });

  it.each([
    ['says nothing of a start', trail.slice(1)],
    ['says nothing of an end', trail.slice(0, -1)],
    ['says nothing at all', [row(0, 'rolloutPlanned')]],
    ['reports a start twice', [...trail, ...trail.slice(0, 1)]],
    ['reports an end twice', [...trail, ...trail.slice(-1)]],
    [
      'reports an install that was never started',
      [...trail, row(5, 'installStarted', { vmId: a.id, evidence: { operationId: 'made-up' } })],
    ],
    [
      'reports an install without an id, and there was none',
      [...trail, row(5, 'installEnded', { vmId: a.id, evidence: { operationId: null } })],
    ],
    ['gives an install to another VM', trail.map((one, n) => (n === 0 ? { ...one, vmId: b.id } : one))],
    ['gives an install to another rollout', trail.map((one) => ({ ...one, rolloutId: 'rollout-2026-12' }))],
  ])('is caught when it %s', (_, rows) => {
    expect(held(rows)).toEqual(['INV-11']);
  });

  it('may know an install by the VM it was found on, when its answer was lost', () => {
    const adopted = trail.map((one) => ({ ...one, evidence: { operationId: 'adopted:activity-1' } }));
    expect(held(adopted)).toEqual([]);
    expect(held(adopted.slice(1))).toEqual(['INV-11']);
  });

  it('need not know of an end that has only just come, and not of what people install by hand', () => {
    const untilUtc = at(115);
    const report = audit(vms, log, { trail: trail.slice(0, -1), untilUtc });
    expect(violated(report)).toEqual([]);
    expect(held([], install(a, 0, 60, { rolloutId: null }))).toEqual([]);
  });

  it('may have either id of a VM that was moved, and still no id of another', () => {
    const moved = event(a, 61, 'moved', { to: `${a.id}-moved` });
    const renamed = trail.map((one) =>
      one.vmId === a.id.toLowerCase() || one.vmId === a.id ? { ...one, vmId: `${a.id}-moved` } : one,
    );
    expect(renamed).not.toEqual(trail);
    expect(held(renamed, [...log, moved])).toEqual([]);
    expect(held(renamed)).toContain('INV-11');
  });

  it('is not asked for when it is not given', () => {
    expect(audit(vms, log).evaluations['INV-11']).toBe(0);
  });
});

describe('INV-13: a waiver in the audit', () => {
  const [first = a, second = b] = aSet('web', 20);
  const log = [...install(first, 0, 60), probe(first, 61, 'unhealthy'), ...install(second, 70, 90)];
  const waived = (minute: number, vm = first): unknown =>
    violated(
      audit(aSet('web', 20), log, {
        trail: [...trailOf(log), row(minute, 'waived', { rolloutId: 'ledger', vmId: vm.id.toLowerCase() })],
      }),
    );

  it('lets the next update domain go, from then on, and for its VM only', () => {
    expect(waived(65)).toEqual([]);
    expect(waived(75)).toEqual(['INV-13']);
    expect(waived(65, second)).toEqual(['INV-13']);
  });
});
