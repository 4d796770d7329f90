import { writeFileSync } from 'node:fs';
import type { DriverEvent } from '../../drivers/driver';
import type * as Simulation from '../../local/simulateMonth';
import { loadNatively } from '../emulator/support/nativeHost';
import { monthFolder } from '../support/monthFolder';
import { PATCHED_WINDOWS } from '../support/windowsVm';

const { simulateMonth } = loadNatively('dist/local/simulateMonth.js') as typeof Simulation;

const HOUR_MS = 3_600_000;
/** From 22:00 of one evening to 06:00 after the next: who comes back too late in a window, or right after the last look into it, has the whole of the next one. */
const TWO_WINDOWS_MS = 32 * HOUR_MS;

/** A month, by the app as it is built. */
describe('R-111, R-804: VMs that come back at different hours of a window', () => {
  const file = monthFolder();

  it('are all updated by the end of the next window, in whatever zone they are', async () => {
    const virtualMachines = Array.from({ length: 90 }, (_, n) => ({
      id: `/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-${n}`,
      location: 'westeurope',
      zones: [String(1 + (n % 3))],
      properties: PATCHED_WINDOWS,
    }));
    writeFileSync(file('fleet.json'), JSON.stringify({ virtualMachines }));
    writeFileSync(
      file('off.json'),
      JSON.stringify({
        name: 'off',
        description: 'Most VMs are off for nine days, each from another hour on.',
        effects: [
          {
            who: { share: 60 },
            what: 'poweredOff',
            when: { fromDay: 0, toDay: 0 },
            forMinutes: 9 * 24 * 60,
          },
        ],
      }),
    );
    const log: DriverEvent[] = [];
    const { virtualMachines: outcomes } = await simulateMonth(
      {
        fleet: file('fleet.json'),
        seed: 1,
        month: '2026-11',
        scenario: file('off.json'),
        days: 15,
        keepApp: true,
      },
      {
        events: (lines) => {
          for (const line of lines) log.push(JSON.parse(line) as DriverEvent);
        },
      },
    );
    // A VM of which a patch fails is tried again: what counts is when it was first installed.
    const triedAt = new Map(outcomes.map(({ vm, atUtc }) => [vm, atUtc]));
    for (const { action, at, vm } of log.toReversed())
      if (action === 'installStarted') triedAt.set(vm.toLowerCase(), at);
    const waitsMs = log
      .filter(({ action, at }) => action === 'poweredOn' && at > '2026-11-19T18' && at < '2026-11-20T18')
      .map(({ at, vm }) => Date.parse(triedAt.get(vm.toLowerCase()) ?? '') - Date.parse(at));
    const waiting = waitsMs.filter((ms) => ms > 0);
    expect(waiting.length).toBeGreaterThan(30);
    expect(waiting.filter((ms) => ms > TWO_WINDOWS_MS)).toEqual([]);
  });
});
