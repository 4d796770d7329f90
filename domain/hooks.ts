import { z } from 'zod';
import { PolicyName } from './ownWindows';
import { Selector } from './selector';

/**
 * Something of one's own that is asked by HTTP before a VM is installed, or after a round. Only «yes» lets the rollout go on: silence, an
 * error or a late answer is a no.
 */
export const Hook = z.strictObject({
  name: PolicyName,
  /** `beforeVm`: a no defers the VM, which is caught up. `afterRound`: a no holds the region until a person decides. */
  on: z.enum(['beforeVm', 'afterRound']),
  url: z.url({ protocol: /^https?$/ }),
  timeoutSeconds: z.number().int().min(1).max(30).default(10),
  /** The VMs that it is asked about; absent: all. */
  selector: Selector.exactOptional(),
});
export type Hook = Readonly<z.infer<typeof Hook>>;

export type HookAnswer = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly why: string };

/** Asks a hook once. Never throws: what went wrong is a no, with its words. */
export type AskHook = (hook: Hook, about: Readonly<Record<string, unknown>>) => Promise<HookAnswer>;
