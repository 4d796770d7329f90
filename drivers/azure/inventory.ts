import { randomUUID } from 'node:crypto';
import type { VmId } from '../../domain/ids';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { InventoryPage } from '../driver';
import type { Clock } from './requestBudgets';
import { providerBudgets } from './computeReads';
import { textAt } from './json';
import { assignmentOf, ASSIGNMENTS_VERSION, type Assignment } from './maintenance';
import type { Reader } from './reader';
import type { ResourceGraph } from './resourceGraph';
import { answeringSubscriptions, chunksOf, isSelected, type Answered, type FleetScope } from './scope';
import { SetDomains } from './setDomains';
import { SharedReadings } from './sharedReadings';
import { modelOfRow, virtualMachineOf } from './virtualMachine';

export interface InventoryOptions {
  readonly graph: ResourceGraph;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly scope: FleetScope;
  readonly sharedIs: 'skipped' | 'patched';
}

/** An assignment that is made now counts after so long at the latest; it is read again right before nothing else, for a query costs. */
const ASSIGNMENTS_AGE_MAX_MS = 15 * 60_000;
/** So long it is believed that the right to read assignments is there. One that is missing is looked for again with every query. */
const RIGHT_AGE_MAX_MS = 3_600_000;

/** So many listings are under way at once, at most; few are ever. */
const LISTINGS_MAX = 16;

/** Which VMs there are, by Resource Graph; and what it lacks, by instance views. */
export class Inventory {
  readonly #options: InventoryOptions;
  readonly #listings = new Map<string, Answered>();
  readonly #assignments: SharedReadings<readonly Assignment[] | null>;
  readonly #rightSeenMs = new Map<string, number>();
  readonly #domains: SetDomains;

  constructor(options: InventoryOptions) {
    this.#options = options;
    this.#assignments = new SharedReadings(options.clock, ASSIGNMENTS_AGE_MAX_MS);
    this.#domains = new SetDomains(options.reader, options.clock);
  }

  async page(cursor: string | null): Promise<InventoryPage> {
    const { graph } = this.#options;
    const at = cursor === null ? { listing: randomUUID(), from: '', token: null } : readCursor(cursor);
    const { listing } = at;
    const { subscriptions, missing } = await this.#answeredOf(listing);
    const incomplete = missing.map((subscriptionId) => ({ subscriptionId, why: NOT_ANSWERED }));
    const chunks = chunksOf(subscriptions);
    const index = at.from === '' ? 0 : chunks.findIndex(([first]) => first === at.from);
    if (index < 0)
      throw new Error('Other subscriptions answer than when this listing began: begin it again.');
    const chunk = chunks[index];
    if (chunk === undefined) return { items: [], next: null, incomplete };
    const { rows, skipToken } = await graph.page('virtualMachines', { subscriptions: chunk }, at.token);
    const following = chunks[index + 1]?.[0];
    const next =
      skipToken !== null
        ? writeCursor({ listing, from: chunk[0] ?? '', token: skipToken })
        : following === undefined
          ? null
          : writeCursor({ listing, from: following, token: null });
    return { ...(await this.#vmsOf(rows)), next, incomplete };
  }

  /** The same for all pages of a listing, whatever another one finds meanwhile: by it a page knows which come after it. */
  async #answeredOf(listing: string): Promise<Answered> {
    const known = this.#listings.get(listing);
    if (known !== undefined) return known;
    const { graph, scope } = this.#options;
    const answered = await answeringSubscriptions(graph, scope);
    this.#listings.set(listing, answered);
    const [oldest] = this.#listings.keys();
    if (oldest !== undefined && this.#listings.size > LISTINGS_MAX) this.#listings.delete(oldest);
    return answered;
  }

  /** The maintenance assignments of the VM's subscription; null when they may not be read. */
  assignmentsFor(armId: string): Promise<readonly Assignment[] | null> {
    const key = (armId.split('/')[2] ?? '').toLowerCase();
    return this.#assignments.of(key, () => this.#readAssignments(key, armId));
  }

  async #readAssignments(subscription: string, armId: string): Promise<readonly Assignment[] | null> {
    if (!(await this.#mayReadAssignments(subscription, armId))) return null;
    const rows = await this.#options.graph.all('assignments', { subscriptions: [subscription] });
    return rows.map(assignmentOf).filter((assignment) => assignment !== null);
  }

  /**
   * Resource Graph leaves out what may not be read, in silence: without the right every VM would look as if no schedule patched it, and two
   * would. The list of one VM's own assignments (recording 50) answers 403 then.
   */
  async #mayReadAssignments(subscription: string, armId: string): Promise<boolean> {
    const { reader, clock } = this.#options;
    const seenMs = this.#rightSeenMs.get(subscription);
    if (seenMs !== undefined && clock.nowMs() - seenMs < RIGHT_AGE_MAX_MS) return true;
    const url = `${armId}/providers/Microsoft.Maintenance/configurationAssignments?api-version=${ASSIGNMENTS_VERSION}`;
    const budgets = providerBudgets('maintenance', subscription);
    const { status } = await reader.read({ method: 'GET', url }, { budgets });
    if (status === 403) return false;
    // Azure looks at rights before it looks for the VM: a 404 is of one that has just been deleted. The right is asked for again with the next query.
    if (status === 200) this.#rightSeenMs.set(subscription, clock.nowMs());
    return true;
  }

  async #vmsOf(rows: readonly unknown[]): Promise<Pick<InventoryPage, 'items' | 'domainsNotRead'>> {
    const { scope, sharedIs } = this.#options;
    const found = rows.flatMap((row) => {
      const model = modelOfRow(row);
      if (model === null || !isSelected(model, scope.selectors)) return [];
      return [{ model, vmGuid: textAt(row, 'vmId') ?? '' }];
    });
    const members = found.flatMap(({ model: { armId, availabilitySet }, vmGuid }) =>
      availabilitySet === null ? [] : [{ armId, vmGuid, needs: domainOf(availabilitySet) }],
    );
    const domains = await this.#domains.of(members);
    const notRead = new Set(members.map(({ armId }) => armId).filter((armId) => !domains.has(armId)));
    const items: VirtualMachine[] = [];
    const domainsNotRead: VmId[] = [];
    for (const { model } of found) {
      const assignments = await this.assignmentsFor(model.armId);
      const vm = virtualMachineOf(model, {
        domains: domains.get(model.armId) ?? null,
        assignments,
        sharedIs,
      });
      items.push(vm);
      if (notRead.has(model.armId)) domainsNotRead.push(vm.id);
    }
    return { items, domainsNotRead };
  }
}

const domainOf = (set: string): 'updateDomain' | 'faultDomain' =>
  /\/virtualMachineScaleSets\//i.test(set) ? 'faultDomain' : 'updateDomain';

const NOT_ANSWERED = 'Resource Graph does not list it: the identity may have lost its right to read there.';

interface Position {
  readonly listing: string;
  /** First subscription of the group of them that a query asks about; empty for the first group. */
  readonly from: string;
  readonly token: string | null;
}

function writeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function readCursor(cursor: string): Position {
  const parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
  return {
    listing: textAt(parsed, 'listing') ?? '',
    from: textAt(parsed, 'from') ?? '',
    token: textAt(parsed, 'token'),
  };
}
