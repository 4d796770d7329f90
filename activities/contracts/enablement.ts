import { z } from 'zod';
import { Utc, VmId } from '../../domain/ids';
import { type ActivityContract, Pace, SeenDue } from './shared';

/** VMs whose patch extension is behind and whose window is open. Listing takes them off the list. */
export const collectOutdatedExtensions = {
  name: 'collectOutdatedExtensions',
  input: z.object({
    nowUtc: Utc,
    /** So many at most; the next sweep takes the rest. */
    vmsMax: z.number().int().default(40),
    seen: SeenDue.optional(),
  }),
  output: z.object({ vmIds: z.array(VmId), pace: Pace }),
} satisfies ActivityContract;

/** Where the enablement of a VM stands and when it may go on. */
export const readEnablement = {
  name: 'readEnablement',
  input: z.object({ vmId: VmId }),
  output: z.discriminatedUnion('kind', [
    /** The extension is there; `detail` says what became of the guest's own updates. The window is when it may be assessed. */
    z.object({
      kind: z.literal('ready'),
      detail: z.string().exactOptional(),
      opensUtc: Utc.exactOptional(),
      closesUtc: Utc.exactOptional(),
    }),
    /** The extension can be worked on from `opensUtc` to `closesUtc`. */
    z.object({
      kind: z.literal('window'),
      opensUtc: Utc,
      closesUtc: Utc,
      /** It was enabled before: the extension is only behind. */
      enabled: z.boolean().exactOptional(),
      /** What the VM lacks. */
      obstacle: z.string().exactOptional(),
    }),
    z.object({ kind: z.literal('stop'), why: z.string() }),
  ]),
} satisfies ActivityContract;

export const startExtension = {
  name: 'startExtension',
  input: z.object({ vmId: VmId, closesUtc: Utc }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('started'), operationId: z.string() }),
    /** `retryUtc`: the refusal passes by itself, soon. */
    z.object({ kind: z.literal('refused'), message: z.string(), retryUtc: Utc.exactOptional() }),
  ]),
} satisfies ActivityContract;

export const collectExtension = {
  name: 'collectExtension',
  input: z.object({ vmId: VmId, operationId: z.string() }),
  output: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('running') }),
    z.object({ kind: z.literal('installed'), detail: z.string() }),
    z.object({ kind: z.literal('failed'), message: z.string() }),
  ]),
} satisfies ActivityContract;
