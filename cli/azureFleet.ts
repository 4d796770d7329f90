import { LowtideError } from '../domain/lowtideError';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { FleetDriver } from '../drivers/driver';

export interface AzureFleet {
  readonly vms: readonly VirtualMachine[];
  /** Subscriptions that were named and did not answer. */
  readonly unanswered: readonly string[];
}

/** The whole inventory, page by page. Throws when nothing answered: that is a lost permission, not an empty fleet. */
export async function listFleet(driver: FleetDriver): Promise<AzureFleet> {
  const vms: VirtualMachine[] = [];
  let unanswered: readonly string[] = [];
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const page = await driver.listVirtualMachines(cursor);
    vms.push(...page.items);
    unanswered = (page.incomplete ?? []).map(({ subscriptionId }) => subscriptionId);
    cursor = page.next;
  }
  if (vms.length === 0 && unanswered.length > 0)
    throw new LowtideError('DRIVER_CANNOT', {
      what: `No subscription answered: ${unanswered.join(', ')}.`,
      why: 'The identity may not read there, or the ids are wrong.',
      fix: 'Give it the role Reader on each of them, wait some minutes, and try again (docs/azure.md, Permissions).',
    });
  return { vms, unanswered };
}

/** How many VMs are in whose hands, the largest first: one line each. */
export function controlLines(vms: readonly VirtualMachine[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { control } of vms) {
    const said =
      control === undefined || control.kind === 'inCharge'
        ? 'in charge'
        : `${control.kind === 'shared' ? 'shared' : 'not in charge'}: ${control.because}`;
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  const rows = [...counts].sort(([, a], [, b]) => b - a);
  return ['In whose hands the VMs are:', ...rows.map(([said, n]) => `  ${String(n).padStart(6)}  ${said}`)];
}
