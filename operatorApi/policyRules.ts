import { z } from 'zod';
import { VmId } from '../domain/ids';
import type { Policy } from '../domain/policy';
import type { Selector } from '../domain/selector';
import { placesSelected } from './fleetIndex';
import type { FleetView } from './fleetView';

const NAMED_MAX = 100;

/** Members of a policy that are lists of rules with names, each for the VMs of its selector. */
const RULES = ['ownWindows', 'rings', 'budgets', 'hooks'] as const;

export const ChangedRule = z.object({
  member: z.enum(RULES),
  name: z.string(),
  change: z.enum(['added', 'changed', 'removed']),
  /** VMs of the fleet that it is for; of a rule that changed, those of before and after. The first 100 are named. */
  vmCount: z.number().int(),
  vmIds: z.array(VmId),
});
type ChangedRule = z.infer<typeof ChangedRule>;

interface Rule {
  readonly name: string;
  /** Absent: every VM. */
  readonly selector?: Selector | undefined;
}

/** The rules that differ between two policies, and which VMs of the fleet each is for. */
export async function changedRules(
  before: Policy,
  after: Policy,
  view: FleetView,
): Promise<readonly ChangedRule[]> {
  const found: ChangedRule[] = [];
  for (const member of RULES) {
    const [were, are]: (readonly Rule[])[] = [before[member], after[member]];
    const names = [...new Set([...(were ?? []), ...(are ?? [])].map(({ name }) => name))];
    for (const name of names) {
      const was = were?.find((rule) => rule.name === name);
      const is = are?.find((rule) => rule.name === name);
      if (JSON.stringify(was) === JSON.stringify(is)) continue;
      const vmIds = await vmsOf(
        [was, is].flatMap((rule) => rule ?? []),
        view,
      );
      const change = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
      found.push({ member, name, change, vmCount: vmIds.length, vmIds: vmIds.slice(0, NAMED_MAX) });
    }
  }
  return found;
}

async function vmsOf(rules: readonly Rule[], view: FleetView): Promise<VmId[]> {
  const places = new Set<number>();
  for (const { selector = {} } of rules)
    for (const place of (await placesSelected(view, selector)) ?? view.vms.keys()) places.add(place);
  return [...places].sort((a, b) => a - b).flatMap((place) => view.vms[place]?.vm.id ?? []);
}
