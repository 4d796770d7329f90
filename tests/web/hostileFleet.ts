import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../emulator/support/nativeHost';

/** If any of it is ever taken for markup, the title of the page changes. */
const MARKUP = `<img src=x onerror="document.title='HACKED'"><script>document.title='HACKED'<\\script>`;

/** Markup and 5,000 characters without a place to break. */
export const HOSTILE = `${MARKUP}${'w'.repeat(5_000)}`;

interface Fleet {
  virtualMachines: Record<string, unknown>[];
}

/** Contoso's fleet with one more VM, of which everything that its owner may write is hostile. */
export function hostileFleet(): { readonly text: string; readonly id: string } {
  const fleet = JSON.parse(readFileSync(join(repository, 'fleets', 'contoso.json'), 'utf8')) as Fleet;
  const [pattern = {}] = fleet.virtualMachines;
  const id = `/subscriptions/c0d7050e-0000-4000-8000-000000000001/resourceGroups/rg-hostile/providers/Microsoft.Compute/virtualMachines/${HOSTILE}`;
  fleet.virtualMachines.push({
    ...pattern,
    id,
    name: HOSTILE,
    resourceGroup: 'rg-hostile',
    availabilitySet: null,
    tags: { [MARKUP]: HOSTILE, 'lowtide-timezone': HOSTILE },
  });
  return { text: JSON.stringify(fleet), id };
}
