import { z } from 'zod';
import { Selector } from '../domain/selector';
import type { OperatorRequest } from './route';
import type { Parameter } from './routeDescription';

const text = (about: string): Parameter => ({ about, schema: z.string() });

/** The query parameters that say which VMs are meant. */
export const SELECTOR_QUERY: Readonly<Record<string, Parameter>> = {
  subscription: text('Only VMs of this subscription.'),
  resourceGroup: text('Only VMs of this resource group.'),
  region: text('Only VMs of this region.'),
  tag: text(
    'Only VMs with this tag: `name=value`, or `name` for any value; several are separated by commas.',
  ),
  family: text('Only VMs of this image family: publisher:offer:sku.'),
  availabilitySet: text('Only VMs of this availability set, by its ARM id.'),
  vm: text('Only this VM, by its ARM id.'),
};

export function selectorOf(request: OperatorRequest): Selector {
  const given: Record<string, string | string[]> = {};
  for (const name of Object.keys(SELECTOR_QUERY)) {
    const value = request.query(name);
    if (value === null) continue;
    given[name] = name === 'tag' && value.includes(',') ? value.split(',') : value;
  }
  return Selector.parse(given);
}
