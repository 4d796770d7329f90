import type { VmId } from '../domain/ids';
import { inOrderOfTime } from '../domain/instants';
import type { OutcomeReason } from '../domain/reasons';
import type { VmIds } from '../domain/vmList';
import type { Plan, PlannedRound } from './plan';

/*
 * The parts of a plan that name VMs. Each knows its VMs by their positions, and asks for their ids when it is asked: with all its ids a plan of a large fleet is
 * twice as large. The member that names them is its own and enumerable, as of plain data: a copy, JSON and a comparison have it. One accessor for all
 * keeps the objects alike, and small.
 */

/** The id of a VM that is there. */
export function idAt(ids: VmIds, position: number): VmId {
  const id = ids.at(position);
  if (id === undefined) throw new RangeError(`There is no VM at ${position}; there are ${ids.length}.`);
  return id;
}

class NamedVm {
  declare readonly vmId: VmId;
  readonly #ids: VmIds;
  readonly #position: number;

  static readonly #VM_ID: PropertyDescriptor & ThisType<NamedVm> = {
    enumerable: true,
    get() {
      return idAt(this.#ids, this.#position);
    },
  };

  constructor(ids: VmIds, position: number) {
    this.#ids = ids;
    this.#position = position;
    Object.defineProperty(this, 'vmId', NamedVm.#VM_ID);
  }

  static positionOf(vm: NamedVm): number {
    return vm.#position;
  }
}

type Absence = Plan['ineligible'][number];

/** A VM that has no turn, and why. */
export class AbsentVm extends NamedVm implements Absence {
  readonly reason: OutcomeReason;
  readonly detail: string;

  constructor(ids: VmIds, position: number, { reason, detail }: Pick<Absence, 'reason' | 'detail'>) {
    super(ids, position);
    this.reason = reason;
    this.detail = detail;
  }
}

type Late = Plan['late'][number];

/** A VM that is planned, but late. */
export class LateVm extends NamedVm implements Late {
  readonly expectedStartUtc: string;
  readonly detail: string;

  constructor(ids: VmIds, position: number, { expectedStartUtc, detail }: Omit<Late, 'vmId'>) {
    super(ids, position);
    this.expectedStartUtc = expectedStartUtc;
    this.detail = detail;
  }
}

/** By start, then by id; where VMs are in the order of their ids, by their positions. */
export function sortLate(late: LateVm[], inOrderOfIds: boolean): LateVm[] {
  const compareIds = (a: LateVm, b: LateVm): number =>
    inOrderOfIds ? NamedVm.positionOf(a) - NamedVm.positionOf(b) : a.vmId < b.vmId ? -1 : 1;
  return late.sort((a, b) => inOrderOfTime(a.expectedStartUtc, b.expectedStartUtc) || compareIds(a, b));
}

/** The VMs of a round. Its members are only declared here: the constructor makes them in the order in which a plan shows them. */
export class NamedRound implements PlannedRound {
  declare readonly round: number;
  declare readonly updateDomain: number | null;
  declare readonly vmIds: VmId[];
  declare readonly vmCount: number;
  declare readonly timeZones: string[];
  declare readonly subscriptions: PlannedRound['subscriptions'];
  declare readonly delaySeconds: number;
  declare readonly expectedStartUtc: string;
  declare readonly expectedEndUtc: string;
  readonly #ids: VmIds;
  readonly #positions: readonly number[];

  static readonly #VM_IDS: PropertyDescriptor & ThisType<NamedRound> = {
    enumerable: true,
    get() {
      return this.#positions.map((position) => idAt(this.#ids, position));
    },
  };

  constructor(ids: VmIds, positions: readonly number[], rest: Omit<PlannedRound, 'vmIds' | 'vmCount'>) {
    this.#ids = ids;
    this.#positions = positions;
    this.round = rest.round;
    this.updateDomain = rest.updateDomain;
    Object.defineProperty(this, 'vmIds', NamedRound.#VM_IDS);
    this.vmCount = positions.length;
    this.timeZones = rest.timeZones;
    this.subscriptions = rest.subscriptions;
    this.delaySeconds = rest.delaySeconds;
    this.expectedStartUtc = rest.expectedStartUtc;
    this.expectedEndUtc = rest.expectedEndUtc;
  }
}
