import { z } from 'zod';

const at = z.string();
const tags = z.record(z.string(), z.string());
/** A whole resource in REST shape, checked, without secrets. */
const model = z.record(z.string(), z.unknown());

/** What owners ask of the pocket Azure's resources. Part of what the journal remembers: change by addition only. */
export const RESOURCE_ASKS = [
  z.object({
    ask: z.literal('feature'),
    at,
    subscription: z.string(),
    feature: z.enum(['InGuestAutoPatchVMPreview', 'InGuestPatchVMPreview']),
    register: z.boolean(),
  }),
  z.object({ ask: z.literal('provider'), at, subscription: z.string() }),
  z.object({
    ask: z.literal('putGroup'),
    at,
    subscription: z.string(),
    group: z.string(),
    location: z.string(),
    tags,
  }),
  z.object({ ask: z.literal('deleteGroup'), at, subscription: z.string(), group: z.string() }),
  z.object({ ask: z.literal('putVm'), at, model }),
  z.object({ ask: z.literal('deleteVm'), at, id: z.string() }),
  z.object({ ask: z.literal('putSet'), at, model }),
  z.object({ ask: z.literal('deleteSet'), at, id: z.string() }),
] as const;
export type ResourceAsk = Readonly<z.infer<(typeof RESOURCE_ASKS)[number]>>;

const NAMES: ReadonlySet<string> = new Set(RESOURCE_ASKS.map(({ shape }) => shape.ask.value));

export function isResourceAsk<A extends { readonly ask: string }>(
  ask: A,
): ask is Extract<A, { ask: ResourceAsk['ask'] }> {
  return NAMES.has(ask.ask);
}
