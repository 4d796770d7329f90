import type { AuditRollout } from '../../audit/auditInput';
import { at, audit, aVm, install, probe, violated } from './logBuilders';

const exposure = { first: 5, factor: 5 };
const patch = { patches: [{ patchId: 'kb1', classification: 'Security' as const }] };
const family = 'canonical:ubuntuserver:18.04-lts';
const vms = Array.from({ length: 60 }, (_, n) => aVm(`web-${n}`, { imageFamily: family }));
const vm = (n: number): (typeof vms)[number] => vms[n] ?? aVm('none');

/** Installs these VMs in this quarter of an hour, an install each with one patch. */
const wave = (from: number, to: number, minute: number): ReturnType<typeof install> =>
  vms.slice(from, to).flatMap((one) => install(one, minute, minute + 10, patch));
const healthy = (from: number, to: number, minute: number): ReturnType<typeof probe>[] =>
  vms.slice(from, to).map((one) => probe(one, minute, 'healthy'));

describe('INV-14: installs in an image family', () => {
  it('five may start before anything is proven, and a sixth may not', () => {
    expect(violated(audit(vms, [wave(0, 5, 0)], { exposure }))).toEqual([]);
    const report = audit(vms, [wave(0, 6, 0)], { exposure });
    expect(violated(report)).toEqual(['INV-14']);
    expect(report.violations[0]?.detail).toMatch(/install 6 of canonical.*0 VMs.*at most 5/);
  });

  it('then five times the VMs that installed a patch and were seen healthy: 25, and not 26', () => {
    const first = [wave(0, 5, 0), healthy(0, 5, 30)];
    expect(violated(audit(vms, [...first, wave(5, 25, 40)], { exposure }))).toEqual([]);
    expect(violated(audit(vms, [...first, wave(5, 26, 40)], { exposure }))).toEqual(['INV-14']);
  });

  it('a healthy VM that installed nothing is no evidence', () => {
    const idle = vms.slice(0, 5).map((one) => install(one, 0, 10));
    const log = [...idle, healthy(0, 5, 30), wave(5, 6, 40)];
    expect(violated(audit(vms, log, { exposure }))).toEqual(['INV-14']);
  });

  it('health seen while the install still runs is no evidence', () => {
    const log = [wave(0, 5, 0), healthy(0, 5, 5), wave(5, 6, 40)];
    expect(violated(audit(vms, log, { exposure }))).toEqual(['INV-14']);
  });

  it('health seen before the soak is over is no evidence', () => {
    const more = { exposure, soakSeconds: 20 * 60 };
    expect(violated(audit(vms, [wave(0, 5, 0), healthy(0, 5, 30), wave(5, 25, 40)], more))).toEqual([]);
    expect(violated(audit(vms, [wave(0, 5, 0), healthy(0, 5, 29), wave(5, 6, 40)], more))).toEqual([
      'INV-14',
    ]);
  });

  it('each family has an exposure of its own, and each rollout', () => {
    const others = Array.from({ length: 5 }, (_, n) => aVm(`db-${n}`, { imageFamily: 'a:b:c' }));
    const log = [wave(0, 5, 0), ...others.map((one) => install(one, 0, 10, patch))];
    expect(violated(audit([...vms, ...others], log, { exposure }))).toEqual([]);
    const next = vms
      .slice(5, 10)
      .map((one) => install(one, 20, 30, { ...patch, rolloutId: 'rollout-2026-12' }));
    expect(violated(audit(vms, [wave(0, 5, 0), ...next], { exposure }))).toEqual([]);
  });

  it('what a person resumed is forgiven: what proved nothing until then counts no more', () => {
    const resumed: AuditRollout = {
      rolloutId: 'rollout-2026-11',
      state: 'ended',
      endsUtc: at(10_000),
      halts: [
        {
          haltId: 'h',
          kind: 'hold',
          region: null,
          atUtc: at(20),
          decision: { kind: 'resume', atUtc: at(35) },
          scope: { kind: 'family', family },
        },
      ],
    };
    const log = [wave(0, 5, 0), wave(5, 10, 40)];
    expect(violated(audit(vms, log, { exposure, rollouts: [resumed] }))).toEqual([]);
    expect(violated(audit(vms, log, { exposure }))).toContain('INV-14');
    // The first time nothing was installed: that it was later says nothing of that time.
    const again = [install(vm(0), 0, 10), healthy(0, 1, 30), wave(0, 5, 40)];
    expect(violated(audit(vms, again, { exposure, rollouts: [resumed] }))).toEqual([]);
  });

  it('an install that a person asked for by hand is none of a rollout', () => {
    const byHand = vms.slice(0, 30).map((one) => install(one, 0, 10, { ...patch, rolloutId: null }));
    expect(violated(audit(vms, byHand, { exposure }))).toEqual([]);
  });
});

describe('INV-6: a hold of a whole phase', () => {
  const held: AuditRollout = {
    rolloutId: 'rollout-2026-11',
    state: 'ended',
    endsUtc: at(10_000),
    halts: [{ haltId: 'phase-1.all.gate-0', kind: 'hold', region: null, atUtc: at(0), decision: null }],
  };

  it('keeps its gate shut, and lets second chances go on; a halt stops them, too', () => {
    const log = [install(vm(0), 30, 40)];
    expect(violated(audit(vms, log, { rollouts: [held] }))).toEqual([]);
    const halts = held.halts.map((halt) => ({ ...halt, kind: 'halt' }));
    expect(violated(audit(vms, log, { rollouts: [{ ...held, halts }] }))).toEqual(['INV-6']);
  });
});

describe('INV-6: a halt of one image family', () => {
  const halted: AuditRollout = {
    rolloutId: 'rollout-2026-11',
    state: 'ended',
    endsUtc: at(10_000),
    halts: [
      {
        haltId: 'h',
        kind: 'halt',
        region: null,
        atUtc: at(0),
        decision: null,
        scope: { kind: 'family', family },
      },
    ],
  };
  const other = aVm('db', { imageFamily: 'a:b:c' });

  it('lets other families go on, and catches its own', () => {
    expect(violated(audit([other], [install(other, 30, 40)], { rollouts: [halted] }))).toEqual([]);
    expect(violated(audit(vms, [install(vm(0), 30, 40)], { rollouts: [halted] }))).toEqual(['INV-6']);
  });
});
