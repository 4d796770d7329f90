import { z } from 'zod';
import { Utc, VmId } from '../../domain/ids';
import { Claim } from '../../domain/ledger';
import { type ActivityContract } from './shared';

/** A row of the agenda. */
export const LedgerItem = z.object({ key: z.string(), dueUtc: Utc, etag: z.string() });

/** The ledgers that are due to be inspected by now: of all that were ever used, whatever rollout used them. */
export const listDueLedgers = {
  name: 'listDueLedgers',
  /** `seen`: those that the sweep was started for; absent, they are read. */
  input: z.object({ nowUtc: Utc, seen: z.array(LedgerItem).exactOptional() }),
  output: z.object({ ledgers: z.array(LedgerItem), claimGraceSeconds: z.number() }),
} satisfies ActivityContract;

/** Writes down when each ledger is next due to be inspected, unless that was brought forward meanwhile. */
export const recordLedgersDue = {
  name: 'recordLedgersDue',
  input: z.object({ ledgers: z.array(z.object({ seen: LedgerItem, dueUtc: Utc })) }),
  output: z.object({}),
} satisfies ActivityContract;

/** Lets these instances look again: what they wait for may be granted now. One that is not there needs no word. */
export const releaseWaits = {
  name: 'releaseWaits',
  input: z.object({ instanceIds: z.array(z.string()) }),
  output: z.object({}),
} satisfies ActivityContract;

/** Asks the driver whether anything is still in flight under a suspect claim, and what is known of the VMs that were installed under it. */
export const settleClaim = {
  name: 'settleClaim',
  input: z.object({ claim: Claim }),
  output: z.object({
    inFlight: z.number().int(),
    overrun: z.boolean(),
    /** VMs installed under the claim and not known to be healthy since: unhealthy, or not watched to the end. */
    unproven: z.array(VmId).default([]),
  }),
} satisfies ActivityContract;
