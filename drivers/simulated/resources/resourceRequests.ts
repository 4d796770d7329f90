import { z } from 'zod';

const at = z.string();
const tags = z.record(z.string(), z.string());
/** A whole resource in REST shape, checked, without secrets. */
const model = z.record(z.string(), z.unknown());

/** What owners request of the simulated Azure's resources. Part of what the journal remembers: change by addition only. */
export const RESOURCE_REQUESTS = [
  z.object({
    kind: z.literal('feature'),
    at,
    subscription: z.string(),
    feature: z.enum(['InGuestAutoPatchVMPreview', 'InGuestPatchVMPreview']),
    register: z.boolean(),
  }),
  z.object({ kind: z.literal('provider'), at, subscription: z.string() }),
  z.object({
    kind: z.literal('putGroup'),
    at,
    subscription: z.string(),
    group: z.string(),
    location: z.string(),
    tags,
  }),
  z.object({ kind: z.literal('deleteGroup'), at, subscription: z.string(), group: z.string() }),
  z.object({ kind: z.literal('putVm'), at, model }),
  z.object({ kind: z.literal('deleteVm'), at, id: z.string() }),
  z.object({ kind: z.literal('moveVm'), at, id: z.string(), to: z.string() }),
  z.object({ kind: z.literal('putSet'), at, model }),
  z.object({ kind: z.literal('deleteSet'), at, id: z.string() }),
] as const;
export type ResourceRequest = Readonly<z.infer<(typeof RESOURCE_REQUESTS)[number]>>;

const NAMES: ReadonlySet<string> = new Set(RESOURCE_REQUESTS.map(({ shape }) => shape.kind.value));

export function isResourceRequest<A extends { readonly kind: string }>(
  request: A,
): request is Extract<A, { kind: ResourceRequest['kind'] }> {
  return NAMES.has(request.kind);
}
