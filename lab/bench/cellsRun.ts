import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Month } from '../../domain/ids';
import { simulateMonth } from '../../local/simulateMonth';

/** A cell of the table of the gates, as a fleet: so many VMs of one image, whose update breaks so many in a hundred. */
export interface CellFleet {
  readonly vms: number;
  readonly unhealthyPercent: number;
  readonly seeds: number;
}

export interface CellMonth {
  readonly unhealthy: number;
  readonly halted: boolean;
}

const MONTH = Month.parse('2026-11');
/** One region without an alternative is done after two windows, or halted. */
const DAYS = 5;
const IMAGE = { publisher: 'RedHat', offer: 'RHEL', sku: '7.8', version: 'latest' };

/** VMs that differ in nothing but their names: standalone, of one region, subscription and image, always on. */
function fleetOf(vms: number): unknown {
  const group =
    '/subscriptions/c0d7050e-0000-4000-8000-000000000001/resourceGroups/cells/providers/Microsoft.Compute';
  const virtualMachines = Array.from({ length: vms }, (_, n) => {
    const name = `cell-${String(n + 1).padStart(5, '0')}`;
    return {
      id: `${group}/virtualMachines/${name}`,
      name,
      resourceGroup: 'cells',
      location: 'eastus',
      zones: null,
      tags: { 'lowtide-power': 'alwaysOn' },
      availabilitySet: null,
      hardwareProfile: { vmSize: 'Standard_B2s' },
      storageProfile: {
        imageReference: IMAGE,
        osDisk: { createOption: 'FromImage', osType: 'Linux' },
      },
      osProfile: {
        adminUsername: 'azureuser',
        computerName: name,
        linuxConfiguration: {
          provisionVmAgent: true,
          patchSettings: { patchMode: 'AutomaticByPlatform' },
        },
      },
    };
  });
  return { availabilitySets: [], virtualMachines };
}

/** Runs the months of a cell in this process, and prints what each came to. */
async function runCell({ vms, unhealthyPercent, seeds }: CellFleet): Promise<readonly CellMonth[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-cells-'));
  const fleet = join(folder, 'fleet.json');
  const scenario = join(folder, 'scenario.json');
  const who = { image: `${IMAGE.publisher}:${IMAGE.offer}:${IMAGE.sku}`, share: unhealthyPercent };
  writeFileSync(fleet, JSON.stringify(fleetOf(vms)));
  writeFileSync(
    scenario,
    JSON.stringify({
      name: 'cells',
      description: 'A patch that breaks VMs of one image.',
      effects: [{ who, what: 'unhealthyAfterUpdate' }],
    }),
  );
  try {
    const months: CellMonth[] = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const options = { fleet, scenario, seed, month: MONTH, days: DAYS, keepApp: seed < seeds };
      const { outcomes, halts } = await simulateMonth(options);
      months.push({ unhealthy: outcomes['unhealthy'] ?? 0, halted: halts.length > 0 });
    }
    return months;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

void runCell(JSON.parse(process.argv[2] ?? '{}') as CellFleet).then((months) => {
  process.stdout.write(JSON.stringify(months));
});
