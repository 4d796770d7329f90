import { selects } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { VmList } from '../domain/vmList';
import type { Candidates, InventoryFacts } from './candidates';
import type { Cursor } from './estimate';
import { apart, orderIntoPhases } from './phases';
import { regionsInSteps } from './regionWork';
import type { RegionWork } from './work';

/** The regions of a phase. */
export interface PhaseWork {
  /** Absent for a phase of regions. */
  readonly ring?: string;
  readonly regions: readonly RegionWork[];
}

/** The rings in their order, and then the ladder of all other VMs. A VM is of the first ring that fits; a ring without VMs is none. */
export function* phasesOf(
  vms: VmList,
  candidates: Candidates,
  facts: InventoryFacts,
  from: Cursor,
): Generator<number, PhaseWork[]> {
  const { rings } = facts.policy;
  const ringOf = (vm: VirtualMachine): number => rings.findIndex(({ selector }) => selects(selector, vm));
  const numbers = rings.length === 0 ? null : Int32Array.from(vms, ringOf);
  const works = (ring: number): Generator<number, RegionWork[]> => {
    const order = numbers === null ? candidates.order : candidates.order.filter((n) => numbers[n] === ring);
    return regionsInSteps({ ...candidates, order }, facts, from);
  };
  const phases: PhaseWork[] = [];
  for (const [ring, { name }] of rings.entries()) {
    const own = yield* works(ring);
    if (own.length === 0) continue;
    for (const regions of apart(own)) phases.push({ ring: name, regions: inOrder(regions, own) });
  }
  const rest = yield* works(-1);
  for (const regions of orderIntoPhases(rest, facts.policy)) phases.push({ regions: inOrder(regions, rest) });
  return phases;
}

function inOrder(
  regions: readonly { readonly region: string }[],
  works: readonly RegionWork[],
): RegionWork[] {
  const workOf = new Map(works.map((work) => [work.region, work]));
  return regions.flatMap(({ region }) => workOf.get(region) ?? []);
}
