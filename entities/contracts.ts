import { z } from 'zod';
import { Disruption } from '../domain/disruption';
import { Claim, ClaimAnswer, ClaimRequest, Impaired, Impairment, MovedSet } from '../domain/ledger';
import { Utc, VmId } from '../domain/ids';
import { VmEvent } from '../domain/vmState';

/** What an orchestrator may know of an entity: its name, and per operation the shapes that cross the wire. */
export const disruptionLedger = {
  name: 'disruptionLedger',
  operations: {
    tryAcquire: { input: ClaimRequest, output: ClaimAnswer },
    release: {
      input: z.object({
        claimId: z.string(),
        impaired: z.array(Impairment),
        /** Absent where no request is to be woken. */
        nowUtc: Utc.exactOptional(),
        /** It was given back at once, for want of a budget: no round has run under it. */
        isUnused: z.boolean().exactOptional(),
      }),
      output: z.object({
        released: z.boolean(),
        /** Claims that were refused, and would be granted now: the first of them. */
        grantable: z.array(z.string()).default([]),
      }),
    },
    /** A round goes on with few of its VMs. */
    narrow: {
      input: z.object({ claimId: z.string(), left: Disruption, nowUtc: Utc }),
      output: z.object({ grantable: z.array(z.string()) }),
    },
    heal: { input: z.object({ vmIds: z.array(VmId) }), output: z.object({ impaired: z.number() }) },
    follow: {
      input: z.object({ from: VmId, to: Impaired }),
      output: z.object({ impaired: z.number() }),
    },
    /** A set that was moved has another name. */
    followSet: { input: MovedSet, output: z.object({ claims: z.number() }) },
    /** Suspect claims and impairments, those that were shown longest ago first; at most 12 of each: the answer is a message. */
    inspect: {
      input: z.object({ nowUtc: Utc, graceSeconds: z.number() }),
      output: z.object({
        suspects: z.array(Claim),
        impairments: z.array(Impairment),
        /** When the first of the other claims expires; null when there is none. */
        expiresUtc: Utc.nullable().default(null),
      }),
    },
  },
} as const;

export const virtualMachine = {
  name: 'virtualMachine',
  operations: { apply: { input: VmEvent } },
} as const;
