import { z } from 'zod';
import { simulatedOf } from '../composition/compose';
import { Utc } from '../domain/ids';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { DriverEvent, FleetDriver } from '../drivers/driver';
import type { SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import { countIn, FROM_THE_FIRST, instantIn, wrongQuery } from './queryValues';
import type { OperatorRequest, OperatorRoute } from './route';
import type { Parameter } from './routeDescription';
import { instantParameter, named, pageOfShape } from './shapes/shared';
import { SimulatedVm } from './shapes/simulatedVm';

const EVENTS = 'api/simulated/events';
const VIRTUAL_MACHINES = 'api/simulated/virtual-machines';
const EVENTS_A_PAGE = 5_000;
const VMS_A_PAGE = 500;

const PRESENT: Parameter = {
  about: 'Only those that are there now, without the ones that their owners have deleted.',
  schema: z.literal('true'),
};

const AFTER_COUNT: Parameter = {
  about: 'So many rows are passed over: as the nextLink of the page before has it.',
  schema: z.coerce.number().int().nonnegative(),
};
/** Of VMs: of those that are there now the id of the last one, which is asked for as it stands in the nextLink. */
const AFTER_VM: Parameter = {
  about: 'The rows up to this one are passed over: as the nextLink of the page before has it.',
  schema: z.string(),
};
const UNTIL = instantParameter('The log before this instant; now when it is left out.');

const Event = named(
  'DriverEvent',
  z.looseObject({
    at: Utc,
    action: z.string(),
    vm: z.string(),
    region: z.string(),
    zone: z.string().nullable(),
    availabilitySet: z.string().nullable(),
    updateDomain: z.number().int().nullable(),
    subscription: z.string(),
    operationId: z.string().nullable(),
    rolloutId: z.string().nullable(),
  }),
  'Members beyond these depend on the action: docs/events.md.',
);

/**
 * A page of the driver's own log, oldest event first: what the auditor judges a month by. `untilUtc` is when the first page was asked for: all
 * pages together are the log before that instant, whatever happens while they are read.
 */
const listEvents: OperatorRoute = {
  name: 'listSimulatedEvents',
  methods: ['GET'],
  role: 'reader',
  route: EVENTS,
  query: { after: AFTER_COUNT, untilUtc: UNTIL },
  description: {
    summary: "The simulated driver's own log, oldest event first; 5,000 a page.",
    answers: {
      200: {
        about: 'A page of the log before `untilUtc`.',
        schema: pageOfShape(Event).extend({ untilUtc: Utc }),
      },
    },
    errors: ['DRIVER_CANNOT'],
  },
  handler: (request, { services }) => {
    const { driver } = simulatedOf(services);
    const untilUtc = instantIn(request, 'untilUtc') ?? services.nowUtc();
    const after = countIn(request, 'after', FROM_THE_FIRST);
    const value: DriverEvent[] = [];
    let seen = 0;
    for (const event of driver.events()) {
      if (event.at >= untilUtc) break;
      seen += 1;
      if (seen > after + EVENTS_A_PAGE) break;
      if (seen > after) value.push(event);
    }
    const next = after + EVENTS_A_PAGE;
    const nextLink =
      seen > next ? { nextLink: `/${EVENTS}?after=${next}&untilUtc=${encodeURIComponent(untilUtc)}` } : {};
    return Promise.resolve({ jsonBody: { value, untilUtc, ...nextLink } });
  },
};

/** A page of the VMs' models: the facts of the fleet that the log is judged by. */
const listVirtualMachines: OperatorRoute = {
  name: 'listSimulatedVirtualMachines',
  methods: ['GET'],
  role: 'reader',
  route: VIRTUAL_MACHINES,
  query: { after: AFTER_VM, present: PRESENT },
  description: {
    summary: 'The models of all simulated VMs, for auditing the log; 500 per page.',
    answers: { 200: { about: 'A page.', schema: pageOfShape(SimulatedVm) } },
    errors: ['DRIVER_CANNOT'],
  },
  handler: async (request, { services }) => {
    const { driver } = simulatedOf(services);
    if (request.query('present') !== null) {
      const { items, next } = await driver.listVirtualMachines(vmIn(request, 'after'));
      const more = `/${VIRTUAL_MACHINES}?present=true&after=${encodeURIComponent(next ?? '')}`;
      return { jsonBody: { value: items, ...(next !== null && { nextLink: more }) } };
    }
    const after = countIn(request, 'after', FROM_THE_FIRST);
    const all = await factsOf(driver);
    const next = after + VMS_A_PAGE;
    const nextLink = all.length > next ? { nextLink: `/${VIRTUAL_MACHINES}?after=${next}` } : {};
    return { jsonBody: { value: all.slice(after, next), ...nextLink } };
  },
};

function vmIn({ query }: OperatorRequest, name: string): string | null {
  const text = query(name);
  if (text === null || text.startsWith('/subscriptions/')) return text;
  throw wrongQuery(name, text, 'the id of a VM, as the nextLink of the page before has it');
}

/** As the fleet file has them, also those that are gone since; and those that owners made later. */
async function factsOf(driver: SimulatedDriver): Promise<readonly SimulatedVm[]> {
  const fleet = driver.fleet();
  const loaded = fleet?.vms ?? [];
  const known = new Set(loaded.map(({ id }) => id));
  const withInstance = loaded.map((vm) => {
    const instance = fleet?.instances.get(vm.id);
    if (instance === undefined) return vm;
    const { agentStatus, agentVersion } = instance;
    return agentStatus === null && agentVersion === null
      ? vm
      : { ...vm, instance: { agentStatus, agentVersion } };
  });
  return [...withInstance, ...(await listed(driver)).filter(({ id }) => !known.has(id))];
}

async function listed(driver: FleetDriver): Promise<readonly VirtualMachine[]> {
  const all: VirtualMachine[] = [];
  for (let cursor: string | null = null; ;) {
    const { items, next } = await driver.listVirtualMachines(cursor);
    all.push(...items);
    if (next === null) return all;
    cursor = next;
  }
}

export const simulatedRoutes: readonly OperatorRoute[] = [listEvents, listVirtualMachines];
