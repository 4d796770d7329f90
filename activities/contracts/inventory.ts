import { z } from 'zod';
import { MovedSet } from '../../domain/ledger';
import { Utc } from '../../domain/ids';
import { type ActivityContract, SeenDue } from './shared';

/** Asks the platform which VMs there are, and keeps what is new, changed or gone. */
export const refreshInventory = {
  name: 'refreshInventory',
  input: z.object({
    nowUtc: Utc,
    seen: SeenDue.optional(),
    /** A person has said that the fleet is right, however small it has become. */
    accept: z.boolean().default(false),
    /** Rows of the moved sets that the sweep has followed since its call before. */
    followed: z.array(z.string()).optional(),
  }),
  output: z.object({
    vmCount: z.number().int(),
    added: z.number().int(),
    changed: z.number().int(),
    gone: z.number().int(),
    /** Changes that are left for the next call, and moved sets that are not known to be followed. */
    remaining: z.number().int(),
    /** Subscriptions whose listing was not believed, and why. */
    notBelieved: z.array(z.object({ subscriptionId: z.string(), why: z.string() })),
    /** Sets that were moved with their VMs, and the ledger that has their claims. */
    movedSets: z.array(MovedSet.extend({ ledger: z.string(), row: z.string().exactOptional() })).default([]),
  }),
} satisfies ActivityContract;
