import { defaultPolicy } from '../../../domain/policy';
import { unusualDatesOf } from '../../../lab/faults/unusualDates';
import { randomOf, FAULT_KINDS, Faults } from '../../../lab/faults/faults';
import type { MonthOptions, MonthReport } from '../../../lab/faults/runMonth';
import { commandOf, shrink } from '../../../lab/faults/shrink';
import { aVm } from '../../support/builders';

const span = { fromMs: 0, toMs: 1000 };

describe('faults', () => {
  it('are the same for the same seed', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, randomOf(seed, 'place'));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('stay where they are when another kind is left out', () => {
    const struck = (kinds: readonly (typeof FAULT_KINDS)[number][]): (string | null)[] => {
      const faults = new Faults(7, 1, new Set(kinds), span);
      faults.armed = true;
      const nextFault = faults.stream('table', [
        ['storeUnavailable', 0.2],
        ['storeConflict', 0.2],
      ]);
      return Array.from({ length: 50 }, () => nextFault());
    };
    const both = struck(['storeUnavailable', 'storeConflict']);
    const one = struck(['storeConflict']);
    expect(one).toEqual(both.map((kind) => (kind === 'storeUnavailable' ? null : kind)));
  });

  it('do not nextFault unless they are armed', () => {
    const faults = new Faults(7, 1, new Set(FAULT_KINDS), span);
    const nextFault = faults.stream('table', [['storeUnavailable', 1]]);
    expect(nextFault()).toBeNull();
    faults.armed = true;
    expect(nextFault()).toBe('storeUnavailable');
    expect(Object.fromEntries(faults.counts)).toEqual({ storeUnavailable: 1 });
  });
});

describe('the unusual dates of a month', () => {
  const DAY_MS = 86_400_000;
  const after = (fromUtc: string): string[] => {
    const fromMs = Date.parse(fromUtc);
    return unusualDatesOf([aVm({ region: 'westeurope' })], defaultPolicy, {
      fromMs,
      untilMs: fromMs + 30 * DAY_MS,
    });
  };

  it.each([
    ['2027-03-09T18:00:00Z', ['daylightSaving']],
    ['2026-10-13T17:00:00Z', ['daylightSaving']],
    ['2028-02-08T18:00:00Z', ['leapDay']],
    ['2027-02-09T18:00:00Z', []],
    ['2025-12-09T18:00:00Z', ['yearEnd']],
    ['2026-06-09T17:00:00Z', []],
  ])('that begins at %s has %j', (fromUtc, unusual) => {
    expect(after(fromUtc)).toEqual(unusual);
  });
});

describe('a failure', () => {
  const report = (options: MonthOptions): MonthReport => {
    const kinds = options.kinds ?? FAULT_KINDS;
    const fails = kinds.includes('staleRead') && kinds.includes('operationLost') && options.vms >= 10;
    const violations = fails ? [{ invariant: 'INV-13', vm: null, at: '', detail: '' }] : [];
    return {
      seed: options.seed,
      vms: options.vms,
      month: '2026-11',
      state: 'ended',
      violations,
      virtualDays: 30,
      cpuSeconds: 1,
      durableSteps: 1,
      installs: 1,
      faults: {},
      evaluations: {},
      traceHash: '',
    };
  };

  it('shrinks to the faults and VMs that it needs', async () => {
    const shortest = await shrink(report({ seed: 132, vms: 60 }), (options) =>
      Promise.resolve(report(options)),
    );
    expect([...shortest.kinds].sort()).toEqual(['operationLost', 'staleRead']);
    expect(shortest.vms).toBe(15);
    expect(commandOf(shortest)).toBe(
      'npm run torture -- --from 132 --seeds 1 --vms 15 --kinds operationLost,staleRead',
    );
  });
});
