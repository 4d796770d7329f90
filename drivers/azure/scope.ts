import { textAt } from './json';
import type { VmModel } from './virtualMachine';
import { GraphRefused, type GraphScope, type ResourceGraph } from './resourceGraph';

/** Whose VMs a deployment looks after. */
export interface FleetScope {
  /** Ids; with management groups, of those beneath them as well. */
  readonly subscriptions: readonly string[];
  readonly managementGroups: readonly string[];
  readonly selectors: readonly Selector[];
}

/** A VM takes part when it matches one selector of each kind that there is. All texts lower-cased. */
export type Selector =
  | { readonly kind: 'tag'; readonly name: string; readonly value: string }
  | { readonly kind: 'group' | 'region'; readonly value: string };

/** `tag:patching=lowtide`, `group:production`, `region:westeurope`. Null for what is none of these. */
export function selectorOf(written: string): Selector | null {
  const parts = /^\s*(tag|group|region):(.+?)\s*$/i.exec(written);
  if (parts === null) return null;
  const [, kind = '', value = ''] = parts;
  const lower = value.toLowerCase();
  if (kind.toLowerCase() === 'group') return { kind: 'group', value: lower };
  if (kind.toLowerCase() === 'region') return { kind: 'region', value: lower.replaceAll(' ', '') };
  const at = lower.indexOf('=');
  return at < 1 ? null : { kind: 'tag', name: lower.slice(0, at), value: lower.slice(at + 1) };
}

export function isSelected(model: VmModel, selectors: readonly Selector[]): boolean {
  const kinds = ['tag', 'group', 'region'] as const;
  return kinds.every((kind) => {
    const ofKind = selectors.filter((selector) => selector.kind === kind);
    return ofKind.length === 0 || ofKind.some((selector) => matches(model, selector));
  });
}

function matches({ armId, location, tags }: VmModel, selector: Selector): boolean {
  switch (selector.kind) {
    case 'group':
      return armId.split('/')[4]?.toLowerCase() === selector.value;
    case 'region':
      return location.toLowerCase().replaceAll(' ', '') === selector.value;
    case 'tag':
      return Object.entries(tags).some(
        ([name, value]) => name.toLowerCase() === selector.name && value.toLowerCase() === selector.value,
      );
  }
}

export interface Answered {
  /** Sorted, so that pages of one subscription after another are in the order of ids. */
  readonly subscriptions: readonly string[];
  /** Named by the settings, and not readable: a permission may be lost. Sorted. */
  readonly missing: readonly string[];
}

/**
 * Which subscriptions answer. Resource Graph leaves those without access out in silence: a lost permission would look like an empty fleet
 * (azure-driver-facts, section 2).
 */
export async function answeringSubscriptions(
  graph: ResourceGraph,
  { subscriptions, managementGroups }: FleetScope,
): Promise<Answered> {
  const configured = [...new Set(subscriptions.map((id) => id.toLowerCase()))].sort();
  const found = new Set<string>();
  for (const chunk of chunksOf(configured)) add(found, await readable(graph, { subscriptions: chunk }));
  if (managementGroups.length > 0) add(found, await readable(graph, { managementGroups }));
  return {
    subscriptions: [...found].sort(),
    missing: configured.filter((id) => !found.has(id)),
  };
}

/** 403 is the answer when none of them can be read. */
async function readable(graph: ResourceGraph, scope: GraphScope): Promise<readonly unknown[]> {
  try {
    return await graph.all('subscriptions', scope);
  } catch (error) {
    if (error instanceof GraphRefused && error.status === 403) return [];
    throw error;
  }
}

/** A subscription that is disabled still shows its VMs, and cannot be worked in. */
function add(found: Set<string>, rows: readonly unknown[]): void {
  for (const row of rows) {
    const id = textAt(row, 'subscriptionId');
    if (id !== null) found.add(id.toLowerCase());
  }
}

/** Fewer than 300 in a query (azure-driver-facts, section 5). */
const SUBSCRIPTIONS_MAX = 200;

export function chunksOf(ids: readonly string[]): readonly (readonly string[])[] {
  const chunks: (readonly string[])[] = [];
  for (let at = 0; at < ids.length; at += SUBSCRIPTIONS_MAX)
    chunks.push(ids.slice(at, at + SUBSCRIPTIONS_MAX));
  return chunks;
}
