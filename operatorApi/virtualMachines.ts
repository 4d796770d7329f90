import { EntityId } from 'durable-functions';
import { z } from 'zod';
import type { Services } from '../activities/services';
import { eligibility } from '../domain/eligibility';
import { keyOf, Utc, VmId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { windowAtOrAfter, type OffPeakWindow } from '../domain/offPeak';
import { calendarOf } from '../domain/ownWindows';
import { pairComponent } from '../domain/regions';
import { timeZoneOf } from '../domain/timeZone';
import { rememberedVm } from '../composition/rememberedVm';
import type { InventoryRow } from '../store/inventory';
import type { OperatorRoute } from './route';
import { Reason, VM_ID } from './shapes/shared';
import { VirtualMachineShape } from './shapes/virtualMachine';

/** What Lowtide knows of one VM: its model, whether and why it is eligible, when its off-peak hours are, what was done to it. */
const getVirtualMachine: OperatorRoute = {
  name: 'getVirtualMachine',
  methods: ['GET'],
  role: 'reader',
  route: 'api/virtual-machines',
  query: { id: VM_ID },
  description: {
    summary:
      'What Lowtide knows of one VM: model, eligibility, time zone, off-peak hours, state and history.',
    answers: { 200: { about: 'The VM.', schema: VirtualMachineShape } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services, client }) => {
    const { formerIds = [], ...vm } = await vmOf(services, request.query('id'));
    const { id } = vm;
    const ids = [id, ...formerIds].reverse();
    const histories = await Promise.all(ids.map((one) => services.outcomes.history(one)));
    const timeZone = timeZoneOf(vm, services.policy);
    const [offPeak, ...later] = windowsFrom(calendarOf(timeZone.zone, vm, services.policy), services);
    return {
      jsonBody: {
        vm,
        formerIds,
        eligibility: eligibility(vm, services.policy),
        timeZone,
        state: await rememberedVm(services, id, (key) =>
          client.readEntityState(new EntityId('virtualMachine', key)),
        ),
        offPeak,
        windows: [offPeak, ...later],
        history: histories.flat(),
      },
    };
  },
};

const WINDOWS_SHOWN = 5;

/** The window that is open or comes next, and some after it. */
function windowsFrom(calendar: string, { policy, nowUtc }: Services): readonly OffPeakWindow[] {
  const windows = [windowAtOrAfter(calendar, policy, nowUtc())];
  for (let last = windows[0]; last !== undefined && windows.length < WINDOWS_SHOWN; last = windows.at(-1))
    windows.push(windowAtOrAfter(calendar, policy, last.closesUtc));
  return windows;
}

/** A person takes responsibility for a VM that is not healthy after its update: from now on it holds its availability set no more. */
const waiveVirtualMachine: OperatorRoute = {
  name: 'waiveVirtualMachine',
  methods: ['POST'],
  role: 'operator',
  route: 'api/virtual-machines/waive',
  query: { id: VM_ID },
  description: {
    summary:
      'A person accepts a VM that is unhealthy after its update: it no longer blocks its availability set.',
    body: { about: 'Why.', schema: Reason },
    answers: { 202: { about: 'Its ledger knows it.', schema: z.object({ id: VmId, waivedUtc: Utc }) } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services, client }) => {
    const { reason } = Reason.parse(await request.json());
    const vm = await vmOf(services, request.query('id'));
    const { id } = vm;
    const atUtc = services.nowUtc();
    await services.audit.appendNew('ledger', `${atUtc}~waived~${keyOf(id)}`, {
      atUtc,
      who: request.by,
      what: 'waived',
      subject: id,
      vmId: id,
      why: reason,
      evidence: {},
    });
    await services.operations.waive(vm.region, id, atUtc);
    const ledger = new EntityId('disruptionLedger', pairComponent(vm.region));
    await client.signalEntity(ledger, 'heal', { vmIds: [id] });
    return { status: 202, jsonBody: { id, waivedUtc: atUtc } };
  },
};

export const virtualMachineRoutes: readonly OperatorRoute[] = [getVirtualMachine, waiveVirtualMachine];

/** The VM that a request names by its ARM id. Throws REQUEST_INVALID or NOT_FOUND. */
export async function vmOf(services: Services, given: string | null): Promise<InventoryRow> {
  const id = idOf(given);
  const vm = await services.inventory.read(id);
  if (vm === null) throw unknownVm(id);
  return vm;
}

function idOf(given: string | null): VmId {
  const parsed = VmId.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new LowtideError('REQUEST_INVALID', {
    what: given === null ? 'The query has no id.' : `'${given}' is not the ARM id of a virtual machine.`,
    why: 'A VM is named by its full ARM id; its name alone is not unique.',
    fix: 'Ask for ?id=/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/virtualMachines/….',
  });
}

function unknownVm(id: VmId): LowtideError {
  return new LowtideError('NOT_FOUND', {
    what: `There is no virtual machine ${id} in the inventory.`,
    why: 'The inventory is what the driver listed last.',
    fix: 'Check the id; a new VM is known after the next listing of the fleet.',
  });
}
