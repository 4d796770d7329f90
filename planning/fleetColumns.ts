import { eligibilityInTurn, type Eligibility } from '../domain/eligibility';
import type { Policy } from '../domain/policy';
import { learntRegions } from '../domain/regions';
import type { VmList } from '../domain/vmList';
import { columnsInSteps, NONE, type VmColumns } from './columns';
import { IdReader, type HashedIds } from './hashedIds';
import { KeptByFleet } from './keptByFleet';

export type Absence = Pick<Extract<Eligibility, { kind: 'ineligible' }>, 'reason' | 'detail'>;

/** What a plan needs of the VMs of a fleet, whatever its month, seed and freezes. */
export interface FleetColumns extends VmColumns {
  /** Of each VM the number of what keeps it out of every plan; NONE where nothing does. */
  readonly absence: Int32Array;
  readonly absences: readonly Absence[];
  readonly hashedIds: HashedIds;
}

/**
 * The columns of the fleets that were planned last. To look at each VM is what takes longest in a plan, 40 % of it at 100,000 VMs and more at a million,
 * which no cache of a processor holds; previews plan the same fleet again and again.
 */
const remembered = new KeptByFleet<FleetColumns>();

/** The same VMs, the same objects in the same order, with the same policy have the columns that they had. Yields how many VMs it has read since. */
export function* fleetColumns(vms: VmList, policy: Policy): Generator<number, FleetColumns> {
  const asked = whatIsRead(policy);
  const known = remembered.of(vms, asked);
  if (known !== undefined) return known;
  const eligibility = eligibilityInTurn(policy);
  const absence = new Int32Array(vms.length);
  const absences: Absence[] = [];
  const ids = new IdReader(vms.length);
  const columns = yield* columnsInSteps(vms, policy, (vm, n) => {
    ids.add(vm.id);
    const answer = eligibility(vm);
    if (answer.kind === 'eligible') absence[n] = NONE;
    else {
      // VMs that follow each other often have the same answer.
      if (answer !== absences.at(-1)) absences.push(answer);
      absence[n] = absences.length - 1;
    }
  });
  const made: FleetColumns = { ...columns, absence, absences, hashedIds: ids.hashed() };
  // A policy that was learnt while others worked in between is another question.
  if (asked === whatIsRead(policy)) remembered.keep(vms, asked, made);
  return made;
}

/** All that columns and eligibility read beside the VMs. */
function whatIsRead({ excludeTag, timeZoneTag, ownWindows, imageProfile, extraImages }: Policy): string {
  return JSON.stringify([excludeTag, timeZoneTag, ownWindows, imageProfile, extraImages, learntRegions()]);
}
