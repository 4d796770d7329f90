import { z } from 'zod';
import { imageFamilyOf } from './imageFamily';
import { AvailabilitySetId, VmId } from './ids';
import { regionNameOf } from './regions';
import { tagOf } from './tags';
import type { VirtualMachine } from './virtualMachine';

const text = z.string().trim().min(1);

/** Which VMs are meant: all that is given must fit, without regard to case. Nothing given means every VM. */
export const Selector = z.strictObject({
  subscription: text.exactOptional().describe('Id of a subscription.'),
  resourceGroup: text.exactOptional().describe('Name of a resource group.'),
  region: text.exactOptional().describe('Name of a region: eastus, or East US.'),
  tag: z
    .union([text, z.array(text)])
    .exactOptional()
    .describe('name=value, or name alone for any value. Several must all fit.'),
  family: text
    .exactOptional()
    .describe('An image family: publisher:offer:sku, or the id of a gallery image definition.'),
  availabilitySet: AvailabilitySetId.exactOptional().describe('The full ARM id of an availability set.'),
  vm: VmId.exactOptional().describe('The full ARM id of a virtual machine.'),
});
export type Selector = Readonly<z.infer<typeof Selector>>;

export function selects(selector: Selector, vm: VirtualMachine): boolean {
  const { subscription, resourceGroup, region, tag, family, availabilitySet, vm: id } = selector;
  return (
    (id === undefined || id === vm.id) &&
    fits(subscription, vm.subscriptionId) &&
    fits(resourceGroup, vm.resourceGroup) &&
    (region === undefined || regionNameOf(region) === vm.region) &&
    (availabilitySet === undefined || availabilitySet === vm.availabilitySetId) &&
    (family === undefined || family.toLowerCase() === imageFamilyOf(vm)) &&
    (tag === undefined || [tag].flat().every((one) => hasTag(vm, one)))
  );
}

function fits(wanted: string | undefined, value: string): boolean {
  return wanted === undefined || wanted.toLowerCase() === value.toLowerCase();
}

function hasTag({ tags }: VirtualMachine, written: string): boolean {
  const equals = written.indexOf('=');
  if (equals < 0) return tagOf(tags, written) !== undefined;
  const value = tagOf(tags, written.slice(0, equals).trim());
  return (
    value?.toLowerCase() ===
    written
      .slice(equals + 1)
      .trim()
      .toLowerCase()
  );
}

/** For people: `region eastus, tag app=shop`. */
export function describeSelector(selector: Selector): string {
  const parts = Object.entries(selector).map(([name, value]) => `${name} ${[value].flat().join(', ')}`);
  return parts.length === 0 ? 'every VM' : parts.join(', ');
}
