import type { Services } from '../activities/services';
import type { Month } from '../domain/ids';
import type { Policy } from '../domain/policy';
import { releaseOf } from '../domain/release';
import { selects, type Selector } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import { parseFleet } from '../drivers/fleet/parseFleet';
import { EVERY, monthPreview, type IsWanted, type MonthPreview } from '../planning/monthPreview';
import { fleetView, type FleetView } from './fleetView';
import { placesSelected } from './fleetIndex';

export interface Previewed {
  readonly preview: MonthPreview;
  readonly asOfUtc: string;
  /** The VMs by place: those of the inventory, or of a file. */
  readonly fleet: FleetView | readonly VirtualMachine[];
}

interface Kept extends Previewed {
  readonly fleet: FleetView;
  readonly madeAtMs: number;
}

/** Below this a plan takes less time than a person notices, and is made anew whenever the fleet was read anew. */
const LARGE_VMS = 5_000;
/** So long a preview of a large fleet stands while the next is made beside the answers. */
const BESIDE_MS = 600_000;
/** Once its month has begun, a plan depends on the time of day, too. */
const MINUTES_KEPT = 5;
/** Of a few months and policies. */
const KEPT_MAX = 4;

const KEPT = new WeakMap<Services['inventory'], Map<string, Kept>>();

/** A month under a policy, with the VMs of the inventory and the freezes of now. Asked again, it is the same until one of them has changed. */
export async function previewOf(
  services: Services,
  { month, policy }: { readonly month: Month; readonly policy: Policy },
): Promise<Previewed> {
  const view = await fleetView(services);
  const freezes = await services.freezes.list();
  const nowUtc = services.nowUtc();
  const begun = nowUtc > releaseOf(month) ? Math.floor(Date.parse(nowUtc) / (MINUTES_KEPT * 60_000)) : 0;
  const key = JSON.stringify([month, begun, policy, freezes]);
  const kept = KEPT.get(services.inventory) ?? new Map<string, Kept>();
  KEPT.set(services.inventory, kept);
  const make = (): Kept => {
    const vms = view.vms.map(({ vm }) => vm);
    const preview = monthPreview({ vms, month, policy, freezes, nowUtc });
    const made = { preview, asOfUtc: view.asOfUtc, fleet: view, madeAtMs: performance.now() };
    kept.delete(key);
    kept.set(key, made);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    return made;
  };
  const known = kept.get(key);
  if (known === undefined) return make();
  if (hasSameVms(known.fleet, view)) return { ...known, asOfUtc: view.asOfUtc };
  if (view.vms.length < LARGE_VMS || performance.now() - known.madeAtMs > BESIDE_MS) return make();
  if (!beside.has(view)) {
    beside.add(view);
    setImmediate(make);
  }
  return known;
}

/** Views of which a preview is being made beside the answers, or was. */
const beside = new WeakSet<FleetView>();

const hasSameVms = (a: FleetView, b: FleetView): boolean => a.listed === b.listed;

/** The same with the VMs of a fleet file. */
export async function previewOfFile(
  services: Services,
  { month, policy, fleet }: { readonly month: Month; readonly policy: Policy; readonly fleet: unknown },
): Promise<Previewed> {
  const { vms } = parseFleet(JSON.stringify(fleet), 'the fleet');
  const freezes = await services.freezes.list();
  const nowUtc = services.nowUtc();
  return { preview: monthPreview({ vms, month, policy, freezes, nowUtc }), asOfUtc: nowUtc, fleet: vms };
}

/** Which VMs of a preview a selector means. */
export function wantedOf({ fleet }: Previewed, selector: Selector): IsWanted {
  if (Object.keys(selector).length === 0) return EVERY;
  if ('listed' in fleet) return wantedInView(fleet, selector);
  return (place) => {
    const vm = fleet[place];
    return vm !== undefined && selects(selector, vm);
  };
}

/** By view and selector: the answer of a selector that is asked for again is known by it. */
const WANTED = new WeakMap<FleetView['listed'], Map<string, IsWanted>>();
const SELECTORS_MAX = 20;

function wantedInView(view: FleetView, selector: Selector): IsWanted {
  const kept = WANTED.get(view.listed) ?? new Map<string, IsWanted>();
  WANTED.set(view.listed, kept);
  const key = JSON.stringify(selector);
  const known = kept.get(key);
  if (known !== undefined) return known;
  if (kept.size >= SELECTORS_MAX) kept.clear();
  const wanted = new Uint8Array(view.vms.length);
  for (const place of placesSelected(view, selector) ?? []) wanted[place] = 1;
  const isWanted: IsWanted = (place) => wanted[place] === 1;
  kept.set(key, isWanted);
  return isWanted;
}
