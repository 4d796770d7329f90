import { z } from 'zod';
import { Utc } from '../../domain/ids';
import { type ActivityContract } from './shared';

/** Asks the platform which VMs there are, and keeps what is new, changed or gone. */
export const refreshInventory = {
  name: 'refreshInventory',
  input: z.object({ nowUtc: Utc }),
  output: z.object({
    vmCount: z.number().int(),
    added: z.number().int(),
    changed: z.number().int(),
    gone: z.number().int(),
    /** Subscriptions whose listing was not believed, and why. */
    notBelieved: z.array(z.object({ subscriptionId: z.string(), why: z.string() })),
  }),
} satisfies ActivityContract;
