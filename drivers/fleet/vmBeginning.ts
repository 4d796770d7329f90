import { VmId } from '../../domain/ids';
import { remembered } from '../../domain/remembered';

/** What the ids of the VMs of a resource group have in common. */
export interface VmBeginning {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

/** By all of an id but the name of its VM; null for what no id of a VM begins with. */
const beginningNamed = remembered((text: string): VmBeginning | null => {
  if (!VmId.safeParse(`${text}name`).success) return null;
  const [, , subscriptionId = '', , resourceGroup = ''] = text.split('/');
  return { subscriptionId, resourceGroup };
});

/** Asked for last: a record is checked, and then read. */
let last: { readonly id: string; readonly beginning: VmBeginning | null } | null = null;

/** Null for what is no id of a VM. VMs that follow each other are often of one group, so most ids are looked at no further than for its name. */
export function beginningOf(id: string): VmBeginning | null {
  if (last?.id === id) return last.beginning;
  const name = id.lastIndexOf('/') + 1;
  const beginning = name === id.length ? null : beginningNamed(id.slice(0, name));
  last = { id, beginning };
  return beginning;
}
