import { z } from 'zod';
import { PolicyName } from './ownWindows';
import { Selector } from './selector';

/** VMs that go before all others, in the order of the rings. Where it has both ends of a geo pair it is two phases. */
export const Ring = z.strictObject({
  name: PolicyName.describe('Name of the ring: lower-case letters, digits and hyphens.'),
  selector: Selector.describe('The VMs of the ring.'),
});
export type Ring = Readonly<z.infer<typeof Ring>>;

/** A ring may be two phases, and a rollout has at most six beside them. */
export const RINGS_MAX = 3;

/** Whether a phase bakes as the canary does: it is a ring, or the first phase after the rings. */
export const bakesAsCanary = (
  phases: readonly { readonly ring?: string | null | undefined }[],
  index: number,
): boolean => phases.slice(0, index).every(({ ring }) => ring !== undefined && ring !== null);
