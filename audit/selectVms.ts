import { regionName } from './regionFacts';

/** What is looked at of a VM. */
interface SelectedVm {
  readonly id: string;
  readonly region: string;
  readonly subscription: string;
  readonly availabilitySet: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly imageFamily?: string | null;
}

/** Which VMs a rule of the policy is about: all that is given must fit. */
export interface AuditSelector {
  readonly subscription?: string;
  readonly resourceGroup?: string;
  readonly region?: string;
  /** `name=value`, or `name` for any value; several must all fit. */
  readonly tag?: string | readonly string[];
  readonly family?: string;
  readonly availabilitySet?: string;
  readonly vm?: string;
}

export function isSelected(vm: SelectedVm, selector: AuditSelector): boolean {
  const id = vm.id.toLowerCase();
  const wanted = (value: string | undefined, found: string): boolean =>
    value === undefined || value.trim().toLowerCase() === found;
  const tags = new Map(Object.entries(vm.tags).map(([name, value]) => [name.toLowerCase(), value]));
  const hasTag = (written: string): boolean => {
    const [name = '', ...value] = written.toLowerCase().split('=');
    const found = tags.get(name.trim());
    return found !== undefined && (value.length === 0 || found.toLowerCase() === value.join('=').trim());
  };
  return (
    wanted(selector.vm, id) &&
    wanted(selector.subscription, vm.subscription.toLowerCase()) &&
    wanted(selector.resourceGroup, /\/resourcegroups\/([^/]+)/.exec(id)?.[1] ?? '') &&
    (selector.region === undefined || regionName(selector.region) === regionName(vm.region)) &&
    wanted(selector.availabilitySet, vm.availabilitySet?.toLowerCase() ?? '') &&
    wanted(selector.family, vm.imageFamily ?? '') &&
    [selector.tag ?? []].flat().every(hasTag)
  );
}
